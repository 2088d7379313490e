"""What a viewer sees and hears over bad networks, in virtual time; prints its figures.

Real STUN, DTLS and SRTP run through the forwarding plane; only the network, the clock, the encoder and the
player are virtual. The same seeds give the same figures on every machine.
"""

from collections.abc import Iterator
from typing import Final

from loadtests.figures import Figure, arguments, machine, report
from tests.streaming.network.emulator import Conditions
from tests.streaming.network.recovery import Fall, Weather, fall, through

SEEDS: Final = (1, 2, 3)
RANDOM: Final = Conditions(delay_s=0.05, loss=0.05)
BURSTS: Final = Conditions(delay_s=0.05, loss=0.1, burst=4)
QUEUES: Final = (20_000, 64_000, 250_000)


def weather(name: str, conditions: Conditions, goal_ms: float | None) -> Iterator[Figure]:
    """The worst of all seeds, on the viewer's side and on the publisher's."""
    for side in ("viewer", "publisher"):
        found: list[Weather] = [
            through(down=conditions, seed=seed) if side == "viewer" else through(up=conditions, seed=seed)
            for seed in SEEDS
        ]
        place = f"{name}, {side}'s side"
        yield Figure(f"{place}: longest freeze", 1000 * max(w.longest_freeze_s for w in found), "ms", goal_ms)
        yield Figure(f"{place}: pictures shown, least", 100 * min(w.shown for w in found), "%")
        if side == "viewer":
            yield Figure(f"{place}: packets sent again", 100 * max(w.resent for w in found), "%")


def falls(name: str, *, layered: bool) -> Iterator[Figure]:
    """The worst of all seeds and queues."""
    found: list[Fall] = [
        fall(layered=layered, queue_bytes=queue_bytes, seed=seed) for queue_bytes in QUEUES for seed in SEEDS
    ]
    yield Figure(f"{name}: most sound lost in one piece", 1000 * max(f.gap_s for f in found), "ms", 60)
    early = 1000 * max(f.first_stretch_s for f in found)
    yield Figure(f"{name}: longest stretch of late sound, first 3 s", early, "ms")
    later = 1000 * max(f.later_stretch_s for f in found)
    yield Figure(f"{name}: longest stretch of late sound, later", later, "ms", 60)
    what = "picture goes on" if layered else "video is paused and said to be"
    yield Figure(f"{name}: {what} after", max(f.settled_after_s for f in found), "s", 3)
    if layered:
        freeze = 1000 * max(f.freeze_s for f in found)
        yield Figure(f"{name}: longest freeze while narrow", freeze, "ms", 500)
    yield Figure(f"{name}: best picture is back after", max(f.back_after_s for f in found), "s", 10)


def main() -> None:
    """Run it."""
    options = arguments(__doc__ or "")
    about = machine()
    figures = [
        *weather("5 % random loss, 100 ms", RANDOM, 500),
        *weather("10 % loss in bursts, 100 ms", BURSTS, 1000),
        *falls("300 kbps, three layers", layered=True),
        *falls("300 kbps, one layer", layered=False),
    ]
    print(report("recovery", about, figures, options.json))


if __name__ == "__main__":
    main()
