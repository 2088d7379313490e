"""Who gets how much of a subscriber's downlink. Pure: a budget and wishes in, a choice per wish out.

Sound comes first and is never refused. Then every video, in order of priority, gets its smallest layer if
that fits; what is left raises them in the same order. What does not fit is paused: a still picture that says
so is better than one that freezes at random. A video keeps what it has a little longer than it would be given
it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SOUND: Final = 0
"""Priority of what is never refused."""
RESERVE: Final = 0.08
"""Of the budget, for retransmissions and for pictures that are larger than usual."""
KEEPING: Final = 1.05
"""What flows may exceed the budget by so much before it is lowered."""
RAISING: Final = 0.92
"""What would flow anew must leave so much room."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One slot. `options` are bits per second with headers, one per layer, ascending; `current` is an index.

    Priority as in `Route`: a higher number suffers first. `current` None: nothing flows.
    """

    key: str
    priority: int
    options: tuple[int, ...]
    current: int | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """`choices` {key: index into options, None: paused}; `total_bps` of them.

    `next_bps` is the budget at which something could be raised, None when everybody has the best.
    """

    choices: dict[str, int | None]
    total_bps: int
    next_bps: int | None


def allocate(budget_bps: float, wishes: Sequence[Wish]) -> Allocation:
    """Divide `budget_bps` (infinite: there is no limit)."""
    ordered = sorted(wishes, key=lambda wish: wish.priority)
    videos = [wish for wish in ordered if wish.priority != SOUND and wish.options]
    choices: dict[str, int | None] = {
        wish.key: 0 if wish.options and wish.priority == SOUND else None for wish in ordered
    }
    total = sum(wish.options[0] for wish in ordered if wish.priority == SOUND and wish.options)
    usable = budget_bps * (1 - RESERVE)

    def fits(wish: Wish, index: int, total_then: int) -> bool:
        is_raise = wish.current is None or index > wish.current
        return total_then <= usable * (RAISING if is_raise else KEEPING)

    for wish in videos:
        if fits(wish, 0, total + wish.options[0]):
            choices[wish.key] = 0
            total += wish.options[0]
    for wish in videos:
        now = choices[wish.key]
        if now is None:
            continue
        for index in range(len(wish.options) - 1, now, -1):
            then = total - wish.options[now] + wish.options[index]
            if fits(wish, index, then):
                choices[wish.key] = index
                total = then
                break
    return Allocation(choices, total, _next(videos, choices, total))


def _next(videos: list[Wish], choices: dict[str, int | None], total: int) -> int | None:
    """Those who see nothing first, then the most important that has not the best."""
    paused = [wish for wish in videos if choices[wish.key] is None]
    for wish in paused or videos:
        now = choices[wish.key]
        index = 0 if now is None else now + 1
        if index < len(wish.options):
            has = 0 if now is None else wish.options[now]
            needed = total - has + max(wish.options[index], has)
            return int(needed / (1 - RESERVE) / RAISING) + 1
    return None
