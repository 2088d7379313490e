"""What groups recorded for themselves: who sees it, what opens, who decides, what is told of it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from catalogue.gaps import Happened
from catalogue.groups.door import GroupDoor
from catalogue.groups.recordings import GroupRecording, gaps_of_group, is_shown
from catalogue.groups.viewing import WatchingAll, played_id
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, NotFound
from lectern.kernel.ids import new_id
from lectern.manifest.clock_map import ClockPiece
from lectern.manifest.groups import group_folder
from lectern.manifest.replay import Replay, ReplayGap, ReplayGroup
from lectern.timeline.event import (
    BreakoutClosed,
    BreakoutGroup,
    BreakoutOpened,
    BreakoutPlaced,
    NewEvent,
    ParticipantJoined,
    SessionEnded,
    SessionStarted,
)
from tests.catalogue.conftest import PEOPLE, SESSION, House
from tests.catalogue.test_publishing import LATER_MS, PUBLICATION, RULES
from tests.lesson import START

RED, BLUE, SILENT = "g-red", "g-blue", "g-silent"
PIECE = ClockPiece(session_ms=100_000, media_ms=0, duration_ms=60_000)


def joined(participant: str, person: str) -> ParticipantJoined:
    return ParticipantJoined(
        participant=participant, kind="person", role="learner", person=person, name_ref=f"n-{participant}"
    )


def planned(id_: str, *members: str) -> BreakoutGroup:
    return BreakoutGroup(id=id_, name_ref=f"name-{id_}", task_ref=f"task-{id_}", members=members)


async def held_in_groups(house: House) -> str:
    """A lesson with groups, two of which were heard; return the path of its replay."""
    await house.lesson.at(0, SessionStarted(), joined("p-l", "learner"), joined("p-r", "r"))
    opened = BreakoutOpened(groups=(planned(RED, "p-l"), planned(BLUE), planned(SILENT)), recorded=True)
    texts = {f"{kind}-{id_}": f"{kind} of {id_}" for kind in ("name", "task") for id_ in (RED, BLUE, SILENT)}
    await house.lesson.at(90, NewEvent(payload=opened, texts=texts))
    await house.lesson.at(95, BreakoutPlaced(participant="p-r", group=BLUE))
    await house.lesson.at(170, BreakoutClosed(reason="staff"))
    await house.lesson.at(600, SessionEnded())
    await house.pack()
    hls = f"sessions/{SESSION}/hls/"
    packed = msgspec.json.decode(await house.files.get(hls + "replay.json"), type=Replay)
    groups = tuple(
        ReplayGroup(id_, PIECE.duration_ms, START + PIECE.session_ms, (), (PIECE,)) for id_ in (BLUE, RED)
    )
    for id_ in (RED, BLUE):
        await house.files.put(f"{hls}{group_folder(id_)}/audio/index.m3u8", b"#EXTM3U\n#EXT-X-ENDLIST\n")
        await house.files.put(f"{hls}{group_folder(id_)}/audio/000000.m4s", b"sound")
    await house.files.put(
        hls + "replay.json", msgspec.json.encode(msgspec.structs.replace(packed, groups=groups))
    )
    assert await house.keeper.refresh(SESSION)
    return f"/api/v1/replays/{await house.replay_id()}"


async def shown(house: House, path: str, who: str) -> list[str]:
    """The groups whose recordings somebody is shown."""
    status, found = await house.call("GET", path + "/groups", who)
    assert status == 200
    return [group["id"] for group in found["items"]]


async def heard(house: House, path: str, who: str, group: str) -> str:
    """The address of the sound of a group's recording."""
    status, found = await house.call("GET", f"{path}/groups/{group}", who)
    assert status == 200, found
    return str(found["replay"]["audio_url"])


async def test_staff_see_what_each_group_recorded(house: House) -> None:
    path = await held_in_groups(house)
    _, found = await house.call("GET", path + "/groups")
    assert [(g["id"], g["round"], g["place"], g["name"], g["task"]) for g in found["items"]] == [
        (RED, 1, 1, f"name of {RED}", f"task of {RED}"),
        (BLUE, 1, 2, f"name of {BLUE}", f"task of {BLUE}"),
    ]
    assert {(g["at_ms"], g["duration_ms"], g["shown_to"]) for g in found["items"]} == {
        (90_000, 60_000, "staff")
    }
    _, replay = await house.call("GET", path)
    [mark] = [mark for mark in replay["marks"] if mark["kind"] == "breakout"]
    assert {g["breakout"] for g in found["items"]} == {mark["id"]}
    assert replay["has_groups"]
    _, red = await house.call("GET", f"{path}/groups/{RED}")
    assert (red["replay"]["duration_ms"], red["replay"]["download"]["url"], red["may_decide"]) == (
        60_000,
        None,
        True,
    )
    response = await house.raw("GET", red["replay"]["audio_url"], None)
    assert (response.status, await response.read()) == (200, b"#EXTM3U\n#EXT-X-ENDLIST\n")


