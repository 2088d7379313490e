"""Hands as a slice of class state: who wants to go on stage, who is there, and whether there is a place."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from interactions.hand.events import HandGranted, HandLowered, HandRaised
from interactions.lesson.idea import LESSON, standing_of
from lectern.kernel.clock import SessionMs, UtcMs
from lectern.kernel.roles import SessionRole
from lectern.kernel.stage import on_stage
from lectern.timeline.event import (
    Event,
    ParticipantRemoved,
    SessionEnded,
    TimelineEvent,
    TrackPublished,
    TrackUnpublished,
)
from lectern.timeline.idea import STAFF_ONLY, Audience, ClassState, Entity, Texts, Touch


class State(StrEnum):
    """Where a hand is."""

    DOWN = "down"
    RAISED = "raised"
    GRANTED = "granted"


TRANSITIONS: Mapping[State, Mapping[type[Event], State]] = MappingProxyType(
    {
        State.DOWN: {HandRaised: State.RAISED, HandGranted: State.GRANTED},
        State.RAISED: {HandGranted: State.GRANTED, HandLowered: State.DOWN},
        State.GRANTED: {HandGranted: State.GRANTED, HandLowered: State.DOWN},
    }
)
"""Staff may invite somebody whose hand is down, and change what somebody on stage may send."""


@dataclass(slots=True)
class Hand:
    """A hand that is up. `camera`: its owner may send the camera as well.

    `granted_utc_ms`, `granted_ms`: when its owner came on stage, by the wall and on the session's clock.
    """

    raised_utc_ms: UtcMs
    state: State = State.RAISED
    camera: bool = False
    granted_utc_ms: UtcMs | None = None
    granted_ms: SessionMs | None = None


@dataclass(slots=True)
class Hands:
    """Hands that are up, in the order in which they went up; those that the last event took down.

    `publishing` maps the tracks that there are to their publishers. `stage_ms` is how long each learner has
    been on stage, `turns` how often, without the time that still runs.
    """

    up: dict[str, Hand] = field(default_factory=dict)
    just_lowered: tuple[str, ...] = ()
    publishing: dict[str, str] = field(default_factory=dict)
    stage_ms: Counter[str] = field(default_factory=Counter)
    turns: Counter[str] = field(default_factory=Counter)

    def state_of(self, participant_id: str) -> State:
        """Return where the hand of `participant_id` is."""
        hand = self.up.get(participant_id)
        return State.DOWN if hand is None else hand.state


class HandIdea:
    """Folds and draws hands."""

    name = "hand"
    events: tuple[type[Event], ...] = (
        HandRaised,
        HandGranted,
        HandLowered,
        ParticipantRemoved,
        SessionEnded,
        TrackPublished,
        TrackUnpublished,
    )
    paths: tuple[str, ...] = ("hand", "stage_time")

    def empty(self) -> Hands:
        """See `Idea`."""
        return Hands()

    def apply(self, slice_: Hands, event: TimelineEvent) -> None:
        """See `Idea`."""
        match event.payload:
            case HandRaised(participant=who):
                slice_.up[who] = Hand(event.utc_ms)
            case HandGranted(participant=who, camera=camera):
                hand = slice_.up.setdefault(who, Hand(event.utc_ms))
                if hand.state is not State.GRANTED:
                    hand.granted_utc_ms, hand.granted_ms = event.utc_ms, event.session_ms
                    slice_.turns[who] += 1
                hand.state, hand.camera = State.GRANTED, camera
            case HandLowered(participant=who) | ParticipantRemoved(participant=who):
                slice_.just_lowered = (who,) if who in slice_.up else ()
                _take_down(slice_, event.session_ms)
            case SessionEnded():
                slice_.just_lowered = tuple(slice_.up)
                _take_down(slice_, event.session_ms)
                slice_.publishing.clear()
            case TrackPublished(track=track, participant=who):
                slice_.publishing[track] = who
            case TrackUnpublished(track=track):
                slice_.publishing.pop(track, None)

    def touched(self, slice_: Hands, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        match event.payload:
            case HandRaised(participant=who):
                yield Touch(f"hand/{who}")
            case HandGranted(participant=who):
                yield Touch(f"hand/{who}")
                yield Touch(f"stage_time/{who}", STAFF_ONLY)
            case HandLowered() | ParticipantRemoved() | SessionEnded():
                for who in slice_.just_lowered:
                    yield Touch(f"hand/{who}")
                    if who in slice_.turns:
                        yield Touch(f"stage_time/{who}", STAFF_ONLY)

    def entities(self, slice_: Hands) -> Iterable[Touch]:
        """See `Idea`."""
        yield from (Touch(f"hand/{who}") for who in slice_.up)
        yield from (Touch(f"stage_time/{who}", STAFF_ONLY) for who in slice_.turns)

    def render(self, slice_: Hands, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        kind, _, who = touch.path.rpartition("/")
        hand = slice_.up.get(who)
        if kind == "stage_time":
            return {
                "participant": who,
                "turns": slice_.turns[who],
                "total_ms": slice_.stage_ms[who],
                "since_utc_ms": hand.granted_utc_ms if hand is not None else None,
            }
        if hand is None:
            return None
        granted = hand.state is State.GRANTED
        return {
            "participant": who,
            "raised_utc_ms": hand.raised_utc_ms,
            "granted": granted,
            "camera": granted and hand.camera,
            "granted_utc_ms": hand.granted_utc_ms,
        }


def _take_down(hands: Hands, now: SessionMs) -> None:
    for who in hands.just_lowered:
        hand = hands.up.pop(who)
        if hand.granted_ms is not None:
            hands.stage_ms[who] += now - hand.granted_ms


HAND = HandIdea()


def may_speak(state: ClassState, participant_id: str) -> bool:
    """Tell whether staff granted `participant_id` the microphone (signaling asks this)."""
    return state.of(HAND).state_of(participant_id) is State.GRANTED


def invited(state: ClassState) -> dict[str, bool]:
    """Everybody whom staff let on stage, in the order of their hands: whether the camera is theirs too."""
    up = state.of(HAND).up
    return {who: hand.camera for who, hand in up.items() if hand.state is State.GRANTED}


def places_taken(state: ClassState) -> tuple[str, ...]:
    """Everybody who holds a place on stage (`lectern.kernel.stage`)."""
    roles = state.of(LESSON).roles
    presenters = (who for who, role in roles.items() if role == SessionRole.PRESENTER)
    publishing = (who for who in state.of(HAND).publishing.values() if standing_of(state, who).is_staff())
    return on_stage(presenters, invited(state), publishing)
