"""Deciding about polls."""

import msgspec

from interactions.lesson.idea import require_live
from interactions.poll.events import PollClosed, PollOpened, PollVoted, Show
from interactions.poll.idea import POLL, Poll
from interactions.wording import OPTION_CHARS, POLL_QUESTION_CHARS, wording
from lectern.kernel.errors import Conflict, NotFound, Rejected
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import LEARNERS, STAFF, Call, ClassState, Command, Decision

FEWEST_OPTIONS = 2
MOST_OPTIONS = 10


class OpenPoll(msgspec.Struct, frozen=True, kw_only=True):
    """Ask the class; `show` says who sees the counts, and when."""

    question: str
    options: tuple[str, ...]
    show: Show = "live"


class OnePoll(msgspec.Struct, frozen=True, kw_only=True):
    """Names a poll."""

    id: str


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """Choose `option` (0 is the first) of a poll."""

    id: str
    option: int


def open_poll(state: ClassState, call: Call, data: OpenPoll) -> Decision:
    """Put a poll to the class."""
    require_live(state)
    if not FEWEST_OPTIONS <= len(data.options) <= MOST_OPTIONS:
        raise Rejected(
            "options_count_invalid",
            f"A poll has {FEWEST_OPTIONS} to {MOST_OPTIONS} options.",
            fewest=FEWEST_OPTIONS,
            most=MOST_OPTIONS,
        )
    question_ref = call.new_id()
    texts = {question_ref: wording(data.question, POLL_QUESTION_CHARS, "question")}
    options = {call.new_id(): wording(option, OPTION_CHARS, "options") for option in data.options}
    opened = PollOpened(
        id=call.new_id(), question_ref=question_ref, option_refs=tuple(options), show=data.show
    )
    event = NewEvent(payload=opened, actor=call.actor.participant_id, texts=texts | options)
    return Decision((event,), {"id": opened.id})


def close_poll(state: ClassState, call: Call, data: OnePoll) -> Decision:
    """Take no more votes; closing twice changes nothing."""
    require_live(state)
    poll = _poll(state, data.id)
    if poll.closed_utc_ms is not None:
        return Decision()
    return Decision((NewEvent(payload=PollClosed(id=poll.id), actor=call.actor.participant_id),))


def vote(state: ClassState, call: Call, data: Vote) -> Decision:
    """Choose, or choose again; the same choice twice is one."""
    require_live(state)
    poll = _poll(state, data.id)
    if poll.closed_utc_ms is not None:
        raise Conflict("poll_closed", "This poll is closed.")
    if not 0 <= data.option < len(poll.option_refs):
        raise Rejected("option_unknown", "This poll has no such option.", options=len(poll.option_refs))
    voter = call.actor.participant_id
    if poll.votes.get(voter) == data.option:
        return Decision()
    return Decision((NewEvent(payload=PollVoted(poll=poll.id, option=data.option), actor=voter),))


def _poll(state: ClassState, id_: str) -> Poll:
    poll = state.of(POLL).by_id.get(id_)
    if poll is None:
        raise NotFound("poll_not_found", "There is no such poll.")
    return poll


COMMANDS = (
    Command("poll_open", OpenPoll, STAFF, open_poll),
    Command("poll_close", OnePoll, STAFF, close_poll),
    Command("poll_vote", Vote, LEARNERS, vote),
)
