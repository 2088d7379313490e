"""The figures of the issue: loss, narrow links and their recovery, in virtual time (docs/performance.md)."""

from dataclasses import replace

import pytest

from streaming.control import messages as m
from streaming.rtp import rtcp
from tests.streaming.network.emulator import Conditions
from tests.streaming.network.publisher import LAYERS_BPS, VirtualPublisher
from tests.streaming.network.recovery import NARROW_BPS, fall, stats_of, through
from tests.streaming.network.viewer import VirtualViewer
from tests.streaming.network.world import NetworkWorld

RANDOM = Conditions(delay_s=0.05, loss=0.05)
BURSTS = Conditions(delay_s=0.05, loss=0.1, burst=4)
SOUND_GAP_S = 0.06
FIRST_STRETCH_S = 0.15
"""Until the viewer's browser has noticed the queue: its packets come in the rhythm of pictures."""


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("side", ["down", "up"])
def test_five_percent_random_loss_freezes_nothing(side: str, seed: int) -> None:
    found = through(down=RANDOM, seed=seed) if side == "down" else through(up=RANDOM, seed=seed)
    assert found.longest_freeze_s <= 0.5
    assert found.shown > 0.98
    assert not found.limited


@pytest.mark.parametrize("side", ["down", "up"])
def test_ten_percent_in_bursts_and_the_picture_continues(side: str) -> None:
    found = through(down=BURSTS, seed=3) if side == "down" else through(up=BURSTS, seed=3)
    assert found.longest_freeze_s <= 1.0
    assert found.shown > 0.95
    assert not found.limited
    assert found.resent < 0.2


def test_a_long_way_costs_no_repeated_repairs() -> None:
    found = through(down=replace(RANDOM, delay_s=0.15), seed=5)
    assert found.longest_freeze_s <= 0.9
    assert found.resent < 0.075


@pytest.mark.parametrize("queue_bytes", [20_000, 250_000])
@pytest.mark.parametrize("layered", [True, False])
def test_a_link_that_falls_and_recovers(layered: bool, queue_bytes: int) -> None:
    found = fall(layered=layered, queue_bytes=queue_bytes)
    assert found.gap_s <= SOUND_GAP_S
    assert found.first_stretch_s <= FIRST_STRETCH_S
    assert found.later_stretch_s <= SOUND_GAP_S
    assert found.settled_after_s <= 3.0
    assert found.back_after_s <= 10.0
    if layered:
        assert found.freeze_s <= 0.5
        assert found.publisher_sent == {"q"}


def test_the_screen_is_kept_when_there_is_room_for_one() -> None:
    world = NetworkWorld(7)
    screen = VirtualPublisher(world, "screen", layers=LAYERS_BPS)
    camera = VirtualPublisher(world, "camera", layers=LAYERS_BPS)
    viewer = VirtualViewer(world, videos=2)
    viewer.watch(camera.track("0"), "0", priority=2)
    viewer.watch(screen.track("0"), "1", priority=1)
    viewer.watch(camera.track("1"), "s")
    viewer.peer.bad_weather(down=Conditions(delay_s=0.02, rate_bps=1_100_000), up=Conditions(delay_s=0.02))
    world.advance(15.0)
    seen: list[tuple[str, str]] = []
    for _ in range(30):
        world.advance(0.5)
        layers = {slot.mid: slot.layer for slot in stats_of(world, "viewer").slots}
        seen.append((layers["1"], layers["0"]))
    assert seen.count(("h", "q")) >= 20
    assert ("q", "h") not in seen
    viewer.peer.bad_weather(down=Conditions(delay_s=0.02, rate_bps=NARROW_BPS), up=Conditions(delay_s=0.02))
    world.advance(5.0)
    held: list[tuple[bool, bool]] = []
    for _ in range(20):
        world.advance(0.5)
        slots = {slot.mid: slot.paused for slot in stats_of(world, "viewer").slots}
        held.append((slots["1"], slots["0"]))
    assert held.count((False, True)) >= 14
    assert (True, False) not in held


def test_a_viewer_that_never_reports_costs_nothing_and_sees_all() -> None:
    world = NetworkWorld(8)
    publisher = VirtualPublisher(world)
    silent = VirtualViewer(world, says_nothing=True)
    silent.watch(publisher.track("0"), "0")
    world.advance(20.0)
    downlink = world.plane._peers["viewer"].downlink
    assert len(downlink._reports_sent) <= 64
    assert not world.plane._state.limited
    assert silent.video["0"].shown_between(world.now - 5, world.now) == 125
    assert stats_of(world, "viewer").rtt_ms is None


def test_a_viewer_without_echoes_or_remb_is_held_by_its_loss_reports() -> None:
    world = NetworkWorld(9)
    publisher = VirtualPublisher(world, layers=LAYERS_BPS)
    viewer = VirtualViewer(world, has_remb=False, answers=False)
    viewer.watch(publisher.track("0"), "0")
    viewer.watch(publisher.track("1"), "s")
    world.advance(5.0)
    narrow = Conditions(delay_s=0.02, rate_bps=NARROW_BPS, queue_bytes=30_000)
    viewer.peer.bad_weather(down=narrow, up=Conditions(delay_s=0.02))
    world.advance(20.0)
    shown = viewer.video["0"].shown_between(world.now - 5, world.now)
    assert shown > 60
    assert stats_of(world, "viewer").estimate_bps is not None


def test_who_asks_for_everything_again_gets_a_bounded_part() -> None:
    world = NetworkWorld(10)
    publisher = VirtualPublisher(world)
    greedy = VirtualViewer(world)
    greedy.watch(publisher.track("0"), "0")
    world.advance(2.0)
    ssrc, _ = greedy.peer.local_ssrc()
    received: list[int] = []
    greedy.peer.on_rtp = lambda packet, _size: received.append(packet.seq16) if packet.ssrc == ssrc else None
    for _ in range(500):
        world.advance(0.02)
        greedy.peer.send_rtcp(rtcp.build_nack(1, ssrc, received[-200:] or [1]))
    slot = next(s for s in stats_of(world, "viewer").slots if s.mid == "0")
    assert slot.retransmitted * 1150 < 0.5 * slot.bytes + 210_000
    assert slot.unanswered_nacks > slot.retransmitted


def test_what_is_paused_is_said_once_and_again_when_it_goes_on() -> None:
    world = NetworkWorld(11)
    publisher = VirtualPublisher(world)
    viewer = VirtualViewer(world)
    viewer.watch(publisher.track("0"), "0")
    viewer.watch(publisher.track("1"), "s")
    world.advance(8.0)
    for rate_bps in (NARROW_BPS, 5_000_000):
        viewer.peer.bad_weather(down=Conditions(rate_bps=rate_bps))
        world.advance(10.0)
    said = [w.paused for w in world.heard if isinstance(w, m.SlotMedia) and w.mid == "0"]
    assert said == [True, False]
