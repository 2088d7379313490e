"""Polls that end with the groups in which they were asked."""

from interactions.poll.events import PollClosed
from interactions.poll.idea import POLL
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import ClassState


def with_the_groups(state: ClassState) -> tuple[NewEvent, ...]:
    """Return what closes every open poll inside of a group; anonymous ones are counted by the deadlines."""
    polls = state.of(POLL)
    inside = [id_ for id_ in sorted(polls.open_ids) if polls.by_id[id_].opened.group is not None]
    return tuple(NewEvent(payload=PollClosed(id=id_, reason="groups")) for id_ in inside)
