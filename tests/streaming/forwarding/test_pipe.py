"""A pipe between two media processes carries media as if there were one."""

from random import Random

import pytest
from msgspec.structs import replace

from streaming.control import messages as m
from streaming.control.extensions import MID, RID
from streaming.forwarding.pipe import SILENCE_TIMEOUT_S
from streaming.forwarding.plane import PlaneRefusal
from streaming.guarded_tap import GuardedTap
from streaming.rtp import rtcp
from streaming.rtp.demux import DatagramKind, kind_of
from tests.streaming.forwarding.piped_worlds import PIPED_OPUS, PIPED_VP8, Piped
from tests.streaming.forwarding.world import (
    DELTA,
    KEY,
    NTP_OFFSET_S,
    OPUS,
    ROOM,
    VP8,
    VirtualPeer,
    camera,
    mic,
    slot,
)

OPUS_SLOT = m.Codec(109, "opus", 48000, 2)


def viewer_of(world: Piped, publisher: VirtualPeer, name: str = "viewer") -> VirtualPeer:
    viewer = world.sibling.join(name, slot())
    world.sibling.route(viewer, "0", publisher.track())
    return viewer


def film(world: Piped, publisher: VirtualPeer, first: int, count: int) -> None:
    """Numbered pictures, a keyframe at the beginning."""
    for n in range(first, first + count):
        publisher.send(n, n * 3600, (KEY if n == first else DELTA) + str(n).encode())
        world.advance(0.04)


def numbers(viewer: VirtualPeer) -> list[int]:
    """Numbers of the pictures in the order in which the viewer would play them."""
    originals = [p for p in viewer.received if p.payload_type == 120]
    found = {p.seq16: p.payload for p in originals}
    found |= {int.from_bytes(p.payload[:2]): p.payload[2:] for p in viewer.received if p.payload_type == 121}
    return [int(found[seq].removeprefix(KEY).removeprefix(DELTA)) for seq in sorted(found)]


def test_a_track_reaches_the_sibling_under_its_own_name() -> None:
    world = Piped()
    publisher = world.home.join("presenter", camera())
    viewer = viewer_of(world, publisher)
    world.carry(world.home, publisher.track())
    film(world, publisher, 10, 20)
    world.advance(0.1)
    assert numbers(viewer) == list(range(10, 30))
    assert world.sibling.notices(m.TrackStarted) == []  # it is published at home, and only home says so
    assert len(world.home.notices(m.TrackStarted)) == 1


@pytest.mark.parametrize("loss", [0.02, 0.1])
def test_loss_on_the_pipe_is_repaired(loss: float) -> None:
    world = Piped()
    publisher = world.home.join("presenter", camera())
    viewer = viewer_of(world, publisher)
    world.carry(world.home, publisher.track())
    film(world, publisher, 10, 5)
    rng = Random(3)
    for end in (world.home, world.sibling):
        end.cable.loses = lambda _datagram: rng.random() < loss
    film(world, publisher, 15, 150)
    for end in (world.home, world.sibling):
        end.cable.loses = lambda _datagram: False
    film(world, publisher, 165, 10)
    world.advance(0.5)
    assert numbers(viewer) == list(range(10, 175))
    (stats,) = [t for t in world.sibling.plane.stats("").transports if t.transport == world.pipe]
    assert stats.tracks[0].recovered >= 150 * loss / 2


def test_a_keyframe_is_asked_for_through_the_pipe_once_for_many() -> None:
    world = Piped()
    publisher = world.home.join("presenter", camera())
    world.carry(world.home, publisher.track())
    viewers = [viewer_of(world, publisher, f"viewer{n}") for n in range(5)]
    film(world, publisher, 10, 10)
    publisher.feedback.clear()
    world.advance(1.0)
    for viewer in viewers:
        viewer.send_rtcp(rtcp.build_picture_loss(1, viewer.local_ssrc()[0]))
    world.advance(0.3)
    assert len(publisher.asked(rtcp.PictureLoss)) == 1


