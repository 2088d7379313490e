"""Deciding about polls."""

from typing import Annotated, Any

import msgspec

from interactions.answers.draft import Draft, checked, refuse_duration
from interactions.answers.form import Picks, is_right, same_words
from interactions.ballots.orders import CastBallot, CountBallots
from interactions.breakout.idea import BREAKOUT
from interactions.lesson.idea import LESSON, require_live
from interactions.poll.audience import group_of_voter, groups_asked, require_lead, require_staff
from interactions.poll.events import (
    PollClosed,
    PollExtended,
    PollOpened,
    PollPublished,
    PollVoted,
)
from interactions.poll.idea import POLL, Poll
from interactions.wording import wording
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, Forbidden, NotFound, Rejected
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import ANYONE, LEARNERS, STAFF, Call, ClassState, Command, Decision

ANSWER_CHARS = 500
MOST_TOGETHER = 20
"""Questions of one survey."""

Reference = Annotated[str, msgspec.Meta(max_length=64)]


class OpenPoll(Draft, frozen=True, kw_only=True):
    """Ask the class, or one `group` of it. `item` names the prepared question that this is.

    `by_group`: everybody is asked, and each group is counted by itself as well.
    """

    item: Reference | None = None
    group: Reference | None = None
    by_group: bool = False


class OpenSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """Ask the class several questions at once."""

    questions: tuple[OpenPoll, ...]


class OnePoll(msgspec.Struct, frozen=True, kw_only=True):
    """Names a poll."""

    id: str


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """Ask once more what a poll asked, to compare; `seconds` closes it by itself."""

    id: str
    seconds: int | None = None


class MoreTime(msgspec.Struct, frozen=True, kw_only=True):
    """Give `seconds` more: to everybody, or to `participant` alone."""

    id: str
    seconds: int
    participant: str | None = None


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """Answer a poll: `option` (0 is the first) or `picks`, or `text` where one is to be written.

    `secret` is made by the client for an anonymous poll, and is what an answer can be changed with.
    """

    id: str
    option: int | None = None
    picks: Picks | None = None
    text: str | None = None
    secret: Annotated[str, msgspec.Meta(min_length=16, max_length=64)] | None = None


def open_poll(state: ClassState, call: Call, data: OpenPoll) -> Decision:
    """Put a poll to the class; or to one group, which its reporter and its tutors may do as well."""
    require_lead(state, call, data.group)
    if not call.actor.is_staff and (data.is_scored or data.instant or data.show == "staff_only"):
        raise Forbidden("not_allowed", "Only the host gives quizzes, or keeps results back.")
    event, id_ = _opening(state, call, data)
    return Decision((event,), {"id": id_})


def open_survey(state: ClassState, call: Call, data: OpenSurvey) -> Decision:
    """Put several questions to the class, which belong together."""
    require_staff(state, call)
    if not 1 <= len(data.questions) <= MOST_TOGETHER:
        raise Rejected(
            "questions_count_invalid",
            f"Ask between one and {MOST_TOGETHER} questions at once.",
            most=MOST_TOGETHER,
        )
    survey = call.new_id()
    for question in data.questions:
        require_lead(state, call, question.group)
    opened = [_opening(state, call, question, survey) for question in data.questions]
    return Decision(tuple(event for event, _ in opened), {"id": survey, "polls": [id_ for _, id_ in opened]})


def run_again(state: ClassState, call: Call, data: Again) -> Decision:
    """Ask the same once more; the words are those of the first time.

    What was counted by group goes to everybody, and is counted by the groups there are now: by none once they
    are back. What one group was asked is asked of that very group, while it is there.
    """
    require_staff(state, call)
    refuse_duration(data.seconds)
    poll = _poll(state, data.id)
    if poll.closed_utc_ms is None:
        raise Conflict("poll_open", "Close this poll before you ask it again.")
    require_lead(state, call, poll.opened.group)
    by_group = bool(poll.opened.groups) and state.of(BREAKOUT).is_open
    again = msgspec.structs.replace(
        poll.opened,
        id=call.new_id(),
        rerun_of=poll.opened.rerun_of or poll.id,
        survey=None,
        closes_utc_ms=_after(call, data.seconds),
        groups=groups_asked(state, by_group=by_group, anonymous=poll.opened.anonymous),
    )
    return Decision((NewEvent(payload=again, actor=call.actor.participant_id),), {"id": again.id})


