"""When somebody who waits for jobs looks for one: by the clock, or because he was called.

A call is a hint. The row of the job is the truth: whoever is called looks, and may find nothing; a call that
is lost costs the time until the next look by the clock, never a job.
"""

import asyncio
from collections.abc import Collection
from typing import Protocol


class Call(Protocol):
    """Says that there is, or was, a job to claim. One of those who wait is called for each job."""

    async def answered(self) -> None:
        """The look was made. Without this, somebody else is called when this process is gone."""


class Calls(Protocol):
    """How those who make jobs due reach those who wait for them."""

    @property
    def hears(self) -> bool:
        """Whether calls come, so that looks by the clock may be rare."""

    def ring(self, kind: str) -> None:
        """Call one who waits for jobs of this kind. Neither blocks nor raises."""

    async def wait(self, kinds: Collection[str], most_s: float | None = None) -> Call | None:
        """Wait for a call about one of these kinds; None: it is time to look anyhow, after `most_s` at the
        latest."""


class Looks:
    """`Calls` without any: everybody looks every `look_s` seconds."""

    hears = False

    def __init__(self, look_s: float) -> None:
        self._look_s = look_s

    def ring(self, kind: str) -> None:
        """See `Calls`: nobody hears it."""

    async def wait(self, kinds: Collection[str], most_s: float | None = None) -> Call | None:
        """See `Calls`."""
        await asyncio.sleep(self._look_s if most_s is None else min(self._look_s, most_s))
        return None
