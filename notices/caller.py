"""The loop that turns what lessons call for into messages in the outbox, in every server process."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.engine import Database
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.kernel.errors import Conflict, NotFound, Overloaded
from lectern.kernel.tasks import run_forever
from notices import call_book
from notices.call_book import CallRow
from notices.calls import UNKNOWN, Call, Say, by_hand, due
from notices.kinds import Kind, LessonFacts
from notices.neighbours import Lessons, PlannedLesson
from notices.outbox import Outbox
from notices.rules import Rules

LOOK_INTERVAL_S: Final = 2.0
_MOST_AT_ONCE: Final = 50
_DAY_MS: Final = 86_400_000
_FORGET_EVERY_MS: Final = _DAY_MS // 24
_FIRST_FORGET_AFTER_MS: Final = 60_000
_OVERTAKEN: Final[Mapping[Kind, Sequence[Kind]]] = MappingProxyType(
    {
        Kind.MOVED: (Kind.INVITED, Kind.MOVED, Kind.COMING, Kind.STARTING),
        Kind.CANCELLED: (Kind.INVITED, Kind.HOSTING, Kind.MOVED, Kind.COMING, Kind.STARTING),
        Kind.HOSTING: (Kind.RELIEVED,),
        Kind.RELIEVED: (Kind.HOSTING,),
        Kind.COMING: (Kind.COMING,),
        Kind.STARTING: (Kind.COMING, Kind.STARTING),
        Kind.MISSED: (Kind.MISSED,),
    }
)
"""What a piece of news makes out of date: in the app, and while it still waits to be sent.

