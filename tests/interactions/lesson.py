"""A lesson to play with: every idea of the class, a full cast, already live unless told otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from interactions.ballots.orders import Ballot, CastBallot, CountBallots, ballot_elsewhere, counted
from interactions.checkin.orders import StandingChanges
from interactions.notes.clerk import kept
from interactions.notes.orders import KeepNotes
from interactions.registry import COMMANDS, IDEAS
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import LecternError
from lectern.timeline.event import NewEvent, SessionEnded, SessionStarted
from lectern.timeline.idea import Registry
from tests.class_proof import Proof, everybody

REGISTRY = Registry.of(IDEAS, COMMANDS)


@dataclass(slots=True)
class BoxInMemory:
    """The ballot box of a lesson without a database; does what `BallotClerk` does (test_ballots.py)."""

    ballots: dict[str, dict[str, Ballot]] = field(default_factory=dict)

    def cast(self, _proof: Proof, order: CastBallot) -> Sequence[NewEvent]:
        """Put a ballot in, or refuse it."""
        box = self.ballots.setdefault(order.poll, {})
        if (order.secret in box) is order.first:
            raise ballot_elsewhere()
        box[order.secret] = Ballot(order.picks, order.text, order.right)
        return ()

    def count(self, proof: Proof, order: CountBallots) -> Sequence[NewEvent]:
        """Open the box, and destroy what was in it."""
        return (counted(order, list(self.ballots.pop(order.poll, {}).values()), proof.new_id),)


def keep_notes(proof: Proof, order: KeepNotes) -> Sequence[NewEvent]:
    """Close notes in which every other group has written something (`NotesClerk`: test_notes.py)."""
    found = [(id_, f"Notes of {id_}", {"l1": 9}) for id_ in order.groups[::2]]
    return (kept(order, found, proof.new_id),)


def proof_with_box() -> Proof:
    """Return an empty lesson that has a ballot box, and somebody who keeps notes."""
    box = BoxInMemory()
    clerks: dict[type, Any] = {
        CastBallot: box.cast,
        CountBallots: box.count,
        KeepNotes: keep_notes,
        StandingChanges: lambda _proof, _order: (),
    }
    return Proof(REGISTRY, clerks=clerks)


def waiting_lesson() -> Proof:
    """Return a lesson whose people are in the waiting room."""
    proof = proof_with_box()
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
