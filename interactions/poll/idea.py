"""Polls as a slice of class state."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from interactions.poll.events import PollClosed, PollOpened, PollVoted, Show
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import Event, SessionEnded, TimelineEvent
from lectern.timeline.idea import Audience, Entity, Texts, Touch


@dataclass(slots=True)
class Poll:
    """One poll with everybody's present choice."""

    id: str
    question_ref: str
    option_refs: tuple[str, ...]
    show: Show
    opened_utc_ms: UtcMs
    closed_utc_ms: UtcMs | None = None
    votes: dict[str, int] = field(default_factory=dict)
    counts: list[int] = field(default_factory=list)

    def cast(self, voter: str, option: int) -> None:
        """Count a vote, and uncount the voter's earlier one."""
        earlier = self.votes.get(voter)
        if earlier is not None:
            self.counts[earlier] -= 1
        self.votes[voter] = option
        self.counts[option] += 1

    def shows_counts_to(self, audience: Audience) -> bool:
        """Tell whether `audience` may see how many chose what, at this moment."""
        if audience is Audience.STAFF or self.show == "live":
            return True
        return self.show == "after_close" and self.closed_utc_ms is not None


@dataclass(slots=True)
class Polls:
    """All polls of a lesson, and those that the last event closed."""

    by_id: dict[str, Poll] = field(default_factory=dict)
    open_ids: set[str] = field(default_factory=set)
    just_closed: tuple[str, ...] = ()


class PollIdea:
    """Folds and draws polls."""

    name = "poll"
    events: tuple[type[Event], ...] = (PollOpened, PollVoted, PollClosed, SessionEnded)
    paths: tuple[str, ...] = ("poll", "my/vote")

    def empty(self) -> Polls:
        """See `Idea`."""
        return Polls()

    def apply(self, slice_: Polls, event: TimelineEvent) -> None:
        """See `Idea`."""
        match event.payload:
            case PollOpened() as opened:
                slice_.by_id[opened.id] = Poll(
                    opened.id,
                    opened.question_ref,
                    opened.option_refs,
                    opened.show,
                    event.utc_ms,
                    counts=[0] * len(opened.option_refs),
                )
                slice_.open_ids.add(opened.id)
            case PollVoted() as voted if event.actor is not None:
                slice_.by_id[voted.poll].cast(event.actor, voted.option)
            case PollClosed(id=id_):
                _close(slice_, (id_,), event.utc_ms)
            case SessionEnded():
                _close(slice_, tuple(sorted(slice_.open_ids)), event.utc_ms)

    def touched(self, slice_: Polls, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        match event.payload:
            case PollOpened(id=id_):
                yield Touch(f"poll/{id_}")
            case PollVoted(poll=id_):
                yield Touch(f"poll/{id_}")
                yield Touch(f"my/vote/{id_}", owner=event.actor)
            case PollClosed() | SessionEnded():
                yield from (Touch(f"poll/{id_}") for id_ in slice_.just_closed)

    def entities(self, slice_: Polls) -> Iterable[Touch]:
        """See `Idea`."""
        return (Touch(f"poll/{id_}") for id_ in slice_.by_id)

    def own(self, slice_: Polls, participant_id: str) -> Iterable[Touch]:
        """See `Personal`."""
        for id_, poll in slice_.by_id.items():
            if participant_id in poll.votes:
                yield Touch(f"my/vote/{id_}", owner=participant_id)

    def render(self, slice_: Polls, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        poll = slice_.by_id[touch.path.rpartition("/")[2]]
        if touch.owner is not None:
            return {"option": poll.votes[touch.owner]}
        return {
            "id": poll.id,
            "question": texts.get(poll.question_ref),
            "options": [texts.get(ref) for ref in poll.option_refs],
            "state": "open" if poll.closed_utc_ms is None else "closed",
            "show": poll.show,
            "counts": list(poll.counts) if poll.shows_counts_to(audience) else None,
            "voters": len(poll.votes),
            "opened_utc_ms": poll.opened_utc_ms,
            "closed_utc_ms": poll.closed_utc_ms,
        }


def _close(slice_: Polls, ids: tuple[str, ...], now: UtcMs) -> None:
    slice_.just_closed = ids
    slice_.open_ids.difference_update(ids)
    for id_ in ids:
        slice_.by_id[id_].closed_utc_ms = now


POLL = PollIdea()
