"""On stage: who may send what now, muting by staff as everybody sees it, who speaks for whom."""

import pytest

from interactions.registry import COMMANDS as CLASS_COMMANDS
from interactions.registry import IDEAS
from lectern.app.situation import situation_of
from lectern.kernel.errors import Conflict, Forbidden
from lectern.kernel.stage import MAX_ON_STAGE, on_stage
from lectern.timeline.event import NewEvent, SessionStarted, TrackMuted, TrackPublished
from lectern.timeline.idea import Registry
from signaling.plane.negotiation import Negotiation, read_offer
from signaling.plane.peer import Peer, slots_view
from signaling.plane.scribe import Scribe
from signaling.plane.situation import Situation
from signaling.stage.commands import COMMANDS
from signaling.stage.idea import STAGE, Track
from signaling.stage.rights import check_sends, places, sends_now, without_right
from signaling.stage.routing import Slot
from signaling.stage.speaking import is_crowded, microphones, speaking_in
from streaming.control.client import MediaClient
from streaming.control.messages import Fingerprint, LocalParameters, TrackStarted
from tests.class_proof import Proof, everybody
from tests.installation import Installation
from tests.signaling.test_whip_parts import OFFERS

GUESTS = tuple(f"guest{n}" for n in range(12))


def situation(
    invited: tuple[str, ...] = (),
    *,
    with_camera: tuple[str, ...] = (),
    groups: dict[str, str] | None = None,
    removed: tuple[str, ...] = (),
) -> Situation:
    return Situation(
        live=True,
        ended=False,
        first_started_utc_ms=0,
        groups=groups or {},
        may_speak=frozenset({"presenter", "host", "host2", *invited}),
        removed=frozenset(removed),
        staff=frozenset({"presenter", "host", "host2"}),
        presenters=("presenter",),
        invited=invited,
        with_camera=frozenset(with_camera),
    )


def mic(who: str, *, muted: bool = False) -> Track:
    return Track(f"{who}:mic", who, "mic", "audio", muted=muted)


def camera(who: str) -> Track:
    return Track(f"{who}:camera", who, "camera", "video")


@pytest.mark.parametrize(
    ("who", "source", "now", "may"),
    [
        ("presenter", "screen", situation(), True),
        ("host", "camera", situation(), True),
        ("ann", "mic", situation(), False),
        ("ann", "mic", situation(("ann",)), True),
        ("ann", "camera", situation(("ann",)), False),
        ("ann", "camera", situation(("ann",), with_camera=("ann",)), True),
        ("ann", "screen", situation(("ann",), with_camera=("ann",)), False),
        ("ann", "camera", situation(with_camera=("ann",)), False),
        ("ann", "mic", situation(groups={"ann": "g1"}), True),
        ("ann", "camera", situation(("ann",), with_camera=("ann",), groups={"ann": "g1"}), False),
        ("ann", "mic", situation(("ann",), removed=("ann",)), False),
        ("ann", "mic", situation(groups={"ann": "g1"}, removed=("ann",)), False),
        ("guest11", "mic", situation(GUESTS), False),  # the presenter and eleven guests are before
        ("guest10", "mic", situation(GUESTS), True),
        ("host", "mic", situation(GUESTS), False),
        ("presenter", "mic", situation(GUESTS), True),
    ],
)
def test_what_is_taken_in(who: str, source: str, now: Situation, *, may: bool) -> None:
    assert sends_now(who, source, now, places(now, [])) is may


def test_a_host_who_publishes_keeps_the_place_and_a_further_one_finds_none() -> None:
    now = situation(GUESTS[:10])
    taken = places(now, [mic("host")])
    assert len(taken) == MAX_ON_STAGE
    assert sends_now("host", "camera", now, taken)
    assert not sends_now("host2", "mic", now, taken)
    with pytest.raises(Conflict, match="stage_full"):
        check_sends("host2", "mic", now, [mic("host")])
    with pytest.raises(Forbidden, match="not_allowed"):
        check_sends("ann", "mic", now, [mic("host")])
    check_sends("host", "screen", now, [mic("host")])


def test_nobody_counts_twice() -> None:
    assert on_stage(["p"], ["a", "p"], ["h", "h", "a"]) == ("p", "a", "h")


def test_tracks_outlive_a_right_until_they_are_muted() -> None:
    tracks = [mic("ann"), camera("ann"), mic("ben", muted=True), mic("presenter")]
    assert without_right(tracks, situation(("ann",))) == [camera("ann")]
    assert without_right(tracks, situation()) == [mic("ann"), camera("ann")]


# ── muting by staff ──


def lesson() -> Proof:
    proof = Proof(Registry.of((STAGE, *IDEAS), (*COMMANDS, *CLASS_COMMANDS)))
    everybody(proof)
    proof.append(NewEvent(payload=SessionStarted(), actor="p"))
    published = TrackPublished(track="l1:mic", participant="l1", source="mic", kind="audio", codec="opus")
    proof.append(NewEvent(payload=published, actor="l1"))
    return proof


def test_everybody_sees_who_was_muted_by_whom_and_that_they_are_back() -> None:
    proof = lesson()
    proof.command("h", "stage_mute", participant="l1", source="mic")
    muted = proof.clients["l2"].entities["track/l1:mic"]
    assert (muted["active"], muted["muted_by"]) == (False, "h")
    seq = proof.state.seq
    proof.command("h", "stage_mute", participant="l1", source="mic")
    proof.command("h", "stage_mute", participant="l1", source="camera")  # is not there
    assert proof.state.seq == seq
    proof.append(NewEvent(payload=TrackMuted(track="l1:mic", muted=False), actor="l1"))
    back = proof.clients["l2"].entities["track/l1:mic"]
    assert (back["active"], back["muted_by"]) == (True, None)


