"""When a required medium has to be watched, and when who has not is reminded. Pure.

A reminder that lies before the moment at which the deadline was set is never sent: people were not late for
what nobody had asked. Of several that are due at once (a server was off) only the last is sent.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Rejected

DAY_MS: Final = 86_400_000
Reminder = Literal["3d", "1d", "over"]
BEFORE_MS: Final[dict[Reminder, int]] = {"3d": 3 * DAY_MS, "1d": DAY_MS, "over": 0}
LATE_MS: Final = 2 * DAY_MS
"""A reminder that could not be sent for so long is not sent any more."""
FARTHEST_MS: Final = 5 * 365 * DAY_MS


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when it is to be watched, since when that is known, and which reminders are behind us."""

    due_utc_ms: int
    set_utc_ms: int
    told: tuple[Reminder, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be sent now (None: nothing), and what is behind us then."""

    say: Reminder | None
    told: tuple[Reminder, ...]


def step(deadline: Deadline, now: UtcMs) -> Step:
    """Return what to do at `now`."""
    passed = [name for name in BEFORE_MS if _at(deadline, name) <= now]
    fresh = [
        name
        for name in passed
        if name not in deadline.told
        and _at(deadline, name) > deadline.set_utc_ms
        and now - _at(deadline, name) < LATE_MS
    ]
    return Step(fresh[-1] if fresh else None, tuple(passed))


def next_utc_ms(deadline: Deadline) -> int | None:
    """Return when to look again; None when everything is behind us."""
    return min((_at(deadline, name) for name in BEFORE_MS if name not in deadline.told), default=None)


def moved(before: Deadline | None, due_utc_ms: int | None, now: UtcMs) -> Deadline | None:
    """Take in what an editor says; the same moment again changes nothing.

    Raises:
        Rejected: it is over already, or years away (`deadline_wrong`).
    """
    if due_utc_ms is None:
        return None
    if before is not None and before.due_utc_ms == due_utc_ms:
        return before
    if not now < due_utc_ms <= now + FARTHEST_MS:
        raise Rejected("deadline_wrong", "Choose a moment that is still to come.")
    return Deadline(due_utc_ms, now)


def told_text(told: Collection[Reminder]) -> str:
    """Return reminders as they are stored."""
    return ",".join(told)


def told_of(text: str) -> tuple[Reminder, ...]:
    """Return what `told_text` wrote; names of a later release are left out."""
    return tuple(name for name in BEFORE_MS if name in text.split(","))


def _at(deadline: Deadline, name: Reminder) -> int:
    return deadline.due_utc_ms - BEFORE_MS[name]
