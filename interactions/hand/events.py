"""What happens to a hand."""

from typing import ClassVar

from lectern.timeline.event import Event


class HandRaised(Event, frozen=True, kw_only=True):
    """`participant` wants to speak."""

    TYPE: ClassVar[str] = "hand_raised"
    participant: str


class HandGranted(Event, frozen=True, kw_only=True):
    """`participant` is on stage: may send the microphone, and the camera too, until the hand is lowered."""

    TYPE: ClassVar[str] = "hand_granted"
    participant: str
    camera: bool = False


class HandLowered(Event, frozen=True, kw_only=True):
    """The hand is down, by its owner or by staff; a place on stage ends with it."""

    TYPE: ClassVar[str] = "hand_lowered"
    participant: str
