"""On which terms somebody watches, and captions through the door."""

import pytest

from catalogue.bin.states import DAY_MS
from catalogue.media import MediumKind
from catalogue.terms import Rules, language_tag, name_tag
from catalogue.terms_store import TermsStore
from catalogue.webvtt import LONGEST_BYTES
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Rejected
from tests.catalogue.conftest import PEOPLE, SESSION, House
from tests.catalogue.test_changes import finished_replay
from tests.catalogue.test_microcourses import made
from tests.catalogue.test_series import published

VTT = """WEBVTT

00:00:59.000 --> 00:01:02.000
<script>x</script>安全第一

00:03:00.000 --> 00:03:05.000
Valves
"""


def _at(second: int) -> str:
    return f"00:{second // 60:02}:{second % 60:02}.000"


async def test_the_terms_say_who_one_is_and_where_one_stopped(house: House) -> None:
    replay_id = await house.ready_replay()
    path = f"/api/v1/watch-terms/replay/{replay_id}"
    status, terms = await house.call("GET", path, "learner")
    assert (status, terms["position_ms"], terms["position_age_ms"]) == (200, 0, None)
    viewer = terms["viewer"]
    row = {"org_id": "org", "subject": viewer, "medium": "replay", "medium_id": replay_id}
    async with house.database.write() as tx:
        place = {"position_ms": 61_000, "updated_utc_ms": house.now}
        await house.store.remember_positions(tx, [row | place])
    house.now = UtcMs(house.now + 5_000)
    _, terms = await house.call("GET", path, "learner")
    assert (terms["position_ms"], terms["position_age_ms"]) == (61_000, 5_000)
    _, other = await house.call("GET", path, "presenter")
    assert (other["viewer"] == viewer, other["position_age_ms"]) == (False, None)


async def test_there_are_no_terms_for_what_one_may_not_watch(house: House) -> None:
    replay_id = await house.ready_replay()
    path = f"/api/v1/watch-terms/replay/{replay_id}"
    assert (await house.call("GET", path, "off_roster"))[0] == 404
    assert (await house.call("GET", path, None))[0] == 401
    assert (await house.call("GET", f"/api/v1/watch-terms/film/{replay_id}", "learner"))[0] == 404
    assert (await house.call("GET", f"/api/v1/watch-terms/microcourse/{SESSION}", "learner"))[0] == 404


async def terms_of(
    house: House, medium: MediumKind, medium_id: str, who: str = "learner"
) -> dict[str, object]:
    status, terms = await house.call("GET", f"/api/v1/watch-terms/{medium}/{medium_id}", who)
    assert status == 200
    found: dict[str, object] = terms
    return found


async def test_an_editor_sets_the_terms_and_learners_are_bound_by_them(house: House) -> None:
    replay_id = await house.ready_replay()
    plain = await terms_of(house, "replay", replay_id)
    assert (plain["required"], plain["furthest_ms"], plain["watermark"], plain["rules"]) == (
        False, None, None, None,
    )  # fmt: skip
    assert house.openings == [("learner", "replay", replay_id, 1)], "asked for to be watched"
    path = f"/api/v1/watch-terms/replay/{replay_id}"
    rules = {"required": True, "no_skipping": True, "watermark": True}
    assert (await house.call("PUT", path, "learner", json=rules))[0] == 403
    assert (await house.call("PUT", path, "stranger", json=rules))[0] == 404
    status, mine = await house.call("PUT", path, json=rules)
    assert (status, mine["rules"], mine["furthest_ms"]) == (200, rules | {"due_utc_ms": None}, None)
    assert house.audit_log == [("presenter", "watch_rules_changed")]
    house.furthest = 4_000
    bound = await terms_of(house, "replay", replay_id)
    assert (bound["required"], bound["furthest_ms"], bound["watermark"]) == (True, 4_000, "李伟 2345")
    guest = await terms_of(house, "replay", replay_id, "guest")
    assert guest["watermark"] == "Guest g1"