def extend_poll(state: ClassState, call: Call, data: MoreTime) -> Decision:
    """Give more time. A poll without a time gets one."""
    require_staff(state, call)
    refuse_duration(data.seconds)
    poll = _poll(state, data.id)
    _refuse_closed(poll)
    who = data.participant
    if who is not None and who not in state.of(LESSON).roles:
        raise NotFound("participant_not_found", "There is no such participant.")
    if who is not None and poll.closes_utc_ms is None:
        raise Conflict("poll_untimed", "This poll has no time limit.")
    until = poll.closes_utc_ms if who is None else poll.closes_for(who)
    closes = UtcMs(max(call.now, until or call.now) + data.seconds * 1_000)
    event = PollExtended(
        id=poll.id, closes_utc_ms=closes, due_utc_ms=max(closes, poll.due_utc_ms or closes), participant=who
    )
    return Decision((NewEvent(payload=event, actor=call.actor.participant_id),))


def close_poll(state: ClassState, call: Call, data: OnePoll) -> Decision:
    """Take no more votes; closing twice changes nothing. Who leads a group closes what it is asked."""
    poll = _poll(state, data.id)
    if call.actor.is_staff:
        require_staff(state, call)
    else:
        require_lead(state, call, poll.opened.group)
    if poll.closed_utc_ms is not None:
        return Decision()
    event = NewEvent(payload=PollClosed(id=poll.id), actor=call.actor.participant_id)
    return Decision((event,), orders=_count_of(poll))


def publish_poll(state: ClassState, call: Call, data: OnePoll) -> Decision:
    """Show everybody the result, the right answer and the explanation; closes the poll first."""
    require_staff(state, call)
    poll = _poll(state, data.id)
    if poll.published:
        return Decision()
    closing = close_poll(state, call, data)
    event = NewEvent(payload=PollPublished(id=poll.id), actor=call.actor.participant_id)
    return Decision((*closing.events, event), orders=closing.orders)


def vote(state: ClassState, call: Call, data: Vote) -> Decision:
    """Answer, or answer again; the same answer twice is one."""
    require_live(state)
    poll = _poll(state, data.id)
    voter = call.actor.participant_id
    group = group_of_voter(state, poll, voter)
    _refuse_closed(poll)
    until = poll.closes_for(voter)
    if until is not None and call.now >= until:
        raise Conflict("poll_closed", "This poll is closed.")
    picks, text = _answer(poll, data)
    if poll.opened.anonymous:
        return _ballot(state, call, poll, data.secret, (picks, text))
    earlier = poll.votes.get(voter)
    correct = judged(state, poll, picks, text)
    full = poll.opened.full_marks
    marks = poll.form.marks(picks, poll.opened.right) if full else None
    result: dict[str, Any] = {"correct": correct} if poll.opened.instant else {}
    if poll.opened.instant and full:
        result |= {"marks": marks}
    said = None if earlier is None or earlier.text_ref is None else state.texts.get(earlier.text_ref)
    if earlier is not None and earlier.picks == picks and said == text:
        return Decision(result=result)
    ref = call.new_id() if text is not None else None
    voted = PollVoted(
        poll=poll.id,
        option=picks[0] if poll.form.kind == "single" else -1,
        picks=picks,
        text_ref=ref,
        correct=correct,
        group=group if poll.opened.groups else None,
        marks=marks,
    )
    texts = {ref: text} if ref is not None and text is not None else {}
    return Decision((NewEvent(payload=voted, actor=voter, texts=texts),), result)


def due(state: ClassState, now: UtcMs) -> Decision:
    """Return what time has brought: polls to close, and ballots of closed ones to count."""
    polls = state.of(POLL)
    over = [
        poll
        for poll in (polls.by_id[id_] for id_ in sorted(polls.open_ids))
        if poll.due_utc_ms is not None and now >= poll.due_utc_ms
    ]
    left = [polls.by_id[id_] for id_ in sorted(polls.uncounted_ids - polls.open_ids)]
    return Decision(
        tuple(NewEvent(payload=PollClosed(id=poll.id, reason="time")) for poll in over),
        orders=tuple(order for poll in (*over, *left) for order in _count_of(poll)),
    )


