"""Questions as a slice of class state: how events change the pool, and who sees what of it."""

from collections.abc import Iterable
from typing import Any

from interactions.group_pool.events import GroupPoolTaken
from interactions.question.events import (
    QuestionAnswered,
    QuestionAsked,
    QuestionAssigned,
    QuestionDismissed,
    QuestionExplained,
    QuestionMerged,
    QuestionPinned,
    QuestionPlaced,
    QuestionPublished,
    QuestionQueried,
    QuestionReworded,
    QuestionRulesSet,
    QuestionSorted,
    QuestionSplit,
    QuestionUnpinned,
    QuestionUpvoted,
)
from interactions.question.pool import PUBLIC, Pool, Question, State
from lectern.kernel.clock import SessionMs
from lectern.timeline.event import Event, SessionEnded, SessionStarted, TimelineEvent
from lectern.timeline.idea import EVERYBODY, STAFF_ONLY, Audience, Entity, Texts, Touch

_TURNS = (
    QuestionPublished,
    QuestionPinned,
    QuestionUnpinned,
    QuestionAnswered,
    QuestionDismissed,
    QuestionMerged,
    QuestionSplit,
)
RULES, FUNNEL, RUN = "asking", "funnel", "run"


class QuestionIdea:
    """Folds and draws questions."""

    name = "question"
    events: tuple[type[Event], ...] = (
        QuestionAsked,
        QuestionUpvoted,
        *_TURNS,
        QuestionReworded,
        QuestionQueried,
        QuestionExplained,
        QuestionSorted,
        QuestionAssigned,
        QuestionPlaced,
        QuestionRulesSet,
        GroupPoolTaken,
        SessionStarted,
        SessionEnded,
    )
    paths: tuple[str, ...] = ("question", "pool", "query", RULES, FUNNEL, RUN, "my/upvote", "my/question")

    def empty(self) -> Pool:
        """See `Idea`."""
        return Pool()

    def apply(self, slice_: Pool, event: TimelineEvent) -> None:
        """See `Idea`."""
        slice_.just_touched, slice_.run_changed = (), False
        match event.payload:
            case QuestionAsked() as asked:
                author = asked.participant or event.actor
                if author is not None:
                    slice_.add(
                        Question(
                            asked.id,
                            author,
                            asked.text_ref,
                            event.utc_ms,
                            is_anonymous=asked.participant is not None,
                        )
                    )
            case QuestionUpvoted(id=id_, on=on) if event.actor is not None:
                slice_.vote(slice_.by_id[id_], event.actor, on=on)
            case QuestionRulesSet(open=is_open, anonymous=anonymous):
                slice_.is_open, slice_.anonymous = is_open, anonymous
            case QuestionPlaced(id=id_, at=at):
                slice_.place(id_, at)
            case GroupPoolTaken() as taken:
                _take_over(slice_, taken)
            case SessionStarted():
                slice_.is_live = True
            case SessionEnded():
                _end(slice_, event.session_ms)
            case payload if isinstance(payload, _TURNS):
                _turn(slice_, payload, event.session_ms)
            case payload if payload is not None:
                _note(slice_.by_id[event.raw["id"]], payload, event)

    def touched(self, slice_: Pool, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        match event.payload:
            case SessionStarted():
                return
            case SessionEnded():
                for id_ in slice_.just_touched:
                    yield from _touches(slice_.by_id[id_])
            case QuestionRulesSet():
                yield Touch(RULES)
            case QuestionPlaced():
                yield Touch(RUN, STAFF_ONLY)
            case GroupPoolTaken(questions=questions):
                for one in questions:
                    yield from _touches(slice_.by_id[one.id])
                    yield Touch(f"pool/{one.id}", STAFF_ONLY)
                    yield from (Touch(f"my/upvote/{one.id}", owner=voter) for voter in one.voters)
            case QuestionUpvoted(id=id_, on=on):
                for member in slice_.family(slice_.by_id[id_]):
                    if member.id == id_ or not on:
                        yield from _touches(member)
                        yield Touch(f"my/upvote/{member.id}", owner=event.actor)
            case payload if isinstance(payload, _TURNS):
                yield from self._turn_touches(slice_, event.raw["id"])
            case _:
                yield from self._note_touches(slice_.by_id[event.raw["id"]], event.payload)

    def _note_touches(self, question: Question, note: Event | None) -> Iterable[Touch]:
        match note:
            case QuestionQueried() | QuestionExplained():
                yield from _query_touches(question)
            case QuestionSorted() | QuestionAssigned():
                yield Touch(f"pool/{question.id}", STAFF_ONLY)
            case QuestionReworded():
                yield from _touches(question)
            case QuestionAsked():
                yield from _touches(question)
                yield Touch(f"pool/{question.id}", STAFF_ONLY)
                yield Touch(f"my/question/{question.id}", owner=question.author)
                yield Touch(FUNNEL, STAFF_ONLY)

    def _turn_touches(self, pool: Pool, id_: str) -> Iterable[Touch]:
        """The question, those who hear of it because theirs is merged, and what is counted."""
        for touched in pool.just_touched:
            yield from _touches(pool.by_id[touched])
        for member in pool.family(pool.root(id_)):
            yield from _touches(member)
        yield Touch(FUNNEL, STAFF_ONLY)
        if pool.run_changed:
            yield Touch(RUN, STAFF_ONLY)

    def entities(self, slice_: Pool) -> Iterable[Touch]:
        """See `Idea`."""
        yield Touch(RULES)
        yield Touch(FUNNEL, STAFF_ONLY)
        yield Touch(RUN, STAFF_ONLY)
        for question in slice_.by_id.values():
            yield from _touches(question)
            yield Touch(f"pool/{question.id}", STAFF_ONLY)
            if question.query_ref is not None:
                yield from _query_touches(question)

    def own(self, slice_: Pool, participant_id: str) -> Iterable[Touch]:
        """See `Personal`."""
        for id_ in slice_.mine.get(participant_id, ()):
            yield Touch(f"my/question/{id_}", owner=participant_id)
        for id_, question in slice_.by_id.items():
            if participant_id in question.upvoters:
                yield Touch(f"my/upvote/{id_}", owner=participant_id)

    def render(self, slice_: Pool, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        kind, _, id_ = touch.path.rpartition("/")
        match kind:
            case "":
                return self._shared(slice_, touch.path)
            case "my/question":
                return True
            case "my/upvote":
                return True if touch.owner in slice_.by_id[id_].upvoters else None
            case "pool":
                return _desk_notes(slice_.by_id[id_], texts)
            case "query":
                return _query(slice_.by_id[id_], texts)
        question = slice_.by_id[id_]
        staff = audience is Audience.STAFF
        seen = question.state in PUBLIC or staff or touch.owner == question.author
        return _question(slice_, question, texts, staff=staff) if seen else None

    def _shared(self, pool: Pool, path: str) -> Entity:
        if path == RULES:
            return {"open": pool.is_open, "anonymous": pool.anonymous}
        return {"questions": list(pool.run)} if path == RUN else pool.funnel


def _turn(pool: Pool, turn: Event, now: SessionMs) -> None:
    id_: str = turn.id  # type: ignore[attr-defined] # every one of _TURNS has it
    question = pool.by_id[id_]
    if isinstance(turn, QuestionSplit):
        pool.just_touched = tuple(above.id for above in pool.up(question))
        pool.split(question)
    spoken_ms, question.pinned_ms = question.pinned_ms, None
    pool.turn(question, type(turn))
    match turn:
        case QuestionPinned() if pool.is_live:
            question.pinned_ms = now
        case QuestionUnpinned() if spoken_ms is not None:
            question.start_ms, question.end_ms = spoken_ms, now
        case QuestionAnswered(answer_ref=ref):
            question.answer_ref = ref
            if spoken_ms is not None:
                question.start_ms, question.end_ms = spoken_ms, now
            elif ref is None and pool.is_live and question.start_ms is None:
                question.start_ms = question.end_ms = now
        case QuestionMerged(into=into):
            pool.merge(question, pool.by_id[into])


def _take_over(pool: Pool, taken: GroupPoolTaken) -> None:
    """What a group made of questions: its classes are tags, its votes count as votes given in the pool."""
    for one in taken.questions:
        question = pool.by_id[one.id]
        if one.tags_ref is not None:
            question.tags_ref = one.tags_ref
        for voter in one.voters:
            pool.vote(question, voter, on=True)


def _end(pool: Pool, now: SessionMs) -> None:
    """Nothing is spoken any more: what is pinned waits for an answer in writing."""
    pool.is_live = False
    if pool.pinned is None:
        return
    question = pool.by_id[pool.pinned]
    if question.pinned_ms is not None:
        question.start_ms, question.end_ms, question.pinned_ms = question.pinned_ms, now, None
    pool.put_back(question)
    pool.just_touched = (question.id,)


def _note(question: Question, note: Event, event: TimelineEvent) -> None:
    match note:
        case QuestionReworded(text_ref=ref, by_staff=by_staff):
            question.text_ref, question.by_staff = ref, by_staff
        case QuestionQueried(text_ref=ref):
            question.query_ref, question.query_utc_ms, question.reply_ref = ref, event.utc_ms, None
        case QuestionExplained(text_ref=ref):
            question.reply_ref = ref
        case QuestionSorted(tags_ref=tags_ref):
            question.tags_ref = tags_ref
        case QuestionAssigned(speaker_ref=speaker_ref):
            question.speaker_ref = speaker_ref


def _question(pool: Pool, question: Question, texts: Texts, *, staff: bool) -> dict[str, Any]:
    is_answered = question.state is State.ANSWERED and question.answer_ref is not None
    root = pool.root(question.id)
    family = [question] if not question.merged else list(pool.family(question))
    return {
        "id": question.id,
        "text": texts.get(question.text_ref),
        "author": None if question.is_anonymous else question.author,
        "anonymous": question.is_anonymous,
        "state": question.state.value,
        "votes": len(question.supporters),
        "askers": len({member.author for member in family}),
        "merged": [member.id for member in family[1:]],
        "answer": texts.get(question.answer_ref) if is_answered and question.answer_ref else None,
        "reworded": question.by_staff,
        "into": root.id if root is not question and (staff or root.state in PUBLIC) else None,
        "start_ms": question.start_ms if question.pinned_ms is None else question.pinned_ms,
        "end_ms": question.end_ms if question.pinned_ms is None else None,
        "created_utc_ms": question.created_utc_ms,
    }


def _desk_notes(question: Question, texts: Texts) -> dict[str, Any]:
    tags = texts.get(question.tags_ref) if question.tags_ref else None
    return {
        "id": question.id,
        "tags": tags.split("\n") if tags else [],
        "speaker": texts.get(question.speaker_ref) if question.speaker_ref else None,
    }


def _query(question: Question, texts: Texts) -> dict[str, Any] | None:
    if question.query_ref is None:
        return None
    return {
        "id": question.id,
        "text": texts.get(question.query_ref),
        "reply": texts.get(question.reply_ref) if question.reply_ref else None,
        "utc_ms": question.query_utc_ms,
    }


def _touches(question: Question) -> Iterable[Touch]:
    """The author comes last and so keeps seeing what others do not.

    Of a question that was never public the class hears nothing: not even that somebody asked, and who.
    """
    path = f"question/{question.id}"
    yield Touch(path, EVERYBODY if question.was_public else STAFF_ONLY)
    if question.state not in PUBLIC:
        yield Touch(path, owner=question.author)


def _query_touches(question: Question) -> Iterable[Touch]:
    yield Touch(f"query/{question.id}", STAFF_ONLY)
    yield Touch(f"query/{question.id}", owner=question.author)


QUESTION = QuestionIdea()
