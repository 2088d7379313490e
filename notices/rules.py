"""When an organisation reminds. Pure."""

from typing import Final

import msgspec

MOST_REMINDERS: Final = 6
LONGEST_MINUTES: Final = 43_200
"""Thirty days."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Minutes before the start and after the end at which to remind, in the order of time.

    The reminder nearest to the start asks people to check in.
    """

    before_minutes: tuple[int, ...] = (1440, 15)
    after_minutes: tuple[int, ...] = (0, 1440)
    invite: bool = True

    def ordered(self) -> "Rules":
        """Return the same without repetitions, in order."""
        return Rules(
            before_minutes=tuple(sorted(set(self.before_minutes), reverse=True)),
            after_minutes=tuple(sorted(set(self.after_minutes))),
            invite=self.invite,
        )
