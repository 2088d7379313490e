"""Simulcast in virtual time: routing by RID, switching, stopped layers, demand, recording."""

from itertools import pairwise
from random import Random

import msgspec
import pytest

from streaming.control import messages as m
from streaming.forwarding.layer_demand import KEEP_S
from streaming.guarded_tap import GuardedTap
from streaming.rtp import rtcp
from tests.streaming.forwarding.simulcast import (
    FRAME_S,
    Encoding,
    Publisher,
    Viewer,
    layered_camera,
    lesson,
    view,
)
from tests.streaming.forwarding.test_plane import Notebook
from tests.streaming.forwarding.world import NTP_OFFSET_S, ROOM, VirtualPeer, World, slot


def asked_keyframes(peer: VirtualPeer) -> list[int]:
    return [f.media_ssrc for f in peer.feedback if isinstance(f, rtcp.PictureLoss)]


def test_a_viewer_gets_the_largest_layer_and_only_that() -> None:
    _, publisher, viewer = lesson()
    publisher.film(25)
    viewer.check()
    assert viewer.rids()[-1] == "f"
    assert len(viewer.rids()) <= 3
    tail = [s for s in viewer.stream() if s.picture > 5]
    assert {s.rid for s in tail} == {"f"}
    assert len(tail) == 2 * 19


def test_a_small_tile_gets_a_small_layer_and_grows_again() -> None:
    world, publisher, viewer = lesson()
    publisher.film(20)
    for max_layer, rid in ((0, "q"), (1, "h"), (None, "f"), (0, "q")):
        view(world, viewer, max_layer=max_layer)
        publisher.film(10)
        assert viewer.rids()[-1] == rid
        assert [n for n in world.heard if isinstance(n, m.SlotMedia)][-1] == m.SlotMedia(
            "viewer", "0", False, rid
        )
    viewer.check()
    assert viewer.longest_gap() < 0.1
    (stats,) = [t for t in world.plane.stats(ROOM).transports if t.transport == "viewer"]
    assert (stats.slots[0].layer, stats.slots[0].switches) == ("q", len(viewer.rids()))


def test_timestamps_follow_the_publishers_clocks_over_switches() -> None:
    world, publisher, viewer = lesson()
    publisher.film(40)
    for i in range(12):
        view(world, viewer, max_layer=i % 3)
        publisher.film(15)
    viewer.check()
    shown = [s for s in viewer.stream() if s.picture > 40]
    for s in shown:
        by_camera = (s.picture - shown[0].picture) * FRAME_S * 90000
        assert abs(s.timestamp - shown[0].timestamp - by_camera) <= 2, "no switch shifts the time"


def test_reports_that_make_no_sense_do_not_break_the_time() -> None:
    world, publisher, viewer = lesson(reports=False)
    publisher.film(10)
    for index, offset_s in enumerate((0, 5000, -9000)):
        encoding = publisher.encodings[index]
        ntp = int((NTP_OFFSET_S + offset_s) * (1 << 32))
        report = rtcp.SenderReport(encoding.ssrc, ntp, publisher.timestamp(encoding) & 0xFFFFFFFF, 1, 1)
        publisher.peer.send_rtcp(rtcp.build_sender_report(report))
    for i in range(6):
        view(world, viewer, max_layer=i % 3)
        publisher.film(10)
    viewer.check()
    shown = viewer.stream()
    seconds = (shown[-1].timestamp - shown[0].timestamp) / 90000
    assert abs(seconds - 70 * FRAME_S) < 0.3


@pytest.mark.parametrize("says_goodbye", [True, False])
def test_a_layer_that_stops_is_left_without_a_freeze_and_comes_back(says_goodbye: bool) -> None:
    world, publisher, viewer = lesson()
    publisher.film(25)
    for index in (2, 1):
        publisher.encodings[index].is_on = False
        if says_goodbye:
            publisher.peer.send_rtcp(rtcp.build_bye((publisher.encodings[index].ssrc,)))
        publisher.film(25)
    assert viewer.rids()[-1] == "q"
    publisher.encodings[2].is_on = True
    publisher.encodings[2].wants_key = True
    publisher.film(25)
    assert viewer.rids()[-3:] == ["h", "q", "f"]
    viewer.check()
    assert viewer.longest_gap() < (0.25 if says_goodbye else 0.7)
    assert world.plane.stats(ROOM).transports[0].tracks[0].layers[1].flows is False


def test_a_still_picture_is_no_reason_to_change_layers() -> None:
    world, publisher, viewer = lesson()
    publisher.film(25)
    before = viewer.rids()
    world.advance(4.0)
    publisher.peer.check()
    viewer.peer.check()
    publisher.film(3)
    assert viewer.rids() == before
    viewer.check()


