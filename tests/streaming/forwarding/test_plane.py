from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.control import messages as m
from streaming.forwarding.plane import PlaneRefusal
from streaming.forwarding.plane_timer import LATE_PACKETS_PER_TICK
from streaming.forwarding.resender import MAX_RESENDS
from streaming.guarded_tap import GuardedTap
from streaming.rtp import rtcp
from streaming.rtp.packet import RtpPacket
from tests.streaming.forwarding.world import (
    CLIENT,
    DELTA,
    H264,
    KEY,
    MORE,
    NTP_OFFSET_S,
    OPUS,
    ROOM,
    VP8,
    VP8_BARE,
    VirtualPeer,
    World,
    camera,
    mic,
    slot,
)


def on(peer: VirtualPeer, mid: str = "0") -> list[RtpPacket]:
    """What a slot's own SSRC carried."""
    ssrc, _ = peer.local_ssrc(mid)
    return [p for p in peer.received if p.ssrc == ssrc]


def assert_continuous(packets: list[RtpPacket]) -> None:
    numbers = [p.seq16 for p in packets]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_viewer_gets_every_packet_as_its_own_stream() -> None:
    world = World()
    presenter = world.join("presenter", camera("0"), mic("1"))
    viewer = world.join("viewer", slot("a"), slot("b", m.Codec(109, "opus", 48000, 2)))
    world.route(viewer, "a", presenter.track("0"))
    world.route(viewer, "b", presenter.track("1"))
    for i in range(10):
        presenter.send(65530 + i, i * 3600, KEY if i == 0 else DELTA)
        presenter.send(i, i * 960, b"sound", pt=111, ssrc=2, mid="1", extensions=((1, bytes((0x80 | i,))),))
        world.advance(0.04)
    video, audio = on(viewer, "a"), on(viewer, "b")
    assert [p.payload for p in video] == [KEY] + [DELTA] * 9
    assert_continuous(video)
    assert {p.payload_type for p in video} == {120}
    assert all(p.extensions == ((9, b"a"),) for p in video)
    assert [b.timestamp - a.timestamp for a, b in pairwise(video)] == [3600] * 9
    assert {p.payload_type for p in audio} == {109}
    assert [p.extensions for p in audio] == [((9, b"b"), (6, bytes((0x80 | i,)))) for i in range(10)]
    assert all(p.marker for p in video)


def test_routes_may_come_before_the_track() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 3)
    assert len(on(viewer)) == 3


def test_a_route_in_force_before_the_viewer_connects() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    presenter.film(1, 5)
    viewer = world.join("viewer", slot(), connect=False)
    world.route(viewer, "0", presenter.track())
    viewer.connect()
    world.advance(0.1)
    assert [p.payload for p in on(viewer)] == [KEY] + [DELTA] * 4


def test_a_late_joiner_is_served_from_the_cached_keyframe() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    presenter.film(1, 200, key_every=50)
    asked = len(presenter.asked(rtcp.PictureLoss))
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    world.advance(0.05)
    assert on(viewer)[0].payload == KEY
    assert len(on(viewer)) == 50
    presenter.film(201, 10)
    assert_continuous(on(viewer))
    assert len(on(viewer)) == 60
    assert len(presenter.asked(rtcp.PictureLoss)) == asked


def test_catching_up_is_paced() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    presenter.send(1, 3600, KEY)
    for i in range(400):
        presenter.send(2 + i, 3600, MORE)
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    world.advance(0.01)
    assert 0 < len(on(viewer)) < 50
    world.advance(0.3)
    assert len(on(viewer)) == 401
    assert_continuous(on(viewer))


def test_a_class_that_joins_together_does_not_hold_up_the_others() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    presenter.send(1, 3600, KEY)
    for i in range(100):
        presenter.send(2 + i, 3600, MORE)
    viewers = [world.join(f"viewer{i}", slot(), connect=False) for i in range(60)]
    for viewer in viewers:
        viewer.connect()
    world.advance(0.5)  # handshakes take turns
    world.plane.set_routes([m.Route(viewer.name, "0", presenter.track()) for viewer in viewers], world.now)
    world.plane.poll_output()
    world.now += 0.01
    world.plane.handle_timer(world.now)
    assert len(world.plane._output) <= LATE_PACKETS_PER_TICK + 4 * len(viewers)  # and their reports
    world.pump()
    world.advance(0.3)
    assert all(len(on(viewer)) == 101 for viewer in viewers)


