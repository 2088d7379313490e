"""What a lesson asks of somebody before they count as present: a rule that staff set. Pure."""

from dataclasses import dataclass
from typing import Any

MOST_MINUTES = 72 * 60
MOST_CHECKINS = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """Everything that turns evidence into a verdict; kept beside every verdict, so that it can be recomputed.

    `planned_minutes` (1..4320, None: unknown) is how long the lesson should last. Percentages are of the
    shorter of plan and lesson: who stays to the end of a lesson that ends early has missed nothing, and
    nobody owes more than the plan.
    """

    present_percent: int = 85
    """Share of the time that somebody has to be there, 0..100."""
    planned_minutes: int | None = None
    tolerance_minutes: int = 2
    """What may be missing of that time: a late arrival, a connection that broke."""
    least_minutes: int = 5
    """Who was there for less, and answered no check-in, is absent rather than partly present."""
    checkins: int = 2
    """In how many check-in rounds somebody has to be counted; in all of them if there were fewer."""
    make_up_counts: bool = True
    """Whether a made-up check-in counts like one that was answered in time."""
    replay_counts: bool = False
    """Whether what was missed and watched in the replay counts as time."""
    away_counts: bool = False
    """Whether time counts in which the page was hidden and silent."""

    @property
    def problem(self) -> str | None:
        """The name of the first field that is out of its range, or None."""
        ranges = {
            "present_percent": (0, 100),
            "planned_minutes": (1, MOST_MINUTES),
            "tolerance_minutes": (0, MOST_MINUTES),
            "least_minutes": (0, MOST_MINUTES),
            "checkins": (0, MOST_CHECKINS),
        }
        for name, (least, most) in ranges.items():
            value: Any = getattr(self, name)
            if value is not None and not least <= value <= most:
                return name
        return None


def needed_rounds(rule: Rule, rounds: int) -> int:
    """Return in how many of `rounds` check-ins somebody has to be counted."""
    return min(rule.checkins, rounds)
