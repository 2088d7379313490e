"""What happens to a hand."""

from typing import ClassVar

from lectern.timeline.event import Event


class HandRaised(Event, frozen=True, kw_only=True):
    """`participant` wants to speak."""

    TYPE: ClassVar[str] = "hand_raised"
    participant: str


class HandGranted(Event, frozen=True, kw_only=True):
    """`participant` may send the microphone to the room until the hand is lowered."""

    TYPE: ClassVar[str] = "hand_granted"
    participant: str


class HandLowered(Event, frozen=True, kw_only=True):
    """The hand is down, by its owner or by staff; a granted microphone ends with it."""

    TYPE: ClassVar[str] = "hand_lowered"
    participant: str