def test_a_class_that_joins_together_causes_one_request() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    presenter.film(1, 1)
    for i in range(2, 1100):  # the keyframe has fallen out of the ring
        presenter.send(i, i * 90, DELTA)
    world.advance(1.0)
    before = len(presenter.asked(rtcp.PictureLoss))
    viewers = [world.join(f"viewer{i}", slot(), connect=False) for i in range(30)]
    for viewer in viewers:
        viewer.connect()
        world.route(viewer, "0", presenter.track())
    world.advance(0.3)
    assert len(presenter.asked(rtcp.PictureLoss)) == before + 1
    presenter.send(1100, 1100 * 90, KEY)
    assert all(on(viewer)[0].payload == KEY for viewer in viewers)
    for viewer in viewers:
        viewer.send_rtcp(rtcp.build_picture_loss(1, viewer.local_ssrc()[0]))
    world.advance(0.4)
    assert len(presenter.asked(rtcp.PictureLoss)) == before + 2


def test_a_publisher_that_ignores_requests_is_not_waited_for() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    presenter.film(1, 200)  # one keyframe, 8 s old
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    for i in range(60):
        presenter.send(201 + i, (201 + i) * 3600, DELTA)
        world.advance(0.04)
    assert on(viewer)[0].payload == KEY
    assert_continuous(on(viewer))


def test_a_lost_packet_is_sent_again_on_the_rtx_stream_and_not_too_often() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 10)
    ssrc, rtx_ssrc = viewer.local_ssrc()
    wanted = on(viewer)[5]
    for _ in range(5):
        viewer.send_rtcp(rtcp.build_nack(1, ssrc, [wanted.seq16]))
    again = [p for p in viewer.received if p.ssrc == rtx_ssrc]
    assert len(again) == 1
    assert again[0].payload == wanted.seq16.to_bytes(2, "big") + wanted.payload
    assert (again[0].payload_type, again[0].timestamp) == (121, wanted.timestamp)
    for _ in range(10):
        world.advance(0.11)
        viewer.send_rtcp(rtcp.build_nack(1, ssrc, [wanted.seq16]))
    assert len([p for p in viewer.received if p.ssrc == rtx_ssrc]) == MAX_RESENDS


def test_without_rtx_the_identical_packet_is_sent_again() -> None:
    world = World()
    presenter = world.join("presenter", camera("0", VP8_BARE))
    viewer = world.join("viewer", slot("0", VP8_BARE))
    world.route(viewer, "0", presenter.track())
    for i in range(5):
        presenter.send(1 + i, i * 3600, KEY, pt=100)
    first = list(viewer.raw)
    viewer.send_rtcp(rtcp.build_nack(1, viewer.local_ssrc()[0], [on(viewer)[2].seq16]))
    assert viewer.raw[len(first) :] == [first[2]]


def test_a_nack_for_what_was_never_sent_is_counted_and_ignored() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 3)
    count = len(viewer.raw)
    viewer.send_rtcp(rtcp.build_nack(1, viewer.local_ssrc()[0], [9, 10, 60000]))
    assert len(viewer.raw) == count
    (stats,) = [t for t in world.plane.stats("").transports if t.transport == "viewer"]
    assert stats.slots[0].unanswered_nacks == 3


def test_what_the_publisher_lost_is_asked_for_and_filled_in() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 4)
    presenter.send(6, 6 * 3600, DELTA)
    world.advance(0.05)
    nacks = presenter.asked(rtcp.Nack)
    assert nacks
    assert isinstance(nacks[0], rtcp.Nack)
    assert (nacks[0].media_ssrc, nacks[0].lost) == (1, (5,))
    presenter.send(1, 5 * 3600, (5).to_bytes(2, "big") + b"repaired", pt=97, ssrc=77)
    by_number = sorted(on(viewer), key=lambda p: p.seq16)
    assert_continuous(by_number)
    assert by_number[4].payload == b"repaired"
    presenter.send(2, 5 * 3600, (5).to_bytes(2, "big") + b"repaired", pt=97, ssrc=77)
    assert len(viewer.raw) == 6


