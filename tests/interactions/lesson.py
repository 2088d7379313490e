"""A lesson to play with: every idea of the class, a full cast, already live unless told otherwise."""

import pytest

from interactions.registry import COMMANDS, IDEAS
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import LecternError
from lectern.timeline.event import NewEvent, SessionEnded, SessionStarted
from lectern.timeline.idea import Registry
from tests.class_proof import Proof, everybody

REGISTRY = Registry.of(IDEAS, COMMANDS)


def waiting_lesson() -> Proof:
    """Return a lesson whose people are in the waiting room."""
    proof = Proof(REGISTRY)
    everybody(proof)
    return proof


def live_lesson() -> Proof:
    """Return a lesson that has begun."""
    proof = waiting_lesson()
    proof.append(NewEvent(payload=SessionStarted(), actor="p"))
    return proof


def end(proof: Proof) -> None:
    """End the lesson."""
    proof.append(NewEvent(payload=SessionEnded(), actor="p"))


def wait(proof: Proof, seconds: float) -> None:
    """Let time pass."""
    proof.now = UtcMs(proof.now + int(seconds * 1_000))


def refused(proof: Proof, code: str, who: str, command_type: str, /, **data: object) -> LecternError:
    """Give a command that must be refused with `code`."""
    with pytest.raises(LecternError) as caught:
        proof.command(who, command_type, **data)
    assert caught.value.code == code
    return caught.value