def test_a_late_joiner_at_the_sibling_starts_from_the_keyframe_that_is_there() -> None:
    world = Piped()
    publisher = world.home.join("presenter", camera())
    viewer_of(world, publisher)
    world.carry(world.home, publisher.track())
    film(world, publisher, 10, 25)
    asked, carried = len(publisher.asked(rtcp.PictureLoss)), world.home.cable.carried
    late = viewer_of(world, publisher, "late")
    world.advance(0.1)
    assert numbers(late) == list(range(10, 35))
    assert len(publisher.asked(rtcp.PictureLoss)) == asked
    assert world.home.cable.carried - carried < 5  # reports, and not the film once more


def test_a_track_that_is_piped_in_the_middle_begins_at_the_keyframe_that_home_has() -> None:
    world = Piped()
    publisher = world.home.join("presenter", camera())
    film(world, publisher, 10, 25)
    viewer = viewer_of(world, publisher)
    world.carry(world.home, publisher.track())
    world.advance(0.2)
    assert numbers(viewer) == list(range(10, 35))


def test_levels_and_clocks_survive() -> None:
    world = Piped()
    publisher = world.home.join("presenter", camera(), mic())
    sections = (slot("0"), slot("1", OPUS_SLOT))
    viewer = world.sibling.join("viewer", *sections)
    near = world.home.join("near", *sections)
    for end, peer in ((world.sibling, viewer), (world.home, near)):
        end.route(peer, "0", publisher.track("0"))
        end.route(peer, "1", publisher.track("1"))
    world.carry(world.home, publisher.track("0"))
    world.carry(world.home, publisher.track("1"), PIPED_OPUS)
    start = world.home.now
    for n in range(150):
        level = ((1, bytes([0x80 | 30])),)
        at = world.home.now - start
        publisher.send(10 + n, int(at * 90000), KEY if n % 25 == 0 else DELTA, ssrc=1)
        publisher.send(
            10 + n, 7_000 + int(at * 48000), b"sound", pt=OPUS.pt, ssrc=2, mid="1", extensions=level
        )
        if n % 25 == 10:  # its clock is an hour ahead
            ntp = int((NTP_OFFSET_S + world.home.now + 3600.0) * (1 << 32))
            for ssrc, ticks in ((1, int(at * 90000)), (2, 7_000 + int(at * 48000))):
                publisher.send_rtcp(
                    rtcp.build_sender_report(rtcp.SenderReport(ssrc, ntp, ticks & 0xFFFFFFFF, 1, 1))
                )
        world.advance(0.02)
    sounds = [p for p in viewer.received if p.payload_type == 109]
    assert sounds
    assert all((6, bytes([0x80 | 30])) in p.extensions for p in sounds)
    skews = []
    for peer in (near, viewer):
        latest = {r.ssrc: r for r in peer.feedback if isinstance(r, rtcp.SenderReport)}
        video, audio = (latest[peer.local_ssrc(mid)[0]] for mid in ("0", "1"))
        pictures = [p for p in peer.received if p.payload_type == 120]
        heard = [p for p in peer.received if p.payload_type == 109]
        # Both tracks' last packets were captured at the same moment: do the reports say so?
        seen_at = video.ntp / (1 << 32) + (pictures[-1].timestamp - video.rtp_timestamp) / 90000
        heard_at = audio.ntp / (1 << 32) + (heard[-1].timestamp - audio.rtp_timestamp) / 48000
        skews.append(seen_at - heard_at)
        assert abs(seen_at - (NTP_OFFSET_S + world.home.now)) < 0.5  # in our time, not the publisher's
    assert all(abs(skew) < 0.005 for skew in skews)


class Notebook:
    """A tap that notes what it is told."""

    def __init__(self) -> None:
        self.facts: list[tuple[object, ...]] = []

    def on_track(self, *facts: object) -> None:
        self.facts.append(("track", *facts))

    def on_rtp(self, track: str, _packet: bytes, _arrival_s: float) -> None:
        self.facts.append(("rtp", track))

    def on_sender_report(self, track: str, _ntp_s: float, _rtp_ts: int) -> None:
        self.facts.append(("report", track))

    def on_track_end(self, track: str) -> None:
        self.facts.append(("end", track))

    async def close(self) -> None: ...