@pytest.mark.parametrize(
    ("agreed", "count"), [(("nack",), 0), (("ccm fir",), 1), (("nack pli", "ccm fir"), 1)]
)
def test_only_what_was_agreed_is_asked_for(agreed: tuple[str, ...], count: int) -> None:
    world = World()
    presenter = world.join("presenter", camera("0", m.Codec(96, "VP8", 90000, rtcp_fb=agreed)))
    presenter.send(1, 3600, DELTA)
    presenter.send(3, 3600, DELTA)
    world.advance(0.1)
    assert len(presenter.asked(rtcp.PictureLoss)) == count
    assert bool(presenter.asked(rtcp.Nack)) == ("nack" in agreed)


def test_a_slot_goes_on_over_a_switch_and_back() -> None:
    world = World()
    one = world.join("one", camera())
    two = world.join("two", camera())
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", one.track())
    one.film(1, 5)
    two.film(40000, 5, ssrc=5)
    world.route(viewer, "0", two.track())
    two.film(40005, 5, ssrc=5)
    world.route(viewer, "0", one.track())
    one.film(6, 5)
    world.route(viewer, "0", None)
    one.film(11, 5)
    packets = on(viewer)
    assert_continuous(packets)
    assert len(packets) >= 20
    stamps = [p.timestamp for p in packets]
    assert stamps == sorted(set(stamps))
    assert stamps[-1] - stamps[0] < 90000 * 2


def test_a_muted_publisher_is_not_forwarded_and_comes_back_without_a_gap() -> None:
    world = World()
    presenter = world.join("presenter", mic("1"), camera("0"))
    viewer = world.join("viewer", slot("0", OPUS))
    world.route(viewer, "0", presenter.track("1"))

    def speak(first: int) -> None:
        for i in range(first, first + 5):
            presenter.send(i, i * 960, b"word", pt=111, ssrc=2, mid="1")
            world.advance(0.02)

    speak(1)
    world.plane.set_publishing(m.SetPublishing("presenter", "1", allowed=False))
    speak(6)
    assert len(on(viewer)) == 5
    world.plane.set_publishing(m.SetPublishing("presenter", "1", allowed=True))
    speak(11)
    assert len(on(viewer)) == 10
    assert_continuous(on(viewer))
    (stats,) = [t for t in world.plane.stats(ROOM).transports if t.transport == "presenter"]
    assert stats.tracks[0].muted_packets == 5


def test_another_ssrc_on_the_same_m_line_goes_on_in_the_same_track() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 5)
    presenter.film(30000, 5, ssrc=99)
    presenter.send(6, 6 * 3600, DELTA)  # a late one of the old SSRC
    assert len(on(viewer)) == 10
    assert_continuous(on(viewer))
    assert [n.track for n in world.heard if isinstance(n, m.TrackStarted)] == ["presenter:0"] * 2


def test_a_publisher_that_changes_its_ssrc_all_the_time_makes_no_storm() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    for i in range(200):
        presenter.send(1, 3600, KEY, ssrc=1000 + i)
    assert len(world.notices(m.TrackStarted)) == 1
    (stats,) = world.plane.stats("").transports
    assert stats.rejected["stream_changes_too_fast"] == 199


def test_every_viewer_gets_the_codec_that_it_negotiated() -> None:
    world = World()
    presenter = world.join("presenter", camera("0", H264, VP8))
    both = world.join("both", slot("0", m.Codec(50, "H264", 90000, fmtp="x"), m.Codec(51, "VP8", 90000)))
    only_vp8 = world.join("only_vp8", slot("0", m.Codec(60, "VP8", 90000)))
    idr = bytes.fromhex("6588")
    presenter.send(1, 3600, idr, pt=102)
    assert world.route(both, "0", presenter.track()) == ()
    assert world.route(only_vp8, "0", presenter.track()) == (m.Route("only_vp8", "0", "presenter:0"),)
    presenter.send(2, 7200, idr, pt=102)
    world.advance(0.02)
    assert {p.payload_type for p in on(both)} == {50}
    assert on(only_vp8) == []
    world.advance(0.2)
    presenter.send(3, 10800, KEY, pt=96)
    assert on(both)[-1].payload_type == 51
    assert [p.payload_type for p in on(only_vp8)] == [60]
    assert_continuous(on(both))