def judged(state: ClassState, poll: Poll, picks: Picks, text: str | None) -> bool | None:
    """Tell whether an answer is right; None if nothing is right or wrong here."""
    if not poll.is_scored:
        return None
    if text is None:
        return is_right(poll.opened.right, picks)
    accepted = (state.texts.get(ref) for ref in poll.opened.accepted_refs)
    return same_words(text, [words for words in accepted if words is not None])


def _opening(
    state: ClassState, call: Call, data: OpenPoll, survey: str | None = None
) -> tuple[NewEvent, str]:
    draft = checked(data)
    by_group = data.by_group and data.group is None
    texts: dict[str, str] = {}

    def ref(text: str) -> str:
        id_ = call.new_id()
        texts[id_] = text
        return id_

    opened = PollOpened(
        question_ref=ref(draft.question),
        option_refs=tuple(map(ref, draft.options)),
        match_refs=tuple(map(ref, draft.matches)),
        accepted_refs=tuple(map(ref, draft.accepted)),
        point_refs=tuple(map(ref, draft.points)),
        explanation_ref=ref(draft.explanation) if draft.explanation else None,
        id=call.new_id(),
        show=draft.show,
        kind=draft.kind,
        right=draft.right,
        low=draft.low,
        high=draft.high,
        most=draft.most,
        anonymous=draft.anonymous,
        instant=draft.instant,
        closes_utc_ms=_after(call, draft.seconds),
        item=data.item,
        survey=survey,
        group=data.group,
        groups=groups_asked(state, by_group=by_group, anonymous=draft.anonymous),
        full_marks=draft.form.full_marks(draft.right) if draft.partial else 0,
    )
    return NewEvent(payload=opened, actor=call.actor.participant_id, texts=texts), opened.id


def _after(call: Call, seconds: int | None) -> UtcMs | None:
    return None if seconds is None else UtcMs(call.now + seconds * 1_000)


def _answer(poll: Poll, data: Vote) -> tuple[Picks, str | None]:
    if poll.form.kind == "text":
        if data.text is None:
            raise Rejected("answer_invalid", "This answer does not fit the question.", kind="text", most=0)
        return (), wording(data.text, ANSWER_CHARS, "text")
    picks = data.picks if data.picks is not None else (() if data.option is None else (data.option,))
    return poll.form.checked(picks), None


def _ballot(
    state: ClassState, call: Call, poll: Poll, secret: str | None, answer: tuple[Picks, str | None]
) -> Decision:
    """Put a ballot into the box; the timeline learns of it once, and never what it says."""
    if secret is None:
        raise Rejected("ballot_secret_missing", "This poll is anonymous. Reload the page and answer again.")
    voter = call.actor.participant_id
    picks, text = answer
    first = voter not in poll.votes
    order = CastBallot(
        poll=poll.id,
        secret=secret,
        first=first,
        picks=picks,
        text=text,
        right=judged(state, poll, picks, text) is True,
    )
    events = (NewEvent(payload=PollVoted(poll=poll.id), actor=voter),) if first else ()
    return Decision(events, orders=(order,))


def _count_of(poll: Poll) -> tuple[CountBallots, ...]:
    if not poll.opened.anonymous:
        return ()
    return (CountBallots(poll=poll.id, form=poll.form, key=poll.opened.right),)


def _refuse_closed(poll: Poll) -> None:
    if poll.closed_utc_ms is not None:
        raise Conflict("poll_closed", "This poll is closed.")


def _poll(state: ClassState, id_: str) -> Poll:
    poll = state.of(POLL).by_id.get(id_)
    if poll is None:
        raise NotFound("poll_not_found", "There is no such poll.")
    return poll


COMMANDS = (
    Command("poll_open", OpenPoll, ANYONE, open_poll),
    Command("poll_open_survey", OpenSurvey, STAFF, open_survey),
    Command("poll_run_again", Again, STAFF, run_again),
    Command("poll_extend", MoreTime, STAFF, extend_poll),
    Command("poll_close", OnePoll, ANYONE, close_poll),
    Command("poll_publish", OnePoll, STAFF, publish_poll),
    Command("poll_vote", Vote, LEARNERS, vote),
)
