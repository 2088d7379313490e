"""Hands as a slice of class state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from interactions.hand.events import HandGranted, HandLowered, HandRaised
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import Event, ParticipantRemoved, SessionEnded, TimelineEvent
from lectern.timeline.idea import Audience, ClassState, Entity, Texts, Touch


class State(StrEnum):
    """Where a hand is."""

    DOWN = "down"
    RAISED = "raised"
    GRANTED = "granted"


TRANSITIONS: Mapping[State, Mapping[type[Event], State]] = MappingProxyType(
    {
        State.DOWN: {HandRaised: State.RAISED},
        State.RAISED: {HandGranted: State.GRANTED, HandLowered: State.DOWN},
        State.GRANTED: {HandLowered: State.DOWN},
    }
)


@dataclass(slots=True)
class Hand:
    """A hand that is up."""

    raised_utc_ms: UtcMs
    state: State = State.RAISED


@dataclass(slots=True)
class Hands:
    """Hands that are up, in the order in which they went up; those that the last event took down."""

    up: dict[str, Hand] = field(default_factory=dict)
    just_lowered: tuple[str, ...] = ()

    def state_of(self, participant_id: str) -> State:
        """Return where the hand of `participant_id` is."""
        hand = self.up.get(participant_id)
        return State.DOWN if hand is None else hand.state


class HandIdea:
    """Folds and draws hands."""

    name = "hand"
    events: tuple[type[Event], ...] = (HandRaised, HandGranted, HandLowered, ParticipantRemoved, SessionEnded)
    paths: tuple[str, ...] = ("hand",)

    def empty(self) -> Hands:
        """See `Idea`."""
        return Hands()

    def apply(self, slice_: Hands, event: TimelineEvent) -> None:
        """See `Idea`."""
        match event.payload:
            case HandRaised(participant=who):
                slice_.up[who] = Hand(event.utc_ms)
            case HandGranted(participant=who):
                slice_.up[who].state = State.GRANTED
            case HandLowered(participant=who) | ParticipantRemoved(participant=who):
                slice_.just_lowered = (who,) if slice_.up.pop(who, None) else ()
            case SessionEnded():
                slice_.just_lowered = tuple(slice_.up)
                slice_.up.clear()

    def touched(self, slice_: Hands, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        match event.payload:
            case HandRaised(participant=who) | HandGranted(participant=who):
                yield Touch(f"hand/{who}")
            case HandLowered() | ParticipantRemoved() | SessionEnded():
                yield from (Touch(f"hand/{who}") for who in slice_.just_lowered)

    def entities(self, slice_: Hands) -> Iterable[Touch]:
        """See `Idea`."""
        return (Touch(f"hand/{who}") for who in slice_.up)

    def render(self, slice_: Hands, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        who = touch.path.rpartition("/")[2]
        hand = slice_.up.get(who)
        if hand is None:
            return None
        granted = hand.state is State.GRANTED
        return {"participant": who, "raised_utc_ms": hand.raised_utc_ms, "granted": granted}


HAND = HandIdea()


def may_speak(state: ClassState, participant_id: str) -> bool:
    """Tell whether staff granted `participant_id` the microphone (signaling asks this)."""
    return state.of(HAND).state_of(participant_id) is State.GRANTED
