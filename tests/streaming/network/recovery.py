"""What a viewer sees and hears over a bad network: the scenarios of `test_recovery` and of the benchmark."""

from dataclasses import dataclass
from typing import Final

from streaming.control import messages as m
from tests.streaming.network.emulator import Conditions
from tests.streaming.network.publisher import LAYERS_BPS, PICTURES_PER_S, VirtualPublisher
from tests.streaming.network.viewer import VirtualViewer
from tests.streaming.network.world import NetworkWorld

SETTLE_S: Final = 8.0
WIDE_BPS: Final = 5_000_000
NARROW_BPS: Final = 300_000
FLUENT: Final = 20
"""Pictures a second."""
ONE_LAYER_BPS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Weather:
    """What a viewer went through. `shown` is the share of the pictures sent; `resent` per packet sent."""

    longest_freeze_s: float
    shown: float
    sound_gap_s: float
    resent: float
    limited: bool


@dataclass(frozen=True, slots=True)
class Fall:
    """A link that fell to NARROW_BPS and recovered.

    `gap_s` is sound that was lost; the stretches are sound that came late, in the first three seconds and
    later. `settled_after_s`: from the fall until the picture goes on (or, with one layer, until the slot is
    said to be paused). `freeze_s`: without a picture while the link is narrow, once settled. `back_after_s`:
    from recovery until the best layer shows.
    """

    gap_s: float
    first_stretch_s: float
    later_stretch_s: float
    settled_after_s: float
    freeze_s: float
    back_after_s: float
    publisher_sent: frozenset[str]


def stats_of(world: NetworkWorld, name: str) -> m.TransportStats:
    """Return the counters of one transport."""
    return next(t for t in world.plane.stats("").transports if t.transport == name)


def through(
    *, down: Conditions | None = None, up: Conditions | None = None, seed: int = 1, seconds: float = 30.0
) -> Weather:
    """Watch one layer through bad weather on the viewer's or the publisher's side."""
    world = NetworkWorld(seed)
    publisher = VirtualPublisher(world, bitrate_bps=ONE_LAYER_BPS)
    viewer = VirtualViewer(world)
    viewer.watch(publisher.track("0"), "0")
    viewer.watch(publisher.track("1"), "s")
    if down is not None:
        viewer.peer.bad_weather(delay_s=down.delay_s)
    if up is not None:
        publisher.peer.bad_weather(delay_s=up.delay_s)
    world.advance(2.0)
    if down is not None:
        viewer.peer.bad_weather(down=down, up=Conditions(delay_s=down.delay_s, loss=down.loss))
    if up is not None:
        publisher.peer.bad_weather(up=up, down=Conditions(delay_s=up.delay_s, loss=up.loss))
    began = world.now
    world.advance(seconds)
    video = viewer.video["0"]
    slot = next(s for s in stats_of(world, "viewer").slots if s.mid == "0")
    return Weather(
        video.longest_freeze_s(began, world.now),
        video.shown_between(began, world.now) / (seconds * PICTURES_PER_S),
        viewer.sound["s"].longest_gap_s(began, world.now),
        slot.retransmitted / slot.packets,
        stats_of(world, "viewer").estimate_bps is not None,
    )


def fall(
    *, layered: bool, queue_bytes: int = 64_000, delay_s: float = 0.025, seed: int = 1, narrow_s: float = 15.0
) -> Fall:
    """Watch while the viewer's link falls to NARROW_BPS, stays so, and comes back."""
    world = NetworkWorld(seed)
    publisher = VirtualPublisher(world, bitrate_bps=ONE_LAYER_BPS, layers=LAYERS_BPS if layered else None)
    viewer = VirtualViewer(world)
    viewer.watch(publisher.track("0"), "0")
    viewer.watch(publisher.track("1"), "s")

    def link(rate_bps: float) -> None:
        down = Conditions(delay_s=delay_s, rate_bps=rate_bps, queue_bytes=queue_bytes)
        viewer.peer.bad_weather(down=down, up=Conditions(delay_s=delay_s))

    link(WIDE_BPS)
    world.advance(SETTLE_S)
    video, sound = viewer.video["0"], viewer.sound["s"]
    link(NARROW_BPS)
    fell_at, words = world.now, len(world.heard)
    paused_at: float | None = None
    while world.now < fell_at + narrow_s:
        world.advance(0.1)
        if paused_at is None and any(isinstance(w, m.SlotMedia) and w.paused for w in world.heard[words:]):
            paused_at = world.now
    sent = frozenset(rid for rid, camera in publisher.cameras.items() if not camera.stopped)
    link(WIDE_BPS)
    back_at = world.now
    world.advance(12.0)
    if layered:
        later = (at for at in video.shown_at if at > fell_at + 1.0)
        settled = next((at for at in later if video.shown_between(at, at + 1.0) >= FLUENT), back_at)
    else:
        settled = back_at if paused_at is None else paused_at
    best = LAYERS_BPS["f"] if layered else ONE_LAYER_BPS
    return Fall(
        gap_s=sound.longest_gap_s(fell_at, world.now),
        first_stretch_s=sound.longest_stretch_s(fell_at, fell_at + 3.0),
        later_stretch_s=sound.longest_stretch_s(fell_at + 3.0, world.now),
        settled_after_s=settled - fell_at,
        freeze_s=video.longest_freeze_s(settled, back_at),
        back_after_s=video.first_at_bitrate(0.9 * best, back_at) - back_at,
        publisher_sent=sent,
    )