A change says nothing of who hosts: whoever is to host, or is not to, is told that all the same.
"""
_OF_A_LESSON_TO_COME: Final = (Kind.INVITED, Kind.HOSTING, Kind.MOVED, Kind.COMING, Kind.STARTING)
"""What nobody has to read once the lesson is over."""
_MOST_CHECKED: Final = 200
_OF_ONE: Final = frozenset({Kind.HOSTING, Kind.RELIEVED})
"""These overtake what waits for the one person they are about."""

_log = structlog.get_logger()

NoteReminded = Callable[[AsyncConnection, int], Awaitable[None]]
"""Writes down in the transaction how many people are reminded by hand."""


@dataclass(frozen=True, slots=True)
class Told:
    """The same facts for several people."""

    facts: LessonFacts
    person_ids: Sequence[str]


class Caller:
    """Tells people what their lessons call for."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        lessons: Lessons,
        rules: Rules,
        *,
        keep_days: int = 180,
        clock: Clock = utc_ms,
    ) -> None:
        """`rules` are those of organisations that set none."""
        self.database = database
        self.rules = rules
        self._outbox = outbox
        self._lessons = lessons
        self._keep_ms = keep_days * _DAY_MS
        self._clock = clock
        # Not with the start: while a whole class comes back, the work of an hour ago can wait.
        self._forgot_utc_ms = clock() - _FORGET_EVERY_MS + _FIRST_FORGET_AFTER_MS

    async def run(self) -> None:
        """Tell what is due, for ever; ends by cancellation."""
        await run_forever("lesson_caller", self._run)

    async def _run(self) -> None:
        async with self.database.write() as tx:
            await call_book.look_again(tx)  # the settings may be others since the last start
        while True:
            await self.tell_due()
            await self._forget()
            await asyncio.sleep(LOOK_INTERVAL_S)

    async def tell_due(self) -> None:
        """Tell everything that is due now."""
        now = self._clock()
        async with self.database.read() as tx:
            rows = await call_book.overdue(tx, now, _MOST_AT_ONCE)
        for row in rows:
            try:
                await self._tell(row, now)
            except Exception as error:  # noqa: BLE001 (one lesson's trouble must not silence the others)
                _log.warning("lesson_call_failed", session_id=row.session_id, error=repr(error))

    async def _tell(self, row: CallRow, now: UtcMs) -> None:
        async with self.database.read() as tx:
            rules = await call_book.rules_of(tx, row.org_id, self.rules)
        step = due(row.call, rules, now)
        lesson = await self._lessons.planned(row.session_id)
        says = [say for say in step.says if rules.invite or say.kind is not Kind.INVITED]
        told = [] if lesson is None else [(say, await self._whom(lesson, row.call, say)) for say in says]
        told = _each_once(told)
        is_over = step.call.state in ("over", "cancelled")
        undone = await self._lessons.undone(row.session_id) if row.call.recheck else None
        async with self.database.write() as tx:
            if not await call_book.replace(tx, row, step.call, step.next_utc_ms):
                return  # something happened, or another process was faster: the next look sees it
            for say, _ in told:
                await self._overtake(tx, row.session_id, say, now)
            if is_over:
                await self._outbox.store.settle_open(tx, row.session_id, _OF_A_LESSON_TO_COME, now)
            if undone is not None:
                await self._outbox.store.settle_undone(tx, row.session_id, undone, now)
            for say, groups in told:
                await self._put(tx, row, say, groups)

    async def _overtake(self, tx: AsyncConnection, session_id: str, say: Say, now: UtcMs) -> None:
        """End what `say` makes out of date."""
        kinds = _OVERTAKEN.get(say.kind)
        if kinds is None:
            return
        whose = say.ref if say.kind in _OF_ONE else None
        await self._outbox.store.withdraw(tx, session_id, kinds, now, person_id=whose)
        people = None if whose is None else [whose]
        await self._outbox.store.settle_open(tx, session_id, kinds, now, person_ids=people)

    async def _put(self, tx: AsyncConnection, row: CallRow, say: Say, groups: Sequence[Told]) -> None:
        for group in groups:
            await self._outbox.put(
                tx,
                org_id=row.org_id,
                kind=say.kind,
                key=f"{row.session_id}:{say.key}",
                facts=msgspec.to_builtins(group.facts),
                person_ids=group.person_ids,
                session_id=row.session_id,
                expires_utc_ms=_expiry(say.kind, group.facts),
            )

    async def _whom(self, lesson: PlannedLesson, call: Call, say: Say) -> list[Told]:
        """Return who is to be told with which facts."""
        facts = msgspec.structs.replace(lesson.facts, sequence=call.sequence, live=call.state == "live")
        id_ = facts.session_id
        match say.kind:
            case Kind.MISSED:
                groups: dict[tuple[str, ...], list[str]] = {}
                for person_id, undone in (await self._lessons.undone(id_)).items():
                    if undone:
                        groups.setdefault(undone, []).append(person_id)
                return [
                    Told(msgspec.structs.replace(facts, undone=undone), people)
                    for undone, people in groups.items()
                ]
            case Kind.QUESTION_ANSWERED:
                people = list(await self._lessons.askers(id_, say.ref))
            case Kind.HOSTING:
                people = [say.ref] if say.ref == lesson.host_person_id else []
            case Kind.RELIEVED:
                people = [] if say.ref in (lesson.host_person_id, lesson.presenter_person_id) else [say.ref]
                stays = say.ref in await self._lessons.expected(id_)
                facts = msgspec.structs.replace(facts, stays=stays)
            case Kind.REPLAY_SHOWN:
                people = list(await self._lessons.watchers(id_))
                facts = msgspec.structs.replace(facts, replay_id=say.ref.partition(":")[0])
            case Kind.COMING | Kind.STARTING:
                present = await self._lessons.present(id_)
                people = [p for p in await self._lessons.expected(id_) if p not in present]
            case Kind.MOVED | Kind.CANCELLED:
                staff = [p for p in (lesson.presenter_person_id, lesson.host_person_id) if p]
                people = [*await self._lessons.expected(id_), *staff]
            case _:
                people = list(await self._lessons.expected(id_))
        return [Told(facts, people)] if people else []

    async def remind(self, org_id: str, session_id: str, note: NoteReminded) -> int:
        """Remind by hand whoever has not done what the lesson now asks for; return how many that is.

        `note` writes it down in the transaction that does it.

        Raises:
            NotFound: no such lesson. Conflict: it is cancelled (`session_cancelled`).
            Overloaded: people were reminded a moment ago (`reminded_already`).
        """
        now = self._clock()
        lesson = await self._lessons.planned(session_id)
        if lesson is None or lesson.org_id != org_id:
            raise NotFound("session_not_found", "There is no such session.")
        async with self.database.write() as tx:
            await call_book.change(tx, org_id, session_id, lambda call: call or _as_planned(lesson, now))
            row = await call_book.read(tx, session_id)
        assert row is not None, "it was just written"
        if row.call.state == "cancelled":
            raise Conflict("session_cancelled", "This session is cancelled.")
        if (wait_ms := by_hand(row.call, now)) > 0:
            raise Overloaded(
                "reminded_already",
                "People were reminded a moment ago. Please wait some minutes.",
                retry_after_s=wait_ms // 1000 + 1,
            )
        kind = {"planned": Kind.COMING, "live": Kind.STARTING}.get(row.call.state, Kind.MISSED)
        say = Say(kind, f"by_hand:{now}")
        groups = await self._whom(lesson, row.call, say)
        async with self.database.write() as tx:
            call = msgspec.structs.replace(row.call, reminded_utc_ms=now)
            if not await call_book.replace(tx, row, call, 0):
                raise Overloaded("reminded_already", "Somebody else did this just now.", retry_after_s=1)
            await self._overtake(tx, session_id, say, now)
            await self._put(tx, row, say, groups)
            count = sum(len(group.person_ids) for group in groups)
            await note(tx, count)
        return count

    async def check_open(self) -> None:
        """End the reminders that no event ends: of a time that passed, of a form that closed."""
        now = self._clock()
        async with self.database.write() as tx:
            await self._outbox.store.settle_past(tx, now)
        async with self.database.read() as tx:
            sessions = await self._outbox.store.reminded_sessions(tx, _MOST_CHECKED)
        for session_id in sessions:
            undone = await self._lessons.undone(session_id)
            async with self.database.write() as tx:
                await self._outbox.store.settle_undone(tx, session_id, undone, now)

    async def _forget(self) -> None:
        """Delete old messages and end what is past, once an hour."""
        now = self._clock()
        if 0 <= now - self._forgot_utc_ms < _FORGET_EVERY_MS:
            return
        self._forgot_utc_ms = now
        await self.check_open()
        async with self.database.write() as tx:
            forgotten = await self._outbox.store.forget(tx, now - self._keep_ms)
        if forgotten:
            _log.info("notices_forgotten", count=forgotten)