def test_a_group_at_the_sibling_is_recorded_at_home_under_its_name() -> None:
    world = Piped()
    notebook = Notebook()
    world.home.plane.start_recording(ROOM, GuardedTap(notebook, lambda error: pytest.fail(str(error))))
    learner = world.sibling.join("learner", mic("0"))
    world.carry(world.sibling, learner.track(), PIPED_OPUS)

    def speak(first: int) -> None:
        for n in range(first, first + 20):
            learner.send(n, n * 960, b"sound", pt=OPUS.pt)
            world.advance(0.02)

    for at, group in enumerate(("", "red", "blue")):
        if group:
            world.record(learner.track(), group=group)
        speak(at * 20)
    told = [fact[-1] for fact in notebook.facts if fact[0] == "track"]
    assert told == ["", "red", "blue"]
    assert [fact[0] for fact in notebook.facts].count("end") == 2


def test_what_a_learner_says_at_the_sibling_is_recorded_at_home() -> None:
    world = Piped()
    notebook = Notebook()
    world.home.plane.start_recording(ROOM, GuardedTap(notebook, lambda error: pytest.fail(str(error))))
    learner = world.sibling.join("learner", mic("0"))
    secret = world.sibling.join("group", mic("0"))
    world.carry(world.sibling, learner.track(), PIPED_OPUS)
    world.carry(world.sibling, secret.track(), PIPED_OPUS, recorded=False)
    for n in range(50):
        for peer in (learner, secret):
            peer.send(n, n * 960, b"sound", pt=OPUS.pt)
        world.advance(0.02)
    world.advance(0.1)
    world.drop(learner.track())
    track = learner.track()
    assert notebook.facts[0] == ("track", track, "mic", "audio", "opus", 48000, "person-far", "")
    assert notebook.facts.count(("rtp", track)) == 50
    assert ("report", track) in notebook.facts
    assert notebook.facts[-1] == ("end", track)
    assert ("rtp", secret.track()) not in notebook.facts
    assert world.home.notices(m.TrackStopped) == []


def test_what_one_sibling_publishes_another_gets_through_home() -> None:
    """Home passes a piped track on like one of its own: here to a slot of its own."""
    world = Piped()
    learner = world.sibling.join("learner", mic("0"))
    listener = world.home.join("listener", slot("0", OPUS_SLOT))
    world.home.route(listener, "0", learner.track())
    world.carry(world.sibling, learner.track(), PIPED_OPUS)
    for n in range(20):
        learner.send(n, n * 960, b"sound", pt=OPUS.pt)
        world.advance(0.02)
    world.advance(0.1)
    assert len(listener.received) >= 19


def test_a_pipe_that_is_opened_again_feeds_the_same_viewers() -> None:
    world = Piped()
    publisher = world.home.join("presenter", camera())
    viewer = viewer_of(world, publisher)
    world.carry(world.home, publisher.track())
    film(world, publisher, 10, 10)
    world.advance(0.1)
    world.reopen("pipe-2")
    film(world, publisher, 20, 10)
    world.advance(0.2)
    got = numbers(viewer)
    assert got[:10] == list(range(10, 20))
    assert got[-10:] == list(range(20, 30))
    seqs = [p.seq16 for p in viewer.received]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))  # no seam for the viewer


def test_a_track_that_nobody_wants_any_more_stops_and_may_come_again() -> None:
    world = Piped()
    publisher = world.home.join("presenter", camera())
    viewer = viewer_of(world, publisher)
    world.carry(world.home, publisher.track())
    film(world, publisher, 10, 5)
    world.drop(publisher.track())
    world.advance(0.1)
    carried = world.home.cable.carried
    film(world, publisher, 15, 5)
    assert world.home.cable.carried - carried <= 2  # reports
    world.carry(world.home, publisher.track())
    film(world, publisher, 20, 5)
    world.advance(0.1)
    assert numbers(viewer)[-5:] == list(range(20, 25))


def test_a_dead_sibling_is_noticed_and_an_idle_one_is_not_dead() -> None:
    world = Piped()
    world.advance(3 * SILENCE_TIMEOUT_S)
    assert {t.phase for t in world.home.plane.stats("").transports} == {"connected"}
    world.sibling.cable.loses = lambda _datagram: True
    world.advance(SILENCE_TIMEOUT_S + 0.1)
    assert m.TransportState(world.pipe, "failed", "peer_silent") in world.home.heard
    assert world.home.plane.stats("").transports == ()