def test_muting_oneself_or_by_the_end_of_a_right_is_nobodys_doing() -> None:
    proof = lesson()
    proof.append(NewEvent(payload=TrackMuted(track="l1:mic", muted=True), actor="l1"))
    assert proof.clients["p"].entities["track/l1:mic"]["muted_by"] is None
    proof.append(NewEvent(payload=TrackMuted(track="l1:mic", muted=False), actor="l1"))
    proof.append(NewEvent(payload=TrackMuted(track="l1:mic", muted=True)))
    assert proof.clients["p"].entities["track/l1:mic"]["muted_by"] is None


def test_learners_mute_nobody() -> None:
    proof = lesson()
    with pytest.raises(Forbidden):
        proof.command("l2", "stage_mute", participant="l1", source="mic")


# ── who speaks ──


def test_each_room_hears_of_its_own_speakers_the_first_one_first() -> None:
    now = situation(("ann", "ben"), groups={"cy": "g1", "dee": "g1"})
    tracks = [mic("presenter"), mic("ann"), mic("ben", muted=True), mic("cy"), mic("dee"), camera("ann")]
    taken = places(now, tracks)
    main, group = microphones(None, tracks, now, taken), microphones("g1", tracks, now, taken)
    sounding = ["dee:mic", "ann:mic", "ben:mic", "presenter:mic"]
    assert speaking_in(main, sounding) == ("ann", "presenter")
    assert speaking_in(group, sounding) == ("dee",)


def test_a_lecture_sends_no_speakers() -> None:
    now = situation()
    there = microphones(None, [mic("presenter")], now, places(now, []))
    assert speaking_in(there, ["presenter:mic"]) == ()


def test_who_spoke_last_matters_only_where_slots_are_scarce() -> None:
    tracks = [mic("presenter"), mic("ann"), camera("ann"), camera("presenter")]
    assert not is_crowded(tracks, {(2, 4)})
    assert is_crowded(tracks, {(2, 4), (1, 1)})
    assert not is_crowded([mic("ann", muted=True), mic("presenter")], {(0, 1)})


async def test_a_picture_that_nobody_looks_at_is_not_said_to_be_paused() -> None:
    async def nobody(_news: object) -> None:
        """Not called."""

    slots = (Slot("3", "video"), Slot("4", "video"), Slot("5", "audio"))
    peer = Peer("t", MediaClient(), "s", "ann", {}, slots, nobody, nobody)
    peer.paused = {"3", "4"}
    peer.sizes = {"3": "hidden", "4": "small"}
    assert peer.starved() == {"4"}
    tracks = {"c": camera("ben")}
    view = slots_view({"3": "c", "4": None}, tracks, peer.starved())
    assert view == {
        "3": {
            "track": "ben:camera",
            "participant": "ben",
            "source": "camera",
            "paused": False,
            "unplayable": None,
        },
        "4": None,
    }
    assert slots_view({"4": "c"}, tracks, peer.starved())["4"] == {
        "track": "ben:camera",
        "participant": "ben",
        "source": "camera",
        "paused": True,
        "unplayable": None,
    }
    assert peer.slot_count() == (2, 1)


async def test_a_picture_in_a_codec_that_was_not_offered_is_named(house: Installation) -> None:
    async def nobody(_news: object) -> None:
        """Not called."""

    session = await house.plan()
    await house.services.sessions.start(session.id)
    scribe = Scribe(house.services.engine, situation_of)
    offer = read_offer(OFFERS["obs"].replace("sendonly", "recvonly"), None)  # H.264 and Opus alone
    local = LocalParameters("u", "p", Fingerprint("sha-256", "00"), "client", (), ())
    slots = (Slot("0", "audio"), Slot("1", "video"))
    peer = Peer("t", MediaClient(), session.id, "ann", {}, slots, nobody, nobody)
    assert peer.unplayable({"1": "t:1"}, {}) == {}

    async def published(codec: str) -> dict[str, Track]:
        await scribe.published(peer, TrackStarted("t", "1", "t:1", "video", codec))
        return (await house.services.engine.current(session.id)).state.of(STAGE).tracks

    tracks = await published("H264")
    assert peer.unplayable({"1": "t:1"}, tracks) == {}, "nothing was negotiated yet"
    peer.negotiation = Negotiation(offer, local, 1)
    assert peer.unplayable({"0": None, "1": "t:1"}, tracks) == {}
    async with house.services.engine.change(session.id) as change:
        change.append(NewEvent(payload=TrackMuted(track="t:1", muted=True), actor="host"))
    tracks = await published("VP8")
    assert (tracks["t:1"].codec, tracks["t:1"].muted_by) == ("VP8", "host")
    assert peer.unplayable({"0": None, "1": "t:1"}, tracks) == {"1": "VP8"}
    assert slots_view({"1": "t:1"}, tracks, (), {"1": "VP8"})["1"] == {
        "track": "t:1",
        "participant": "ann",
        "source": "camera",
        "paused": False,
        "unplayable": "VP8",
    }
    seq = (await house.services.engine.current(session.id)).state.seq
    await published("VP8")  # a layer that began anew
    assert (await house.services.engine.current(session.id)).state.seq == seq
