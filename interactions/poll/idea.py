"""Polls as a slice of class state."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from interactions.answers.form import Form, Picks, plain
from interactions.poll.events import (
    PollClosed,
    PollCounted,
    PollExtended,
    PollOpened,
    PollPublished,
    PollVoted,
)
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import BreakoutOpened, BreakoutPlaced, Event, SessionEnded, TimelineEvent
from lectern.timeline.idea import STAFF_ONLY, Audience, Entity, Texts, Touch

FEWEST_SHOWN = 5
"""From how many ballots on an anonymous result is shown: of fewer, one could guess whose is which."""
MOST_TEXTS_SHOWN = 50
"""Different written answers in a result. Staff read all over REST: a frame for 2,000 people is short."""
SAME_CHARS = 60
"""Longer answers are the same only if they are so to the letter: nobody writes them twice."""
_STAFF_AND_AUTHOR = frozenset({Audience.STAFF, Audience.LEARNER})


@dataclass(frozen=True, slots=True)
class Cast:
    """Somebody's present answer; empty in an anonymous poll."""

    picks: Picks = ()
    text_ref: str | None = None
    correct: bool | None = None
    utc_ms: UtcMs | None = None
    group: str | None = None
    marks: int | None = None


@dataclass(slots=True)
class Poll:
    """One poll with everybody's present answer. `counts` are those of `Form`, `right` how many are right.

    `marks` are those of all answers together, where parts count.

    Of a poll in one group, `readers` are all who were in it while the poll was open to them. `asked_by` is
    the participant who opened it.
    """

    opened: PollOpened
    form: Form
    opened_utc_ms: UtcMs
    closes_utc_ms: UtcMs | None
    closed_utc_ms: UtcMs | None = None
    extended: dict[str, UtcMs] = field(default_factory=dict)
    votes: dict[str, Cast] = field(default_factory=dict)
    counts: list[int] = field(default_factory=list)
    right: int = 0
    marks: int = 0
    published: bool = False
    counted: PollCounted | None = None
    by_group: dict[str, list[int]] = field(default_factory=dict)
    readers: frozenset[str] | None = None
    asked_by: str | None = None
    texts_shown: tuple[tuple[bool, int], dict[str, Entity]] | None = field(
        default=None, compare=False, repr=False
    )
    """What `_texts_shown` drew of it once it was closed: every snapshot of everybody has it."""

    @property
    def id(self) -> str:
        """Its id."""
        return self.opened.id

    @property
    def is_scored(self) -> bool:
        """Whether there is a right answer."""
        return bool(self.opened.right or self.opened.accepted_refs)

    @property
    def due_utc_ms(self) -> UtcMs | None:
        """When the time of the last person is up; None if it is not timed."""
        if self.closes_utc_ms is None:
            return None
        return max((self.closes_utc_ms, *self.extended.values()))

    def closes_for(self, participant: str) -> UtcMs | None:
        """Return when the time of one person is up."""
        if self.closes_utc_ms is None:
            return None
        return max(self.closes_utc_ms, self.extended.get(participant, self.closes_utc_ms))

    def cast(self, voter: str, cast: Cast) -> None:
        """Count an answer, and uncount the voter's earlier one."""
        earlier = self.votes.get(voter)
        if earlier is not None:
            self._count(earlier, -1)
        self.votes[voter] = cast
        self._count(cast, 1)

    def _count(self, cast: Cast, times: int) -> None:
        for place, amount in self.form.points(cast.picks, self.opened.right):
            self.counts[place] += amount * times
            if cast.group in self.by_group:
                self.by_group[cast.group][place] += amount * times
        self.right += times * (cast.correct is True)
        self.marks += times * (cast.marks or 0)

    def shows_counts_to(self, audience: Audience) -> bool:
        """Tell whether `audience` may see how many answered what, at this moment."""
        if self.opened.anonymous and (self.counted is None or not self.counted.shown):
            return False
        if audience is Audience.STAFF or self.published or self.opened.show == "live":
            return True
        return self.opened.show == "after_close" and self.closed_utc_ms is not None

    def reveals_to(self, audience: Audience) -> bool:
        """Tell whether `audience` may know the right answer and the explanation."""
        if audience is Audience.STAFF or self.published:
            return True
        return self.closed_utc_ms is not None and self.opened.show != "staff_only"


