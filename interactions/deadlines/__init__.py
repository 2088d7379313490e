"""What closes by itself when its time is up: check-in rounds, polls and breakout groups.

When something is due stands in a table that is written with the timeline, so a process that starts picks up
what another left. Whoever comes first closes it; the session's lock makes that happen once.
"""

from interactions.deadlines.book import DeadlineBook
from interactions.deadlines.clockwork import Deadlines

__all__ = ["DeadlineBook", "Deadlines"]