def test_sender_reports_carry_the_publishers_clock_as_ours() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 5)
    sent = on(viewer)[-1]
    presenter_ntp = 3_900_000_000
    presenter.send_rtcp(rtcp.build_sender_report(rtcp.SenderReport(1, presenter_ntp << 32, 5 * 3600, 5, 100)))
    ours = world.now + NTP_OFFSET_S
    viewer.feedback.clear()
    world.advance(1.05)
    report = viewer.asked(rtcp.SenderReport)[-1]
    assert isinstance(report, rtcp.SenderReport)
    assert report.ssrc == sent.ssrc
    assert report.packet_count == 5
    rtp_s = (report.rtp_timestamp - sent.timestamp) / 90000
    assert abs(report.ntp / (1 << 32) - ours - rtp_s) < 0.001
    assert 0 < rtp_s < 1.3


def test_two_tracks_of_one_publisher_stay_in_sync() -> None:
    """Sound is captured 0.3 s before it is sent, pictures at once; the reports let the viewer undo that."""
    world = World()
    presenter = world.join("presenter", camera("0"), mic("1"))
    viewer = world.join("viewer", slot("a"), slot("b", OPUS))
    world.route(viewer, "a", presenter.track("0"))
    world.route(viewer, "b", presenter.track("1"))
    theirs = 3_900_000_000.0
    start = world.now
    for i in range(60):
        at = world.now - start
        presenter.send(i + 1, int(at * 90000), KEY if i == 0 else DELTA)
        presenter.send(i + 1, 777_000 + int((at - 0.3) * 48000), b"s", pt=111, ssrc=2, mid="1")
        if i % 20 == 10:
            ntp = int((theirs + at) * (1 << 32))
            presenter.send_rtcp(rtcp.build_sender_report(rtcp.SenderReport(1, ntp, int(at * 90000), 1, 1)))
            report = rtcp.SenderReport(2, ntp, 777_000 + int(at * 48000), 1, 1)
            presenter.send_rtcp(rtcp.build_sender_report(report))
        world.advance(0.04)
    captured = {}
    for mid, rate in (("a", 90000), ("b", 48000)):
        ssrc, _ = viewer.local_ssrc(mid)
        report = [
            r for r in viewer.asked(rtcp.SenderReport) if isinstance(r, rtcp.SenderReport) and r.ssrc == ssrc
        ][-1]
        newest = on(viewer, mid)[-1]
        captured[mid] = report.ntp / (1 << 32) + (newest.timestamp - report.rtp_timestamp) / rate
    assert abs(captured["a"] - captured["b"] - 0.3) < 0.002


def test_a_paused_microphone_does_not_repeat_its_last_word() -> None:
    world = World()
    presenter = world.join("presenter", mic("1"))
    presenter.send(1, 960, b"word", pt=111, ssrc=2, mid="1")
    world.advance(1.0)
    viewer = world.join("viewer", slot("0", OPUS))
    world.route(viewer, "0", presenter.track("1"))
    world.advance(0.5)
    assert on(viewer) == []
    presenter.send(2, 1920, b"next", pt=111, ssrc=2, mid="1")
    assert [p.payload for p in on(viewer)] == [b"next"]


def test_without_a_report_of_the_publisher_our_own_clock_is_taken() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 30)
    report = viewer.asked(rtcp.SenderReport)[-1]
    assert isinstance(report, rtcp.SenderReport)
    assert abs(report.ntp / (1 << 32) - NTP_OFFSET_S - world.now) < 2


def test_publishers_get_reports_and_a_bitrate_cap() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    presenter.film(1, 30)
    remb = presenter.asked(rtcp.Remb)[-1]
    assert isinstance(remb, rtcp.Remb)
    assert 2_100_000 < remb.bitrate_bps <= 2_200_000
    report = [
        r for r in presenter.asked(rtcp.ReceiverReport) if isinstance(r, rtcp.ReceiverReport) and r.reports
    ][-1]
    assert report.reports[0].ssrc == 1
    assert report.reports[0].fraction_lost == 0


def test_media_follows_a_phone_to_its_new_network() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    viewer.answers = True
    presenter.film(1, 3)
    old = viewer.path
    viewer.check((0, ("172.16.0.9", 40000)))
    del world.by_path[old]
    presenter.film(4, 3)
    assert len(on(viewer)) == 6


def test_media_from_an_unproven_address_is_dropped_before_it_is_parsed() -> None:
    world = World()
    presenter = world.join("presenter", camera())
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 3)
    sealed = presenter.seal(4, 4 * 3600, DELTA)
    world.to_plane((0, ("203.0.113.5", 6666)), sealed)
    assert len(on(viewer)) == 3
    assert world.plane.dropped["unproven_address"] == 1
    world.to_plane(presenter.path, sealed)
    assert len(on(viewer)) == 4


