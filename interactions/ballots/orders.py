"""What the class asks of the ballot box, and what a box full of ballots comes to. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from interactions.answers.form import Form, Picks
from interactions.poll.events import PollCounted
from interactions.poll.idea import FEWEST_SHOWN
from lectern.kernel.errors import Conflict
from lectern.timeline.event import NewEvent


@dataclass(frozen=True, slots=True)
class CastBallot:
    """Put a ballot into the box (`first`), or another in the place of the one with this secret."""

    poll: str
    secret: str
    first: bool
    picks: Picks
    text: str | None
    right: bool


@dataclass(frozen=True, slots=True)
class CountBallots:
    """Open the box of a poll."""

    poll: str
    form: Form
    key: Picks


@dataclass(frozen=True, slots=True)
class Ballot:
    """One anonymous answer."""

    picks: Picks
    text: str | None
    right: bool


def counted(order: CountBallots, ballots: Sequence[Ballot], new_id: Callable[[], str]) -> NewEvent:
    """Return what the timeline is told of a box. Texts come in alphabetical order, which says nothing."""
    if len(ballots) < FEWEST_SHOWN:
        return NewEvent(payload=PollCounted(id=order.poll, ballots=len(ballots), shown=False))
    texts = {new_id(): text for text in sorted(b.text for b in ballots if b.text is not None)}
    event = PollCounted(
        id=order.poll,
        ballots=len(ballots),
        shown=True,
        counts=tuple(order.form.tally((ballot.picks for ballot in ballots), order.key)),
        right=sum(ballot.right for ballot in ballots),
        text_refs=tuple(texts),
    )
    return NewEvent(payload=event, texts=texts)


def ballot_elsewhere() -> Conflict:
    """Return the refusal of a ballot that this client cannot change, or that is there already."""
    return Conflict(
        "ballot_elsewhere", "You have answered on another device or in another browser. Change it there."
    )