@pytest.mark.parametrize("who", ["learner", "guest", "roster_only", "reading_key", "manager"])
async def test_nobody_else_sees_anything_at_first(house: House, who: str) -> None:
    path = await held_in_groups(house)
    assert await shown(house, path, who) == []
    status, refusal = await house.call("GET", f"{path}/groups/{RED}", who)
    assert (status, refusal["error"]["code"]) == (404, "group_replay_not_found")


@pytest.mark.parametrize("who", ["stranger", "other_guest", "off_roster"])
async def test_for_strangers_there_is_nothing(house: House, who: str) -> None:
    path = await held_in_groups(house)
    await house.call("PUT", f"{path}/groups/{RED}/audience", json={"shown_to": "class"})
    for method, rest, body in (
        ("GET", "/groups", None),
        ("GET", f"/groups/{RED}", None),
        ("PUT", f"/groups/{RED}/audience", {"shown_to": "class"}),
    ):
        assert (await house.call(method, path + rest, who, json=body))[0] == 404


async def test_a_group_is_shown_its_own_and_the_class_what_is_for_all(house: House) -> None:
    path = await held_in_groups(house)
    for group in (RED, BLUE):
        status, changed = await house.call(
            "PUT", f"{path}/groups/{group}/audience", json={"shown_to": "group"}
        )
        assert (status, changed["shown_to"]) == (200, "group")
    assert await shown(house, path, "learner") == [RED]
    assert await shown(house, path, "roster_only") == [BLUE]  # was placed there later
    assert await shown(house, path, "guest") == []
    assert (await house.call("GET", f"{path}/groups/{BLUE}", "learner"))[0] == 404
    await house.call("PUT", f"{path}/groups/{BLUE}/audience", "guest_host", json={"shown_to": "class"})
    for who in ("learner", "roster_only", "guest", "reading_key"):
        assert BLUE in await shown(house, path, who)
    assert ("presenter", "group_replay_shown") in house.audit_log


async def test_a_guest_who_opens_their_link_again_is_a_member(house: House) -> None:
    """The token says which guest it is; a name, or another link, says nothing."""
    path = await held_in_groups(house)
    await house.call("PUT", f"{path}/groups/{BLUE}/audience", json={"shown_to": "group"})
    assert await shown(house, path, "guest") == []
    house.came_as["g1"] = "p-r"
    assert await shown(house, path, "guest") == [BLUE]
    address = await heard(house, path, "guest", BLUE)
    assert (await house.raw("GET", address, None)).status == 200
    assert (await house.call("GET", f"{path}/groups/{RED}", "guest"))[0] == 404
    house.came_as = {"somebody else": "p-r"}
    assert await shown(house, path, "guest") == []


async def test_who_is_shown_a_recording_is_counted_as_its_viewer(house: House) -> None:
    path = await held_in_groups(house)
    replay_id = path.rsplit("/", 1)[1]
    media = WatchingAll(GroupDoor(house.deps(), house))

    assert len(played_id(replay_id, new_id())) == 64, "as long as an id may be"

    async def may(who: str, medium_id: str = played_id(replay_id, RED)) -> bool:
        try:
            found = await media.find(PEOPLE[who], "group_recording", medium_id)
        except (NotFound, Conflict):
            return False
        assert (found.org_id, found.session_id, found.version, found.duration_ms, found.no_skipping) == (
            "org", SESSION, 1, PIECE.duration_ms, False,
        )  # fmt: skip
        return True

    async def those_who_may(*people: str) -> list[str]:
        return [who for who in people if await may(who)]

    everybody = ("presenter", "learner", "roster_only", "guest", "stranger", "other_guest", "off_roster")
    assert await those_who_may(*everybody) == ["presenter"]
    audience = f"{path}/groups/{RED}/audience"
    await house.call("PUT", audience, json={"shown_to": "group"})
    assert await those_who_may(*everybody) == ["presenter", "learner"]
    await house.call("PUT", audience, json={"shown_to": "class"})
    assert await those_who_may(*everybody) == ["presenter", "learner", "roster_only", "guest"]
    for named in (replay_id, played_id(replay_id, SILENT), RED, RED + replay_id, ""):
        assert not await may("presenter", named), named
    await house.call("PUT", PUBLICATION, json={"published": False})
    assert await those_who_may(*everybody) == ["presenter"], "held: staff alone"
    assert (await media.find(PEOPLE["presenter"], "replay", replay_id)).version == 1


@pytest.mark.parametrize(("who", "status"), [("learner", 403), ("other", 403), ("guest", 403), ("host", 200)])
async def test_who_runs_the_lesson_decides(house: House, who: str, status: int) -> None:
    path = await held_in_groups(house)
    body = {"shown_to": "class"}
    assert (await house.call("PUT", f"{path}/groups/{RED}/audience", who, json=body))[0] == status
    assert (await house.call("PUT", f"{path}/groups/{SILENT}/audience", "host", json=body))[0] == 404
    nobody = {"shown_to": "all"}
    assert (await house.call("PUT", f"{path}/groups/{RED}/audience", "host", json=nobody))[0] == 400


