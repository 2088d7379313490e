"""Deciding about reactions, one command at a time or many in one event. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from interactions.lesson.idea import refuse_lapsed, require_live
from interactions.reaction.events import Reacted, ReactionsCounted
from interactions.reaction.idea import REACTION, Reactions, key_of
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import LecternError, Overloaded
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import ANYONE, Actor, Call, ClassState, Command, Decision

INTERVAL_MS = 1_000
"""Between two events of a session."""
MOST_PER_INTERVAL = 10
"""Of one participant. A client that gathers taps for a second stays below it."""

Kind = Literal["like", "heart", "clap", "laugh", "wow"]
Count = Annotated[int, msgspec.Meta(ge=1, le=MOST_PER_INTERVAL)]


class React(msgspec.Struct, frozen=True, kw_only=True):
    """Send reactions, gathered by the client: how many of each kind."""

    counts: Annotated[dict[Kind, Count], msgspec.Meta(min_length=1)]

    @property
    def by_kind(self) -> dict[str, int]:
        """The counts by the kind's plain name."""
        return {str(kind): n for kind, n in self.counts.items()}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command that waits for the next event."""

    actor: Actor
    command_id: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Round:
    """What becomes of the commands that wait: one event for all of them (None: nothing new), and refusals.

    A command without a refusal is counted by the event, or was by an earlier one.
    """

    event: NewEvent | None
    refused: dict[int, LecternError]


def wait_ms(reactions: Reactions, now: UtcMs) -> int:
    """Return how long the next event has to wait; never longer than the interval, whatever clocks do."""
    if reactions.last_utc_ms is None:
        return 0
    return min(INTERVAL_MS, max(0, reactions.last_utc_ms + INTERVAL_MS - now))


def count(state: ClassState, waiting: Sequence[Waiting]) -> Round:
    """Put what waits into one event: each command once, and of each participant no more than the limit."""
    reactions, refused = state.of(REACTION), dict[int, LecternError]()
    sent: Counter[str] = Counter()
    people: dict[tuple[str, str], Reacted] = {}
    for at, command in enumerate(waiting):
        who, key = command.actor.participant_id, key_of(command.command_id)
        try:
            if reactions.knows(who, key) or (who, key) in people:
                continue
            require_live(state)
            refuse_lapsed(state, command.actor)
            if sent[who] + sum(command.counts.values()) > MOST_PER_INTERVAL:
                raise _too_fast(INTERVAL_MS)
        except LecternError as refusal:
            refused[at] = refusal
            continue
        sent[who] += sum(command.counts.values())
        people[who, key] = Reacted(participant=who, key=key, counts=command.counts)
    if not people:
        return Round(None, refused)
    return Round(NewEvent(payload=ReactionsCounted(people=tuple(people.values()))), refused)


def react(state: ClassState, call: Call, data: React) -> Decision:
    """Count one command by itself, if the last event is long enough ago (`gatherer` waits instead).

    Raises:
        Overloaded: too many at once, or too soon after the last event (`too_fast`).
    """
    require_live(state)
    left_ms = wait_ms(state.of(REACTION), call.now)
    if left_ms > 0:
        raise _too_fast(left_ms)
    decided = count(state, [Waiting(call.actor, call.new_id(), data.by_kind)])
    for refusal in decided.refused.values():
        raise refusal
    return Decision(() if decided.event is None else (decided.event,))


def _too_fast(retry_after_ms: int) -> Overloaded:
    return Overloaded(
        "too_fast", "Too much at once. Please wait a moment.", retry_after_s=round(retry_after_ms / 1_000, 3)
    )


COMMANDS = (Command("react", React, ANYONE, react),)
