"""What becomes of one message on one channel, as a table. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from lectern.kernel.errors import Conflict


class State(StrEnum):
    """Where a message stands on its channel."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class Turn(StrEnum):
    """What happens to it."""

    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNWANTED = "unwanted"
    EXPIRED = "expired"
    RETRIED = "retried"


TRANSITIONS: Mapping[State, Mapping[Turn, State]] = MappingProxyType(
    {
        State.WAITING: {
            Turn.CLAIMED: State.SENDING,
            Turn.UNWANTED: State.DROPPED,
            Turn.EXPIRED: State.FAILED,
            Turn.RETRIED: State.WAITING,
        },
        # Claimed again: whoever had it fell silent. It may have been sent; its Message-ID stays the same.
        State.SENDING: {
            Turn.CLAIMED: State.SENDING,
            Turn.ACCEPTED: State.SENT,
            Turn.DEFERRED: State.WAITING,
            Turn.REFUSED: State.FAILED,
            Turn.UNWANTED: State.DROPPED,
            Turn.EXPIRED: State.FAILED,
        },
        State.SENT: {},
        State.FAILED: {Turn.RETRIED: State.WAITING},
        State.DROPPED: {Turn.RETRIED: State.WAITING},
    }
)
"""An administrator may try again what failed or was dropped, and hurry what waits; sent stays sent."""

OPEN = frozenset({State.WAITING, State.SENDING})


def after(state: State, turn: Turn) -> State:
    """Return the state that follows.

    Raises:
        Conflict: this cannot happen to a message in this state (`notice_state_wrong`).
    """
    following = TRANSITIONS[state].get(turn)
    if following is None:
        raise Conflict(
            "notice_state_wrong", "This message is not in a state in which that can be done.", state=state
        )
    return following
