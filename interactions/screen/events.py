"""What happens to a screen."""

from typing import ClassVar

from lectern.timeline.event import Event


class ScreenHeadsSet(Event, frozen=True, kw_only=True):
    """The host counted `extra` heads before a screen besides those who scanned its code."""

    TYPE: ClassVar[str] = "screen_heads_set"
    screen: str
    extra: int