def test_other_keys_carry_nothing() -> None:
    world = Piped()
    world.reopen("pipe-2")
    for end in (world.home, world.sibling):
        end.plane.close_transport("pipe-2")
    world.pipe = "pipe-3"
    world.open(right_keys=False)
    learner = world.sibling.join("learner", mic("0"))
    listener = world.home.join("listener", slot("0", OPUS_SLOT))
    world.home.route(listener, "0", learner.track())
    world.carry(world.sibling, learner.track(), PIPED_OPUS)
    for n in range(50):
        learner.send(n, n * 960, b"sound", pt=OPUS.pt)
        world.advance(0.02)
    (stats,) = [t for t in world.home.plane.stats("").transports if t.transport == world.pipe]
    assert listener.received == []
    assert stats.rejected["srtp"] >= 49
    assert stats.rejected["srtcp"] >= 1


def test_media_from_elsewhere_is_no_pipe() -> None:
    world = Piped()
    publisher = world.home.join("presenter", camera())
    viewer = viewer_of(world, publisher)
    kept: list[bytes] = []

    def steals(datagram: bytes) -> bool:
        kept.append(datagram)
        return True

    world.home.cable.loses = steals
    world.carry(world.home, publisher.track())
    film(world, publisher, 10, 5)
    stolen = [d for d in kept if kind_of(d) is DatagramKind.RTP][-1]
    before = len(viewer.received)
    dropped = world.sibling.plane.dropped["unproven_address"]
    world.sibling.plane.receive_datagram(stolen, (0, ("203.0.113.9", 7882)), world.sibling.now)
    world.sibling.plane.receive_datagram(stolen[:9], world.sibling.far, world.sibling.now)
    foreign = stolen[:8] + bytes(4) + stolen[12:]
    world.sibling.plane.receive_datagram(foreign, world.sibling.far, world.sibling.now)
    world.advance(0.1)
    assert len(viewer.received) == before
    assert world.sibling.plane.dropped["unproven_address"] == dropped + 3


def test_two_sessions_share_a_pair_of_processes() -> None:
    world = Piped()
    publishers = [world.home.join(name, camera()) for name in ("one", "two")]
    viewers = [viewer_of(world, publisher, f"of-{publisher.name}") for publisher in publishers]
    world.carry(world.home, publishers[0].track())
    first, world.sent = world.sent, {}
    world.pipe = "pipe-2"
    world.open()
    world.carry(world.home, publishers[1].track())
    for n in range(10):
        for publisher in publishers:
            publisher.send(n, n * 3600, (KEY if n == 0 else DELTA) + f"{n}".encode(), ssrc=1)
        world.advance(0.04)
    world.advance(0.1)
    assert [numbers(viewer) for viewer in viewers] == [list(range(10))] * 2
    world.home.plane.close_transport("pipe-2")
    assert len(first) == 1
    film(world, publishers[0], 10, 5)
    assert numbers(viewers[0])[-5:] == list(range(10, 15))


RIDS = ("q", "f")
SIMULCAST = m.MediaSection("0", "video", "publish", (VP8,), {MID: 4, RID: 10}, source="camera", rids=RIDS)
PIPED_SIMULCAST = m.MediaSection("", "video", "publish", (VP8,), source="camera", rids=RIDS)


def film_in_layers(world: Piped, publisher: VirtualPeer, first: int, count: int) -> None:
    """Each picture in these layers; the payload says which one it is."""
    for n in range(first, first + count):
        for rid in RIDS:
            payload = (KEY if n == first else DELTA) + f"{rid}{n}".encode()
            publisher.send(n, n * 3600, payload, ssrc=1 + RIDS.index(rid), extensions=((10, rid.encode()),))
        world.advance(0.04)


def layers_of(viewer: VirtualPeer) -> list[str]:
    return [p.payload.removeprefix(KEY).removeprefix(DELTA)[:1].decode() for p in viewer.received]