def test_a_silent_peer_that_never_answers_is_gone_within_five_seconds_and_its_tracks_with_it() -> None:
    """As ffmpeg does: media all the time, not one answer, then nothing."""
    world = World()
    presenter = world.join("presenter", camera())
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 50)
    for _ in range(10):
        viewer.check()
        world.advance(0.5)
    failed = [n for n in world.heard if isinstance(n, m.TransportState) and n.state == "failed"]
    assert [(n.transport, n.reason) for n in failed] == [("presenter", "peer_silent")]
    assert [n.track for n in world.heard if isinstance(n, m.TrackStopped)] == ["presenter:0"]
    assert [t.transport for t in world.plane.stats("").transports] == ["viewer"]


def test_activity_and_levels_are_told_sparingly() -> None:
    world = World()
    presenter = world.join("presenter", mic("1"))
    for i in range(100):
        level = 20 + i % 3 if i < 50 else 90
        presenter.send(i + 1, i * 960, b"s", pt=111, ssrc=2, mid="1", extensions=((1, bytes((level,))),))
        world.advance(0.02)
    presenter.check()
    world.advance(2.0)
    activity = [n for n in world.heard if isinstance(n, m.TrackActivity)]
    assert [n.active for n in activity] == [True, True, False]
    assert activity[1].level == 90


class Notebook:
    """A tap that writes down what it hears, and fails on demand."""

    def __init__(self) -> None:
        self.tracks: list[tuple[str, str, str, str, int, str]] = []
        self.groups: list[str] = []
        self.packets: list[tuple[str, bytes, float]] = []
        self.reports: list[tuple[str, float, int]] = []
        self.ended: list[str] = []
        self.fails = False
        self.is_closed = False

    def on_track(  # noqa: PLR0917 - as Tap.on_track
        self,
        track: str,
        source: str,
        kind: str,
        codec: str,
        clock_rate: int,
        participant: str,
        group: str = "",
        /,
    ) -> None:
        self.tracks.append((track, source, kind, codec, clock_rate, participant))
        self.groups.append(group)

    def on_rtp(self, track: str, packet: bytes, arrival_s: float, /) -> None:
        if self.fails:
            raise ValueError("tap is broken")
        self.packets.append((track, packet, arrival_s))

    def on_sender_report(self, track: str, ntp_s: float, rtp_ts: int, /) -> None:
        self.reports.append((track, ntp_s, rtp_ts))

    def on_track_end(self, track: str, /) -> None:
        self.ended.append(track)

    async def close(self) -> None:
        self.is_closed = True


def test_the_recorder_hears_everything_and_keyframes_are_asked_for() -> None:
    world = World()
    presenter = world.join("presenter", camera("0"), mic("1"))
    presenter.film(1, 2)
    notebook = Notebook()
    world.plane.start_recording(ROOM, GuardedTap(notebook, lambda _error: None))
    presenter.film(3, 100)
    presenter.send(1, 960, b"s", pt=111, ssrc=2, mid="1")
    presenter.send_rtcp(rtcp.build_sender_report(rtcp.SenderReport(1, 5 << 32, 1234, 1, 1)))
    assert notebook.tracks == [
        ("presenter:0", "camera", "video", "VP8", 90000, "person-presenter"),
        ("presenter:1", "mic", "audio", "opus", 48000, "person-presenter"),
    ]
    assert len(notebook.packets) == 101
    assert notebook.reports == [("presenter:0", 5.0, 1234)]
    asked = len(presenter.asked(rtcp.PictureLoss))
    presenter.film(103, 100)
    assert 1 <= len(presenter.asked(rtcp.PictureLoss)) - asked <= 2
    world.plane.set_publishing(m.SetPublishing("presenter", "1", allowed=True, recorded=False))
    assert notebook.ended == ["presenter:1"]
    count = len(notebook.packets)
    presenter.send(2, 1920, b"private", pt=111, ssrc=2, mid="1")
    assert len(notebook.packets) == count
    tap = world.plane.close_room(ROOM)
    assert tap is not None
    assert notebook.ended == ["presenter:1", "presenter:0"]


