"""What a correction asks of whoever keeps the attendance, in its transaction."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StandingChanges:
    """After the lesson, staff changes how somebody stands in a round: refused once attendance is closed."""