async def test_who_may_edit_is_never_held_back(house: House) -> None:
    replay_id = await house.ready_replay()
    rules = {"required": True, "no_skipping": True, "watermark": None}
    await house.call("PUT", f"/api/v1/watch-terms/replay/{replay_id}", json=rules)
    watching = house.deps().watching
    for who, bound in (("learner", True), ("guest", True), ("presenter", False)):
        found = await watching.find(PEOPLE[who], "replay", replay_id)
        assert (who, found.no_skipping) == (who, bound)


@pytest.mark.parametrize("rules", [{"no_skipping": True}, {"watermark": True}])
async def test_what_is_watched_here_alone_has_no_file(house: House, rules: dict[str, bool]) -> None:
    replay = await finished_replay(house)
    course = await published(house, replay, "Valves", ladder=True)

    async def files(who: str) -> list[str | None]:
        _, whole = await house.call("GET", f"/api/v1/replays/{replay}", who)
        _, part = await house.call("GET", f"/api/v1/microcourses/{course}", who)
        assert part["ladder"] is not None, "it plays all the same"
        for playing in (whole["ladder"]["master_url"], part["ladder"]["master_url"], part["thumbnail_url"]):
            guessed = playing.rpartition("/")[0] + "/video.mp4"
            assert (await house.raw("GET", guessed, None)).status == 404, "the file is not next door"
        return [whole["download"]["url"], part["video_url"]]

    for who in ("learner", "guest", "presenter", "reading_key"):
        assert all(await files(who)), who
    for medium in (f"replay/{replay}", f"microcourse/{course}"):
        status, _ = await house.call("PUT", f"/api/v1/watch-terms/{medium}", json=rules)
        assert status == 200
    for who in ("learner", "guest"):
        assert await files(who) == [None, None]
    for who in ("presenter", "reading_key"):  # whose name would be over it?
        assert all(await files(who)), who


@pytest.mark.parametrize(("lead_ms", "first", "second"), [(0, 0, 120), (3_000, 3, 123), (12_000, 12, 132)])
async def test_captions_are_read_kept_clean_and_carried_into_a_cut(
    house: House, lead_ms: int, first: int, second: int
) -> None:
    clip = await made(
        house, lead_ms
    )  # 1:00 to 4:00 of the replay, behind nothing, a card, an intro and a card
    replay_id = await house.replay_id()
    path = f"/api/v1/captions/replay/{replay_id}"
    status, taken = await house.call("PUT", f"{path}/ZH-cn", data=VTT.encode())
    assert (status, taken) == (200, {"language": "zh-CN", "cues": 2})
    assert (await terms_of(house, "replay", replay_id))["captions"] == [{"language": "zh-CN", "of": "own"}]
    answer = await house.raw("GET", f"{path}/zh-CN", "learner")
    assert answer.headers["Content-Type"] == "text/vtt; charset=utf-8"
    assert await answer.text() == (
        "WEBVTT\n\n00:00:59.000 --> 00:01:02.000\nx安全第一\n\n00:03:00.000 --> 00:03:05.000\nValves\n"
    )
    await house.publish(clip)
    assert (await terms_of(house, "microcourse", clip))["captions"] == [{"language": "zh-CN", "of": "replay"}]
    cut = await house.raw("GET", f"/api/v1/captions/microcourse/{clip}/zh-CN", "learner")
    assert await cut.text() == (
        f"WEBVTT\n\n{_at(first)} --> {_at(first + 2)}\nx安全第一\n\n"
        f"{_at(second)} --> {_at(second + 5)}\nValves\n"
    )
    own = b"WEBVTT\n\n00:01.000 --> 00:02.000\nown\n"
    assert (await house.call("PUT", f"/api/v1/captions/microcourse/{clip}/zh-CN", data=own))[0] == 200
    assert (await terms_of(house, "microcourse", clip))["captions"] == [{"language": "zh-CN", "of": "own"}]
    assert (
        "own" in await (await house.raw("GET", f"/api/v1/captions/microcourse/{clip}/zh-CN", "guest")).text()
    )
    assert (await house.call("DELETE", f"/api/v1/captions/microcourse/{clip}/zh-CN"))[0] == 204
    assert (await terms_of(house, "microcourse", clip))["captions"] == [{"language": "zh-CN", "of": "replay"}]
    actions = [action for _, action in house.audit_log]
    approved = ["microcourse_approved", "microcourse_published"]
    assert actions == ["captions_uploaded", *approved, "captions_uploaded", "captions_deleted"]