def test_a_track_that_is_recorded_for_somebody_else_begins_anew() -> None:
    world = World()
    learner = world.join("learner", mic("1"))
    notebook = Notebook()
    world.plane.start_recording(ROOM, GuardedTap(notebook, lambda _error: None))
    said = 0

    def speak() -> None:
        nonlocal said
        said += 1
        learner.send(said, 960 * said, b"s", pt=111, ssrc=2, mid="1")

    def record(group: str, *, recorded: bool = True) -> None:
        asked = m.SetPublishing("learner", "1", allowed=True, recorded=recorded, group=group)
        world.plane.set_publishing(asked)

    speak()
    for group in ("red", "red", "blue"):  # told the same once more, nothing happens
        record(group)
        speak()
    record("", recorded=False)
    speak()
    record("red")
    speak()
    assert notebook.groups == ["", "red", "blue", "red"]
    assert notebook.ended == ["learner:1"] * 3
    assert len(notebook.packets) == said - 1


def test_a_broken_recorder_costs_only_the_recording() -> None:
    world = World()
    reported: list[Exception] = []
    notebook = Notebook()
    notebook.fails = True
    world.plane.start_recording(ROOM, GuardedTap(notebook, reported.append))
    presenter = world.join("presenter", camera())
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 75, key_every=25)
    viewer.check()
    presenter.film(76, 75, key_every=25)
    assert len(on(viewer)) == 150
    assert len(reported) == 1
    with pytest.raises(PlaneRefusal):
        world.plane.start_recording(ROOM, GuardedTap(notebook, reported.append))


def test_refusals_have_codes() -> None:
    world = World()
    remote = m.RemoteParameters("abcd", "p" * 24, "client", (CLIENT.fingerprint,), ())
    for call, code in (
        (
            lambda: world.plane.create_transport(m.CreateTransport("t", "nowhere", "p", remote), 0.0),
            "room_not_found",
        ),
        (lambda: world.plane.set_routes([m.Route("t", "0", None)], 0.0), "slot_not_found"),
        (
            lambda: world.plane.set_publishing(m.SetPublishing("t", "0", allowed=True)),
            "publication_not_found",
        ),
    ):
        with pytest.raises(PlaneRefusal) as caught:
            call()
        assert caught.value.code == code
    world.plane.close_transport("never-was")
    world.plane.request_keyframe("never-was")


@dataclass(slots=True)
class Scene:
    """A lesson that goes on while somebody in it misbehaves."""

    world: World = field(default_factory=World)
    filmed: int = 0

    def __post_init__(self) -> None:
        self.world.join("presenter", camera())
        self.world.join("viewer", slot())
        self.world.join("attacker", camera(), slot("9"))
        self.world.route(self.world.peers["viewer"], "0", "presenter:0")

    def goes_on(self) -> None:
        """One picture, and it arrives."""
        viewer = self.world.peers["viewer"]
        before = len(on(viewer))
        self.filmed += 1
        self.world.peers["presenter"].film(self.filmed, 1)
        assert len(on(viewer)) == before + 1
        viewer.check()
        self.world.peers["attacker"].check()


@cache
def scene() -> Scene:
    """Shared by all examples: what one of them breaks, the next ones notice."""
    return Scene()


@settings(max_examples=80, deadline=None)
@given(
    st.booleans(),
    st.sampled_from([0, 1, 20, 22, 23, 63, 128, 129, 144, 191, 255]),
    st.lists(st.binary(max_size=120), max_size=5),
)
def test_garbage_from_friend_or_stranger_changes_nothing_for_others(
    is_friend: bool, first: int, garbage: list[bytes]
) -> None:
    world = scene().world
    path = world.peers["attacker"].path if is_friend else (0, ("198.51.100.1", 1))
    for data in garbage:
        world.to_plane(path, bytes((first,)) + data)
        scene().goes_on()
    assert {t.transport for t in world.plane.stats("").transports} == {"presenter", "viewer", "attacker"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=6), st.lists(st.binary(min_size=8, max_size=80), max_size=6))
def test_well_sealed_garbage_is_no_better(payloads: list[bytes], compounds: list[bytes]) -> None:
    attacker = scene().world.peers["attacker"]
    for number, payload in enumerate(payloads):
        attacker.send(scene().filmed * 8 + number, 1, payload, ssrc=4)
        scene().goes_on()
    for compound in compounds:
        attacker.send_rtcp(bytes((0x80 | len(compound) % 32, 200 + len(compound) % 7)) + compound[2:])
        scene().goes_on()
