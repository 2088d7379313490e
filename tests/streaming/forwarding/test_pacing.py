"""A slot on a narrow link: bursts are spread, numbers continuous, repairs come out of the same allowance."""

from streaming.forwarding.slot_states import SlotState
from streaming.rtp import rtcp
from streaming.rtp.packet import RtpPacket
from tests.streaming.forwarding.world import DELTA, KEY, MORE, VirtualPeer, World, camera, slot

PACE_BPS = 832_000
"""One packet of 1,000 bytes and its headers per tick."""
BURST = 40
BODY = bytes(1000)


def scene() -> tuple[World, VirtualPeer, VirtualPeer]:
    """A viewer that is level with its publisher."""
    world = World()
    presenter, viewer = world.join("presenter", camera()), world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 5)
    return world, presenter, viewer


def media(viewer: VirtualPeer) -> list[RtpPacket]:
    """What came on the media stream."""
    ssrc, _ = viewer.local_ssrc()
    return [p for p in viewer.received if p.ssrc == ssrc]


def burst(presenter: VirtualPeer, first: int) -> None:
    """A large picture, all its packets at once."""
    for i in range(BURST):
        presenter.send(first + i, first * 3600, (KEY if i == 0 else MORE) + BODY)


def test_a_burst_is_spread_and_what_comes_later_waits_its_turn() -> None:
    world, presenter, viewer = scene()
    fed = world.plane._peers["viewer"].slots["0"]
    fed.pace(PACE_BPS, world.now)
    assert fed.state is SlotState.CATCHING_UP
    before = len(media(viewer))
    burst(presenter, 6)
    presenter.send(6 + BURST, 7 * 3600, DELTA)
    assert len(media(viewer)) - before <= 1
    counts = []
    while len(media(viewer)) < before + BURST + 1:
        had = len(media(viewer))
        world.advance(0.01)
        counts.append(len(media(viewer)) - had)
        assert len(counts) < 100
    assert max(counts) <= 2
    assert BURST * 0.9 <= len(counts) <= BURST * 1.2
    numbers = [p.seq16 for p in media(viewer)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_without_pace_it_is_live_again() -> None:
    world, presenter, viewer = scene()
    fed = world.plane._peers["viewer"].slots["0"]
    fed.pace(PACE_BPS, world.now)
    burst(presenter, 6)
    world.advance(0.1)
    fed.pace(None, world.now)
    world.advance(0.1)
    assert fed.state is SlotState.LIVE
    before = len(media(viewer))
    burst(presenter, 6 + BURST)
    assert len(media(viewer)) == before + BURST


def test_repairs_slow_down_what_is_new_and_are_refused_beyond() -> None:
    world, presenter, viewer = scene()
    fed = world.plane._peers["viewer"].slots["0"]
    burst(presenter, 6)
    fed.pace(PACE_BPS, world.now)
    ssrc, rtx_ssrc = viewer.local_ssrc()
    lost = [p.seq16 for p in media(viewer)][-BURST:]
    viewer.send_rtcp(rtcp.build_nack(1, ssrc, lost))
    again = [p for p in viewer.received if p.ssrc == rtx_ssrc]
    assert 0 < len(again) < BURST / 2
    before = len(media(viewer))
    presenter.send(6 + BURST, 8 * 3600, DELTA)
    world.advance(0.05)
    assert len(media(viewer)) == before
    world.advance(0.3)
    assert len(media(viewer)) == before + 1