async def test_captions_go_with_the_version_that_they_were_made_for(house: House) -> None:
    clip = await made(house)
    path = f"/api/v1/captions/microcourse/{clip}/en"
    assert (await house.call("PUT", path, data=b"WEBVTT\n\n00:01.000 --> 00:02.000\nx\n"))[0] == 200
    await house.call("PATCH", f"/api/v1/microcourses/{clip}", json={"start_ms": 70_000})
    await house.work("microcourse", {"duration_ms": 173_000})
    assert (await terms_of(house, "microcourse", clip, "presenter"))["captions"] == []
    assert (await house.call("GET", path))[1]["error"]["code"] == "captions_not_found"


async def test_captions_that_are_not_taken(house: House) -> None:
    replay_id = await house.ready_replay()
    path = f"/api/v1/captions/replay/{replay_id}"
    status, refused = await house.call("PUT", f"{path}/en", data=b"WEBVTT\n\n00:00 --> 1\nx\n")
    assert (status, refused["error"]["code"]) == (422, "captions_invalid")
    assert refused["error"]["details"]["lines"][0]["line"] == 3
    beyond = b"WEBVTT\n\n01:00:00.000 --> 01:00:01.000\nx\n"
    assert (await house.call("PUT", f"{path}/en", data=beyond))[1]["error"]["code"] == "captions_invalid"
    assert (await house.call("PUT", f"{path}/e%20n", data=VTT.encode()))[1]["error"][
        "code"
    ] == "language_unknown"
    assert (await house.call("PUT", f"{path}/en", data=b"x" * (LONGEST_BYTES + 1)))[0] == 400
    assert (await house.call("PUT", f"{path}/en", "learner", data=VTT.encode()))[0] == 403
    assert (await house.call("PUT", f"{path}/en", "other_guest", data=VTT.encode()))[0] == 404
    assert (await house.call("DELETE", f"{path}/en"))[0] == 404
    assert (await house.call("GET", f"{path}/en", "off_roster"))[0] == 404


async def test_terms_and_captions_go_with_their_medium(house: House) -> None:
    clip = await made(house)
    await house.call("PUT", f"/api/v1/watch-terms/microcourse/{clip}", json={"required": True})
    own = b"WEBVTT\n\n00:01.000 --> 00:02.000\nown\n"
    await house.call("PUT", f"/api/v1/captions/microcourse/{clip}/en", data=own)
    assert (await house.call("DELETE", f"/api/v1/microcourses/{clip}"))[0] == 204
    house.now = UtcMs(house.now + 31 * DAY_MS)
    assert await house.eraser().step() == 1
    terms = TermsStore()
    async with house.database.read() as tx:
        assert await terms.rules(tx, "microcourse", clip) == Rules()
        assert await terms.captions(tx, "microcourse", clip, "en") is None


@pytest.mark.parametrize(("said", "tag"), [("ZH-cn", "zh-CN"), ("zh-hans-cn", "zh-Hans-CN"), ("EN", "en")])
def test_languages_have_one_name(said: str, tag: str) -> None:
    assert language_tag(said) == tag


@pytest.mark.parametrize("said", ["", "english", "zh_CN", "../en", "zh-", "x"])
def test_what_is_no_language_is_refused(said: str) -> None:
    with pytest.raises(Rejected, match="language"):
        language_tag(said)


def test_a_watermark_names_without_giving_the_number_away() -> None:
    assert (name_tag("李伟", "E00012345"), name_tag("Guest", None)) == ("李伟 2345", "Guest")
