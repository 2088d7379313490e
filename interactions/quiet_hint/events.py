"""What happens to the hint."""

from typing import ClassVar

from lectern.kernel.clock import UtcMs
from lectern.timeline.event import Event


class HintSnoozed(Event, frozen=True, kw_only=True):
    """Staff do not want the hint before `until_utc_ms`; null: not again in this lesson."""

    TYPE: ClassVar[str] = "hint_snoozed"
    until_utc_ms: UtcMs | None