def test_every_layer_travels_and_the_sibling_chooses() -> None:
    world = Piped()
    publisher = world.home.join("presenter", SIMULCAST)
    small, large = [world.sibling.join(name, slot()) for name in ("small", "large")]
    world.carry(world.home, publisher.track(), PIPED_SIMULCAST)
    for viewer, bound in ((small, 0), (large, None)):
        world.sibling.plane.set_routes([m.Route(viewer.name, "0", publisher.track(), 2, bound)], 0.0)
    film_in_layers(world, publisher, 10, 20)
    film_in_layers(world, publisher, 30, 20)
    world.advance(0.1)
    assert set(layers_of(small)[-18:]) == {"q"}
    assert set(layers_of(large)[-18:]) == {"f"}

    # When nobody at the sibling wants the large one, it hears of it, and the layer stays at home.
    world.sibling.plane.set_routes([m.Route("large", "0", publisher.track(), 2, 0)], world.home.now)
    film_in_layers(world, publisher, 50, 130)
    wanted = world.sibling.notices(m.LayersWanted)
    assert wanted == [m.LayersWanted(world.pipe, publisher.track(), ("q",))]
    world.need(publisher.track(), "q")
    world.advance(0.1)
    carried = world.home.cable.carried
    film_in_layers(world, publisher, 180, 25)
    assert world.home.cable.carried - carried < 25 + 10  # one layer, and reports
    film_in_layers(world, publisher, 205, 100)
    assert m.LayersWanted("presenter", "0", ("q",)) in world.home.notices(m.LayersWanted)  # nobody anywhere

    # And it comes back, on the same pipe, when somebody looks again.
    world.sibling.plane.set_routes([m.Route("large", "0", publisher.track(), 2, None)], world.home.now)
    world.advance(0.2)
    assert world.sibling.notices(m.LayersWanted)[-1] == m.LayersWanted(world.pipe, publisher.track(), RIDS)
    world.need(publisher.track(), *RIDS)
    world.advance(0.2)
    assert m.LayersWanted("presenter", "0", RIDS) == world.home.notices(m.LayersWanted)[-1]
    film_in_layers(world, publisher, 305, 25)
    world.advance(0.1)
    assert set(layers_of(large)[-10:]) == {"f"}
    for viewer in (small, large):
        seqs = [p.seq16 for p in viewer.received]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def refused(world: Piped, request: m.SetPipe) -> str:
    with pytest.raises(PlaneRefusal) as caught:
        world.home.plane.set_pipe(request, world.home.now)
    return caught.value.code


def test_what_cannot_be_is_refused_and_changes_nothing() -> None:
    world = Piped()
    publisher = world.home.join("presenter", camera())
    viewer = viewer_of(world, publisher)
    world.carry(world.home, publisher.track())
    film(world, publisher, 10, 3)
    (_, carried) = world.sent[publisher.track()]

    def piped(track: str, *ssrcs: tuple[int, int]) -> m.PipedTrack:
        return m.PipedTrack(track, "p", PIPED_VP8, ssrcs)

    assert refused(world, m.SetPipe("unknown")) == "pipe_not_found"
    assert refused(world, m.SetPipe("presenter")) == "pipe_not_found"
    again = piped("other", carried.ssrcs[0])
    assert refused(world, m.SetPipe(world.pipe, (carried, again))) == "ssrc_used"
    assert refused(world, m.SetPipe(world.pipe, (carried, piped("x", (5, 5))))) == "ssrc_used"
    coming = m.SetPipe(world.pipe, (carried,), (piped(publisher.track(), (8, 9)),))
    assert refused(world, coming) == "track_exists"
    with pytest.raises(PlaneRefusal, match="new keys"):
        world.open()
    film(world, publisher, 13, 3)
    world.advance(0.1)
    assert numbers(viewer) == [*range(10, 16)]
    world.drop(publisher.track())
    assert refused(world, m.SetPipe(world.pipe, (carried,))) == "ssrc_used"  # it would repeat nonces
    world.pipe = "pipe-2"
    at_home, _ = world.words()
    clash = replace(at_home, remote_ssrc=world.told_home[0].remote_ssrc)
    with pytest.raises(PlaneRefusal, match="another pipe"):
        world.home.plane.open_pipe(clash, world.home.far, world.home.now)