def _each_once(told: Sequence[tuple[Say, list[Told]]]) -> list[tuple[Say, list[Told]]]:
    """Leave out of a change whoever is told in the same breath that they host: that says the plan already."""
    hosts = {say.ref for say, _ in told if say.kind is Kind.HOSTING}

    def others(group: Told) -> Told:
        return Told(group.facts, [person for person in group.person_ids if person not in hosts])

    return [
        (say, [others(group) for group in groups] if say.kind is Kind.MOVED else groups)
        for say, groups in told
    ]


def _expiry(kind: Kind, facts: LessonFacts) -> int | None:
    """Return until when a message is worth sending (None: as long as it is tried at all)."""
    if kind is Kind.COMING:
        return facts.starts_utc_ms
    return facts.starts_utc_ms + facts.minutes * 60_000 if kind is Kind.STARTING else None


def _as_planned(lesson: PlannedLesson, now: UtcMs) -> Call:
    states = {"scheduled": "planned", "live": "live"}
    state = states.get(lesson.state)
    if state is None:
        return UNKNOWN
    facts = lesson.facts
    return Call(
        title=facts.title,
        starts_utc_ms=facts.starts_utc_ms,
        zone=facts.zone,
        changed_utc_ms=now,
        state="planned" if state == "planned" else "live",
        told=True,
    )