@dataclass(slots=True)
class Polls:
    """All polls of a lesson, and those that the last event closed.

    `uncounted_ids` are anonymous polls whose ballots still lie in the box, `members` those of each group.
    """

    by_id: dict[str, Poll] = field(default_factory=dict)
    open_ids: set[str] = field(default_factory=set)
    uncounted_ids: set[str] = field(default_factory=set)
    just_closed: tuple[str, ...] = ()
    members: dict[str, frozenset[str]] = field(default_factory=dict)


class PollIdea:
    """Folds and draws polls."""

    name = "poll"
    events: tuple[type[Event], ...] = (
        PollOpened,
        PollVoted,
        PollExtended,
        PollClosed,
        PollCounted,
        PollPublished,
        BreakoutOpened,
        BreakoutPlaced,
        SessionEnded,
    )
    paths: tuple[str, ...] = ("poll", "poll_desk", "answer", "my/vote", "my/poll_time")

    def empty(self) -> Polls:
        """See `Idea`."""
        return Polls()

    def apply(self, slice_: Polls, event: TimelineEvent) -> None:
        """See `Idea`."""
        match event.payload:
            case PollOpened() as opened:
                _open(slice_, opened, event.actor, event.utc_ms)
            case PollVoted() as voted if event.actor is not None:
                slice_.by_id[voted.poll].cast(event.actor, _cast(voted, event.utc_ms))
            case PollExtended() as extended:
                _extend(slice_.by_id[extended.id], extended)
            case PollClosed(id=id_):
                _close(slice_, (id_,), event.utc_ms)
            case PollCounted() as counted:
                _count(slice_, counted)
            case PollPublished(id=id_):
                slice_.by_id[id_].published = True
            case BreakoutOpened(groups=groups):
                slice_.members |= {group.id: frozenset(group.members) for group in groups}
            case BreakoutPlaced() as placed:
                _let_read(slice_, placed)
            case SessionEnded():
                _close(slice_, tuple(sorted(slice_.open_ids)), event.utc_ms)

    def touched(self, slice_: Polls, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        match event.payload:
            case PollVoted(poll=id_):
                yield _shared(slice_.by_id[id_])
                yield Touch(f"my/vote/{id_}", owner=event.actor)
                if _is_written(slice_.by_id[id_]) and event.actor is not None:
                    yield _written(id_, event.actor)
            case PollExtended(id=id_, participant=str() as participant):
                yield Touch(f"poll_desk/{id_}", STAFF_ONLY)
                yield Touch(f"my/poll_time/{id_}", owner=participant)
            case PollOpened(id=id_):
                yield _shared(slice_.by_id[id_])
                yield Touch(f"poll_desk/{id_}", STAFF_ONLY)
            case PollExtended(id=id_) | PollCounted(id=id_) | PollPublished(id=id_):
                yield _shared(slice_.by_id[id_])
            case PollClosed() | SessionEnded():
                yield from (_shared(slice_.by_id[id_]) for id_ in slice_.just_closed)
            case BreakoutPlaced(participant=newcomer, group=str(group)):
                for poll in slice_.by_id.values():
                    if poll.opened.group == group and newcomer in (poll.readers or ()):
                        yield Touch(f"poll/{poll.id}", owner=newcomer)

    def entities(self, slice_: Polls) -> Iterable[Touch]:
        """See `Idea`."""
        for id_, poll in slice_.by_id.items():
            yield _shared(poll)
            yield Touch(f"poll_desk/{id_}", STAFF_ONLY)
            if _is_written(poll):
                yield from (_written(id_, voter) for voter in poll.votes)

    def own(self, slice_: Polls, participant_id: str) -> Iterable[Touch]:
        """See `Personal`."""
        for id_, poll in slice_.by_id.items():
            if participant_id in poll.votes:
                yield Touch(f"my/vote/{id_}", owner=participant_id)
            if participant_id in poll.extended:
                yield Touch(f"my/poll_time/{id_}", owner=participant_id)

    def render(self, slice_: Polls, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        segments = touch.path.split("/")
        if segments[0] == "answer":
            return _answer(slice_.by_id[segments[1]], segments[2], audience, texts)
        poll = slice_.by_id[segments[-1]]
        if segments[0] == "poll_desk":
            return _desk(poll, texts)
        if segments[0] == "poll":
            return _entity(poll, audience, texts)
        assert touch.owner is not None
        if segments[1] == "poll_time":
            return {"closes_utc_ms": poll.extended[touch.owner]}
        return _own_vote(poll, poll.votes[touch.owner])


def _open(slice_: Polls, opened: PollOpened, by: str | None, now: UtcMs) -> None:
    form = Form(
        opened.kind, len(opened.option_refs), len(opened.match_refs), opened.low, opened.high, opened.most
    )
    slice_.by_id[opened.id] = Poll(
        opened,
        form,
        now,
        opened.closes_utc_ms,
        counts=[0] * form.places,
        by_group={group.id: [0] * form.places for group in opened.groups},
        readers=None if opened.group is None else slice_.members.get(opened.group, frozenset()),
        asked_by=by,
    )
    slice_.open_ids.add(opened.id)
    if opened.anonymous:
        slice_.uncounted_ids.add(opened.id)


def _cast(voted: PollVoted, now: UtcMs) -> Cast:
    picks = voted.picks or ((voted.option,) if voted.option >= 0 else ())
    return Cast(picks, voted.text_ref, voted.correct, now, voted.group, voted.marks)


def _let_read(slice_: Polls, placed: BreakoutPlaced) -> None:
    """Show newcomers what their group is asked; who leaves keeps what they saw."""
    who = {placed.participant}
    if placed.left is not None:
        slice_.members[placed.left] = slice_.members.get(placed.left, frozenset()) - who
    if placed.group is not None:
        slice_.members[placed.group] = slice_.members.get(placed.group, frozenset()) | who
        for id_ in slice_.open_ids:
            poll = slice_.by_id[id_]
            if poll.opened.group == placed.group:
                poll.readers = (poll.readers or frozenset()) | who


def _extend(poll: Poll, extended: PollExtended) -> None:
    if extended.participant is None:
        poll.closes_utc_ms = extended.closes_utc_ms
    else:
        poll.extended[extended.participant] = extended.closes_utc_ms


def _count(slice_: Polls, counted: PollCounted) -> None:
    poll = slice_.by_id[counted.id]
    poll.counted = counted
    slice_.uncounted_ids.discard(counted.id)
    if counted.shown:
        poll.counts, poll.right = list(counted.counts), counted.right


def _close(slice_: Polls, ids: tuple[str, ...], now: UtcMs) -> None:
    slice_.just_closed = ids
    slice_.open_ids.difference_update(ids)
    for id_ in ids:
        slice_.by_id[id_].closed_utc_ms = now


def _shared(poll: Poll) -> Touch:
    """The poll itself, for whoever is asked, and staff."""
    return Touch(f"poll/{poll.id}", members=poll.readers)


def _is_written(poll: Poll) -> bool:
    return poll.form.kind == "text" and not poll.opened.anonymous


def _written(poll_id: str, voter: str) -> Touch:
    """What somebody wrote: for staff and for themselves."""
    return Touch(f"answer/{poll_id}/{voter}", _STAFF_AND_AUTHOR, members=frozenset({voter}))


def _answer(poll: Poll, voter: str, audience: Audience, texts: Texts) -> Entity:
    cast = poll.votes[voter]
    return {
        "poll": poll.id,
        "participant": voter,
        "text": texts.get(cast.text_ref) if cast.text_ref else None,
        "correct": cast.correct if poll.opened.instant or audience is Audience.STAFF else None,
        "utc_ms": cast.utc_ms,
    }


def _own_vote(poll: Poll, cast: Cast) -> Entity:
    single = poll.form.kind == "single" and cast.picks
    own = {
        "option": cast.picks[0] if single else None,
        "picks": list(cast.picks),
        "correct": cast.correct if poll.opened.instant else None,
    }
    return own | ({"marks": cast.marks} if poll.opened.instant and poll.opened.full_marks else {})


def _entity(poll: Poll, audience: Audience, texts: Texts) -> Entity:
    opened, shows, reveals = poll.opened, poll.shows_counts_to(audience), poll.reveals_to(audience)
    entity = {
        "id": poll.id,
        "kind": opened.kind,
        "question": texts.get(opened.question_ref),
        "options": [texts.get(ref) for ref in opened.option_refs],
        "state": "open" if poll.closed_utc_ms is None else "closed",
        "show": opened.show,
        "counts": list(poll.counts) if shows else None,
        "voters": len(poll.votes),
        "opened_utc_ms": poll.opened_utc_ms,
        "closes_utc_ms": poll.closes_utc_ms,
        "closed_utc_ms": poll.closed_utc_ms,
        "published": poll.published,
        "anonymous": opened.anonymous,
        "scored": poll.is_scored,
        "instant": opened.instant,
        "right_count": poll.right if shows and reveals and poll.is_scored else None,
        "right": list(opened.right) if reveals and opened.right else None,
        "accepted": [texts.get(ref) for ref in opened.accepted_refs] if reveals else None,
        "explanation": texts.get(opened.explanation_ref) if reveals and opened.explanation_ref else None,
        "rerun_of": opened.rerun_of,
        "survey": opened.survey,
    }
    return entity | _of_kind(poll, audience, texts, shows=shows)


def _of_kind(poll: Poll, audience: Audience, texts: Texts, *, shows: bool) -> dict[str, Entity]:
    """Return the fields that only some polls have."""
    opened, extra = poll.opened, dict[str, Entity]()
    match opened.kind:
        case "matching":
            extra["matches"] = [texts.get(ref) for ref in opened.match_refs]
        case "rating":
            extra |= {"low": opened.low, "high": opened.high}
        case "multiple":
            extra["most"] = opened.most
        case "text":
            extra |= _texts_shown(poll, texts) if shows and _shows_texts(poll, audience) else {"texts": None}
    if opened.group is not None:
        extra |= {"group": opened.group, "asked_by": poll.asked_by}
    if opened.groups:
        extra["groups"] = _groups(poll, texts) if shows else None
    if opened.full_marks:
        told = shows and poll.reveals_to(audience)
        extra |= {"full_marks": opened.full_marks, "marks": poll.marks if told else None}
    if opened.anonymous:
        extra |= {"fewest": FEWEST_SHOWN, "counted": poll.counted is not None}
    return extra


def _groups(poll: Poll, texts: Texts) -> list[Entity]:
    """How each group answered, in the order of the groups."""
    answers = Counter(cast.group for cast in poll.votes.values())
    return [
        {
            "id": group.id,
            "name": texts.get(group.name_ref),
            "counts": list(poll.by_group[group.id]),
            "voters": answers[group.id],
        }
        for group in poll.opened.groups
    ]


def _desk(poll: Poll, texts: Texts) -> Entity:
    """What staff alone know of a poll."""
    return {
        "points": [texts.get(ref) for ref in poll.opened.point_refs],
        "item": poll.opened.item,
        "extended": dict(poll.extended),
    }


def _shows_texts(poll: Poll, audience: Audience) -> bool:
    """What people wrote is shown to others only when staff publish it: they have read it by then."""
    return poll.published or (audience is Audience.STAFF and poll.opened.anonymous)


def _texts_shown(poll: Poll, texts: Texts) -> dict[str, Entity]:
    """What was written most often, how often each, and how many answers there are in all.

    What differs in width, case and blanks alone is one answer, in the words of the first of them. Of answers
    that are equally frequent those come first that lie first: anonymous ones in the order of the count.
    """

    def key(text: str) -> str:
        return plain(text) if len(text) <= SAME_CHARS else text

    refs = (
        poll.counted.text_refs
        if poll.counted is not None
        else [cast.text_ref for cast in poll.votes.values() if cast.text_ref]
    )
    words = [text for text in map(texts.get, refs) if text is not None]
    of = poll.counted is not None, len(words)
    if poll.texts_shown is not None and poll.texts_shown[0] == of:
        return poll.texts_shown[1]
    times = Counter(map(key, words))
    first: dict[str, str] = {}
    for text in words:
        first.setdefault(key(text), text)
    shown = times.most_common(MOST_TEXTS_SHOWN)  # of equal ones those that were met first
    drawn = {
        "texts": [first[each] for each, _ in shown],
        "text_counts": [count for _, count in shown],
        "texts_total": len(words),
    }
    if poll.closed_utc_ms is not None:  # nobody answers otherwise any more; what is erased is one less
        poll.texts_shown = of, drawn
    return drawn


POLL = PollIdea()