@pytest.mark.parametrize("loss", [0.02, 0.1])
def test_switching_under_loss_both_ways(loss: float) -> None:
    world, publisher, viewer = lesson(names_always=True)
    publisher.film(10)
    viewer.look()
    rng = Random(5)
    world.loses = lambda: rng.random() < loss
    for i in range(12):
        world.loses, lossy = lambda: False, world.loses
        view(world, viewer, max_layer=rng.randrange(3))
        publisher.peer.check()
        viewer.peer.check()
        world.loses = lossy
        for _ in range(15 + i):
            publisher.picture()
            viewer.look()
    world.loses = lambda: False
    for _ in range(20):
        publisher.picture()
        viewer.look()
    viewer.check(is_whole=False)
    shown = viewer.stream()
    assert len(set(viewer.rids())) == 3
    gaps = [b.ext_seq - a.ext_seq - 1 for a, b in pairwise(shown)]
    assert sum(gaps) < len(shown) * loss * 0.1, "repair fills nearly all holes, over switches too"


def test_numbers_wrap_many_times() -> None:
    """Several cycles of 16-bit sequence numbers, of 15-bit picture ids, and a 32-bit timestamp in between."""
    world = World()
    publisher = Publisher(world.join("presenter", layered_camera()), parts=1, obeys=False)
    viewer = Viewer(world.join("viewer", slot()))
    world.route(viewer.peer, "0", publisher.peer.track())
    for encoding in publisher.encodings:
        encoding.clock = (1 << 32) - 90000 * 200 - 4321 * encoding.index
        encoding.seq = 65000 - 200 * encoding.index
    rng = Random(3)
    publisher.film(5)
    for i in range(2200):
        if i % 10 == 0:
            view(world, viewer, max_layer=rng.randrange(3))
        for encoding in publisher.encodings:
            encoding.wants_key = i % 10 == 2
            jump = 100  # as if much was sent before and lost for good, within the ration of `rtp.leaps`
            encoding.seq += jump
            encoding.picture_id = (encoding.picture_id + jump // 4) & 0x7FFF
        publisher.pictures += 1
        for encoding in publisher.encodings:
            publisher._encode(encoding)
        world.now += 10 * FRAME_S
        world.plane.handle_timer(world.now)
        world.pump()
        if i % 5 == 0:
            publisher.peer.check()
            viewer.peer.check()
        viewer.look()
    viewer.check(is_whole=False)
    shown = viewer.stream()
    assert shown[-1].ext_seq - shown[0].ext_seq > 65536 * 2
    assert publisher.encodings[2].seq > 65536 * 2
    assert len(shown) > 2000
    assert {s.rid for s in shown[-200:]} == {"q", "h", "f"}
    expected_s = shown[-1].at - shown[0].at
    assert abs((shown[-1].timestamp - shown[0].timestamp) / 90000 - expected_s) < 1.5


def test_a_late_joiner_is_served_from_whatever_layer_has_a_keyframe() -> None:
    world, publisher, _ = lesson(obeys=False)
    publisher.film(20)
    top = publisher.encodings[2]
    for _ in range(110):  # the top layer's keyframe is old news; h sends one now and then
        publisher.encodings[1].wants_key = publisher.pictures % 40 == 0
        publisher.picture()
    late = Viewer(world.join("late", slot()))
    publisher.picture()
    world.route(late.peer, "0", publisher.peer.track())
    world.advance(0.1)
    assert late.rids() == ["h"]
    publisher.film(10)
    top.wants_key = True
    publisher.film(10)
    assert late.rids() == ["h", "f"]
    late.check()


def test_a_hidden_tile_costs_nothing_and_is_back_at_once() -> None:
    world, publisher, viewer = lesson()
    publisher.film(20)
    view(world, viewer, hidden=True)
    before = len(viewer.stream())
    publisher.film(20)
    assert len(viewer.stream()) == before
    assert world.notices(m.SlotMedia)[-1] == m.SlotMedia("viewer", "0", True, "")
    view(world, viewer)
    publisher.film(3)
    assert len(viewer.stream()) > before
    assert world.notices(m.SlotMedia)[-1] != m.SlotMedia("viewer", "0", True, "")
    publisher.film(20)
    viewer.check()


def test_an_allocator_aims_and_pauses() -> None:
    world, publisher, viewer = lesson()
    publisher.film(40)
    seat = world.plane._peers["viewer"].slots["0"]
    options = seat.options(world.now)
    assert [o.layer for o in options] == [0, 1, 2]
    assert all(o.flows and 10_000 < o.bitrate_bps < 60_000 for o in options)
    seat.aim(1, world.now)
    publisher.film(10)
    assert viewer.rids()[-1] == "h"
    seat.aim(None, world.now)
    before = len(viewer.stream())
    publisher.film(10)
    assert len(viewer.stream()) == before
    assert seat.is_paused
    seat.aim(0, world.now)
    publisher.film(10)
    assert viewer.rids()[-1] == "q"
    viewer.check()
    view(world, viewer, max_layer=0)
    seat.aim(2, world.now)
    publisher.film(10)
    assert viewer.rids()[-1] == "q"
    assert [o.layer for o in seat.options(world.now)] == [0]


def test_layers_that_nobody_needs_are_called_off_later_and_called_back_at_once() -> None:
    world, publisher, viewer = lesson()
    publisher.film(10)
    assert world.notices(m.LayersWanted) == []
    view(world, viewer, max_layer=1)
    publisher.film(int(KEEP_S / FRAME_S) - 5)  # the smallest was never needed, the largest until now
    viewer.peer.check()
    publisher.peer.check()
    assert world.notices(m.LayersWanted) == [m.LayersWanted("presenter", "0", ("h", "f"))]
    publisher.film(30)
    assert world.notices(m.LayersWanted)[-1] == m.LayersWanted("presenter", "0", ("h",))
    for index in (0, 2):
        publisher.encodings[index].is_on = False
    publisher.film(5)
    view(world, viewer)
    publisher.film(4)
    assert world.notices(m.LayersWanted)[-1] == m.LayersWanted("presenter", "0", ("h", "f"))
    publisher.encodings[2].is_on = True
    publisher.film(10)
    assert viewer.rids()[-1] == "f"
    viewer.check()


def test_the_smallest_layer_stays_when_nobody_watches() -> None:
    world, publisher, viewer = lesson()
    publisher.film(10)
    world.route(viewer.peer, "0", None)
    publisher.film(60)
    publisher.peer.check()
    publisher.film(70)
    assert world.notices(m.LayersWanted)[-1] == m.LayersWanted("presenter", "0", ("q",))


def test_unnamed_packets_of_unknown_streams_are_dropped_and_asked_for_again() -> None:
    world = World()
    publisher = Publisher(world.join("presenter", layered_camera()))
    publisher.named = {e.ssrc for e in publisher.encodings}
    publisher.film(2)
    (stats,) = world.plane.stats(ROOM).transports
    assert stats.tracks == ()
    assert stats.rejected["rtp_probe_or_unknown"] == 12
    publisher.named = set()
    publisher.film(2)
    assert [layer.packets for layer in world.plane.stats(ROOM).transports[0].tracks[0].layers] == [4, 4, 4]


def test_lost_packets_of_each_layer_are_asked_for_and_repaired_by_rrid() -> None:
    world, publisher, viewer = lesson()
    publisher.film(10)
    for encoding in publisher.encodings:
        lost = publisher.payload(encoding, 0, is_key=False)
        encoding.sent[encoding.seq & 0xFFFF] = publisher.timestamp(encoding), lost
        encoding.seq += 1
    publisher.film(10)
    nacks = {f.media_ssrc for f in publisher.peer.feedback if isinstance(f, rtcp.Nack)}
    assert nacks == {100, 101, 102}
    layers = world.plane.stats(ROOM).transports[0].tracks[0].layers
    assert [layer.packets for layer in layers] == [41, 41, 41]
    assert world.plane.stats(ROOM).transports[0].tracks[0].recovered == 3
    numbers = [s.ext_seq for s in viewer.stream()]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_receiver_reports_speak_of_every_layer() -> None:
    _, publisher, _ = lesson()
    publisher.film(30)
    reports = [f for f in publisher.peer.feedback if isinstance(f, rtcp.ReceiverReport) and f.reports]
    assert {block.ssrc for block in reports[-1].reports} == {100, 101, 102}
    layers = publisher.peer.world.plane.stats(ROOM).transports[0].tracks[0].layers
    assert [(layer.rid, layer.width, layer.height) for layer in layers] == [
        ("q", 320, 180), ("h", 640, 180), ("f", 1280, 180)
    ]  # fmt: skip


def test_keyframe_requests_go_to_the_layer_and_are_coalesced() -> None:
    world, publisher, viewer = lesson()
    publisher.film(50)
    before = len(asked_keyframes(publisher.peer))
    ssrc, _ = viewer.peer.local_ssrc()
    for _ in range(10):
        viewer.peer.send_rtcp(rtcp.build_picture_loss(1, ssrc))
        world.advance(0.01)
    assert asked_keyframes(publisher.peer)[before:] == [102]


@pytest.mark.parametrize("change", ["ssrc", "sequence", "clock"])
def test_a_publisher_that_begins_anew_in_the_middle(change: str) -> None:
    _, publisher, viewer = lesson(names_always=True)
    publisher.film(30)
    for encoding in publisher.encodings:
        match change:
            case "ssrc":
                encoding.ssrc += 500
                encoding.seq = 7
            case "sequence":
                encoding.seq += 20_000
            case _:
                encoding.clock -= 3_000_000
        encoding.wants_key = True
    publisher.film(30)
    viewer.check()
    assert viewer.longest_gap() < 0.5
    assert viewer.stream()[-1].picture == publisher.pictures - 1
    assert viewer.stream()[-1].rid == "f"


def test_another_codec_in_the_middle() -> None:
    h264 = m.Codec(102, "H264", 90000, rtcp_fb=("nack pli",))
    section = layered_camera()
    world = World()
    both = msgspec.structs.replace(section, codecs=(*section.codecs, h264))
    publisher = Publisher(world.join("presenter", both), names_always=True)
    viewer = Viewer(world.join("viewer", slot("0", m.Codec(120, "VP8", 90000), m.Codec(50, "H264", 90000))))
    world.route(viewer.peer, "0", publisher.peer.track())
    publisher.film(20)
    viewer.check()
    last = viewer.peer.received[-1]
    world.advance(0.1)
    for encoding in publisher.encodings:
        name = (5, section.rids[encoding.index].encode())
        for i in range(10):
            stamp = publisher.timestamp(encoding) + 3600 * i
            nal = bytes.fromhex("6588" if i == 0 else "4100")
            publisher.peer.send(encoding.seq + i, stamp, nal, pt=102, ssrc=encoding.ssrc, extensions=(name,))
        world.advance(0.05)
    after = viewer.peer.received[viewer.peer.received.index(last) + 1 :]
    assert after
    assert {p.payload_type for p in after} == {50}
    assert after[0].payload == bytes.fromhex("6588")
    assert [p.seq16 for p in after] == [(last.seq16 + 1 + i) & 0xFFFF for i in range(len(after))]
    assert [t.codec for t in world.heard if isinstance(t, m.TrackStarted)][-1] == "H264"


def test_the_recorder_hears_the_top_layer_as_one_stream_that_restarts() -> None:
    world, publisher, _ = lesson()
    notebook = Notebook()
    world.plane.start_recording(ROOM, GuardedTap(notebook, lambda _error: None))
    publisher.film(25)

    def heard() -> list[str]:
        rids = [p.rsplit(b"|", 4)[1].decode() for _, p, _ in notebook.packets]
        return [rid for i, rid in enumerate(rids) if i == 0 or rids[i - 1] != rid]

    assert heard()[-1] == "f"
    begun = len(heard())
    publisher.encodings[2].is_on = False
    publisher.film(25)
    publisher.encodings[2].is_on = True
    publisher.film(75)
    assert heard()[begun:] == ["h", "f"]
    assert len(notebook.tracks) == len(heard())
    rids = [p.rsplit(b"|", 4)[1] for _, p, _ in notebook.packets]
    for i, (_, packet, _) in enumerate(notebook.packets):
        if i == 0 or rids[i - 1] != rids[i]:
            assert packet.endswith(b"|0|1"), "every stretch begins with a keyframe"
    assert {m.LayersWanted("presenter", "0", ("f",))} >= set(world.notices(m.LayersWanted))


def test_a_muted_publisher_comes_back_in_all_layers() -> None:
    world, publisher, viewer = lesson()
    publisher.film(20)
    world.plane.set_publishing(m.SetPublishing("presenter", "0", allowed=False))
    publisher.film(20)
    before = len(viewer.stream())
    world.plane.set_publishing(m.SetPublishing("presenter", "0", allowed=True))
    publisher.film(20)
    assert len(viewer.stream()) > before
    assert viewer.rids()[-1] == "f"
    viewer.check()


def test_an_ssrc_is_never_taken_for_two_layers() -> None:
    world = World()
    publisher = Publisher(world.join("presenter", layered_camera()), names_always=True)
    publisher.film(3)
    liar = Encoding(0, 102, publisher.encodings[2].seq, publisher.encodings[2].clock, 1, 1)
    publisher._encode(liar)  # says q with the SSRC of f
    layers = world.plane.stats(ROOM).transports[0].tracks[0].layers
    assert [layer.packets for layer in layers] == [6, 6, 8]
