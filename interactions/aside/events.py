"""What happens to the recording by the presenter's word."""

from typing import ClassVar

from lectern.timeline.event import Event


class AsideBegan(Event, frozen=True, kw_only=True):
    """What follows is not for the replay."""

    TYPE: ClassVar[str] = "aside_began"


class AsideEnded(Event, frozen=True, kw_only=True):
    """What follows is for the replay again."""

    TYPE: ClassVar[str] = "aside_ended"