async def test_what_is_taken_back_opens_nothing(house: House) -> None:
    """Every address: of a member, of one of the class, and all of them when the lesson's replay is held."""
    path = await held_in_groups(house)
    audience = f"{path}/groups/{RED}/audience"

    async def opens(url: str) -> int:
        house.now = UtcMs(house.now + LATER_MS)
        return (await house.raw("GET", url, None)).status

    await house.call("PUT", audience, json={"shown_to": "class"})
    member = await heard(house, path, "learner", RED)
    other = await heard(house, path, "guest", RED)
    staff = await heard(house, path, "presenter", RED)
    assert [await opens(url) for url in (member, other, staff)] == [200, 200, 200]
    await house.call("PUT", audience, json={"shown_to": "group"})
    assert [await opens(url) for url in (member, other, staff)] == [200, 409, 200]
    await house.call("PUT", audience, json={"shown_to": "staff"})
    assert [await opens(url) for url in (member, other, staff)] == [409, 409, 200]
    await house.call("PUT", audience, json={"shown_to": "class"})
    await house.call("PUT", PUBLICATION, json={"published": False})
    assert [await opens(url) for url in (member, other, staff)] == [409, 409, 200]
    status, refusal = await house.call("GET", path + "/groups", "learner")
    assert (status, refusal["error"]["code"]) == (409, "replay_held")


async def test_a_held_lesson_holds_its_groups(house: House) -> None:
    assert (await house.call("PUT", RULES, json={"by_decision": True}))[0] == 200
    path = await held_in_groups(house)
    await house.call("PUT", f"{path}/groups/{RED}/audience", json={"shown_to": "class"})
    assert (await house.call("GET", f"{path}/groups/{RED}", "learner"))[0] == 409
    _, staff = await house.call("GET", f"{path}/groups/{RED}")
    assert staff["replay"]["held"]


async def test_addresses_of_the_lesson_open_nothing_of_a_group(house: House) -> None:
    """Group ids are no secret: everybody in the class has them."""
    path = await held_in_groups(house)
    for who in ("learner", "presenter"):
        _, replay = await house.call("GET", path, who)
        folder = replay["program_url"].rsplit("/", 1)[0]
        assert (await house.raw("GET", f"{folder}/program.m3u8", None)).status == 200
        for tried in (
            f"{group_folder(RED)}/audio/000000.m4s",
            f"camera/%2e%2e/{group_folder(RED)}/audio/000000.m4s",
        ):
            where: Any = URL(f"{folder}/{tried}", encoded=True)
            assert (await house.raw("GET", where, None)).status == 404, tried
    own = (await heard(house, path, "presenter", RED)).rsplit("/audio/", 1)[0]
    assert (await house.raw("GET", f"{own}/audio/000000.m4s", None)).status == 200
    other: Any = URL(f"{own}/%2e%2e/{group_folder(BLUE)}/audio/000000.m4s", encoded=True)
    assert (await house.raw("GET", other, None)).status == 404


async def test_a_lesson_without_recorded_groups_has_none(house: House) -> None:
    path = f"/api/v1/replays/{await house.ready_replay()}"
    assert await shown(house, path, "presenter") == []
    assert not (await house.call("GET", path))[1]["has_groups"]


@given(st.sampled_from(["staff", "group", "class"]), st.booleans())
def test_members_see_no_less_than_the_class(shown_to: Any, is_member: bool) -> None:
    assert is_shown(shown_to, is_member=True) >= is_shown(shown_to, is_member=is_member)
    assert not is_shown("staff", is_member=is_member)


def test_gaps_of_a_group_are_in_its_own_time() -> None:
    """Two recordings with 8 s between them, 3 s of which were aside; a loss; a member away."""
    clock = (PIECE, ClockPiece(168_000, 60_000, 30_000))
    lost = ReplayGap(5_000, 6_000, 400, "mic", "ann", "loss")
    group = GroupRecording(
        RED,
        1,
        1,
        "7",
        "n",
        None,
        0,
        ReplayGroup(RED, 90_000, START, (), clock, gaps=(lost,)),
        frozenset({"ann"}),
    )
    happened = [
        Happened("session_started", 0, {}),
        *(
            event
            for who in ("ann", "cy")
            for event in (
                Happened("track_published", 100_000, {"track": who, "participant": who, "source": "mic"}),
                Happened("track_unpublished", 110_000, {"track": who, "reason": "left"}),
                Happened(
                    "track_published", 112_000, {"track": f"{who}2", "participant": who, "source": "mic"}
                ),
            )
        ),
        Happened("aside_began", 160_000, {}),
        Happened("aside_ended", 163_000, {}),
        Happened("session_ended", 300_000, {}),
    ]
    found = [(g.from_ms, g.to_ms, g.missing_ms, g.source, g.why) for g in gaps_of_group(group, happened)]
    assert found == [
        (5_000, 6_000, 400, "mic", "loss"),
        (10_000, 12_000, 2_000, "mic", "away"),
        (60_000, 60_000, 3_000, "all", "aside"),
        (60_000, 60_000, 5_000, "all", "not_recorded"),
    ]
