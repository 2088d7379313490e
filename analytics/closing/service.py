"""Closing the attendance of a lesson, looking at what was closed, and taking it out of the house."""

import asyncio
import secrets
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, field, replace

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.attendance.books import Act, Book
from analytics.attendance.report import AttendanceReport, AttendanceReports
from analytics.attendance.store import CaseStore
from analytics.closing.chain import SALT_BYTES, Entry, SealedRecord, seal
from analytics.closing.differences import ADDED, REMOVED, Change, differences
from analytics.closing.freezing import Amending, Closing, header_of, row_of, subjects_of
from analytics.closing.inspection import Inspection, inspected
from analytics.closing.neighbours import Herald, Keys, Lesson, Lessons, News
from analytics.closing.obstacles import InTheWay, in_the_way, insist_on_closing
from analytics.closing.press import Form, Press, Tell
from analytics.closing.signing import SigningKey
from analytics.closing.store import Amendment, ClosingStore, Edition, outrun
from analytics.neighbours import People
from analytics.sheet_words import Lang
from lectern.db.engine import Database
from lectern.db.trail import Trail
from lectern.kernel.access import Permission, Principal, insist_on_running
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.kernel.errors import Conflict, Forbidden, NotFound, Rejected

LONGEST_REASON = 500
_TRIES = 3
_BY_HAND = frozenset({"checkin", "roster", ADDED, REMOVED})
"""What somebody changed even where a record does not say who: check-ins of earlier releases, the roster."""
"""How often what somebody changed meanwhile is read anew before they are told."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a session stands: what is unsettled, what was closed, and whose rows would be different now.

    `names` are of staff, `people` of the rows, by id. `intact` False: the newest record in the database is
    not what was once closed there.
    """

    lesson: Lesson
    book: Book
    open: tuple[InTheWay, ...]
    editions: tuple[Edition, ...]
    amendment: Amendment | None
    reason: str | None
    names: dict[str, str]
    changes: tuple[Change, ...]
    people: dict[str, str]
    intact: bool


@dataclass(slots=True)
class Closings:
    """What can be done. `who` always sees everybody: a record of some of the people would be none."""

    database: Database
    reports: AttendanceReports
    people: People
    lessons: Lessons
    cases: CaseStore
    keys: Keys
    trail: Trail
    herald: Herald
    store: ClosingStore = field(default_factory=ClosingStore)
    press: Press = field(default_factory=Press)
    clock: Clock = utc_ms

    async def standing(self, who: Principal, session_id: str) -> Standing:
        """Return how a session stands.

        Raises:
            NotFound, Forbidden: no such session, or not for `who`.
        """
        lesson = await self._readable(who, session_id)
        async with self.database.read() as tx:
            book = await self.store.book(tx, session_id)
            editions = await self.store.editions(tx, session_id)
            newest = await self.store.file(tx, session_id, editions[-1].edition) if editions else None
            amendment = await self.store.amendment(tx, session_id)
            forgotten = await self.store.forgotten(tx, lesson.org_id)
        report = await self.reports.everybody(session_id)
        known = Inspection()
        changes: tuple[Change, ...] = ()
        if newest is not None:
            known, changes = await asyncio.to_thread(_compared, newest, report, forgotten)
        mentioned = {edition.closed_by for edition in editions} | {by for one in changes for by in one.by}
        if amendment is not None:
            mentioned.add(amendment.begun_by)
        cards = await self.people.cards(lesson.org_id, mentioned)
        return Standing(
            lesson,
            book,
            tuple(await self._in_the_way(lesson, report)),
            tuple(editions),
            amendment,
            known.text(0, "reason"),
            {id_: card.name for id_, card in cards.items()},
            changes,
            {line.subject: line.name for line in report.lines if line.name is not None},
            not editions or (known.holds and known.head == editions[-1].head),
        )

    async def amend(self, who: Principal, session_id: str, *, after: int, reason: str) -> None:
        """Begin to amend version `after`: until it is closed, staff may correct again.

        Raises:
            NotFound, Forbidden: no such session, or not for `who`. Rejected: no reason.
            Conflict: it is not closed, somebody amends it already, or another version holds by now.
        """
        lesson = await self._readable(who, session_id)
        who.require(Permission.SESSIONS_WRITE)
        why = _checked_reason(reason, needed=True)
        async with self.database.write() as tx:
            await self.cases.lock_session(tx, session_id)
            book = await self.store.book(tx, session_id)
            book.after(Act.AMEND)
            if book.edition != after:
                raise outrun()
            amendment = Amendment(session_id, lesson.org_id, after, who.subject_id, self.clock(), why)
            await self.store.begin_amendment(tx, amendment)
            await self.trail.write(tx, who, "attendance_amendment_begun", session_id, {"edition": after})

    async def drop_amendment(self, who: Principal, session_id: str) -> None:
        """Give an amendment up, as long as nobody has corrected anything.

        Raises:
            NotFound, Forbidden: no such session, or not for `who`.
            Conflict: there is none, or something was corrected (`amendment_has_changes`).
        """
        lesson = await self._readable(who, session_id)
        who.require(Permission.SESSIONS_WRITE)
        for _ in range(_TRIES):
            async with self.database.read() as tx:
                book = await self.store.book(tx, session_id)
                book.after(Act.DROP)
                newest = await self.store.file(tx, session_id, book.edition)
                forgotten = await self.store.forgotten(tx, lesson.org_id)
                mark = await self.cases.mark(tx, session_id, lesson.org_id)
            report = await self.reports.everybody(session_id)
            known, changes = await asyncio.to_thread(_compared, newest or b"", report, forgotten)
            corrected = sum(bool(change.by) or not _BY_HAND.isdisjoint(change.what) for change in changes)
            if corrected or _has_another_rule(known, report):
                raise Conflict(
                    "amendment_has_changes",
                    "Corrections were made already: they stay, and are closed as the next version.",
                    people=corrected,
                )
            async with self.database.write() as tx:
                if not await self._is_as_before(tx, lesson, report, mark):
                    continue
                (await self.store.book(tx, session_id)).after(Act.DROP)
                await self.store.end_amendment(tx, session_id)
                details = {"edition": book.edition}
                await self.trail.write(tx, who, "attendance_amendment_dropped", session_id, details)
                return
        raise outrun()

    async def close(
        self, who: Principal, session_id: str, *, after: int, accepted: Sequence[str], reason: str
    ) -> Edition:
        """Close the attendance: the first time, or as the version that follows on `after`, with a reason.

        What is sealed is what holds at the commit: whoever corrects, objects or answers meanwhile is either
        in it, or refused.

        Raises:
            NotFound, Forbidden: no such session, or not for `who`. Conflict: not now (see `obstacles`), or
            somebody else was faster. Rejected: a new version needs a reason.
        """
        lesson = await self._readable(who, session_id)
        who.require(Permission.SESSIONS_WRITE)
        for _ in range(_TRIES):
            draft = await self._drafted(who, lesson, after=after, accepted=accepted, reason=reason)
            async with self.database.write() as tx:
                if not await self._is_as_before(tx, lesson, draft.report, draft.mark):
                    continue
                (await self.store.book(tx, session_id)).after(Act.CLOSE)
                amendment = await self.store.amendment(tx, session_id)
                forgotten = await self.store.forgotten(tx, lesson.org_id)
                if (amendment, forgotten) != (draft.amendment, draft.forgotten):
                    continue
                await self._keep(tx, who, lesson, draft)
            return draft.edition
        raise outrun()

    async def _drafted(
        self, who: Principal, lesson: Lesson, *, after: int, accepted: Sequence[str], reason: str
    ) -> "_Draft":
        """Return the version as it would be now, sealed, but not kept."""
        async with self.database.read() as tx:
            editions = await self.store.editions(tx, lesson.id)
            newest = await self.store.file(tx, lesson.id, after) if editions else None
            amendment = await self.store.amendment(tx, lesson.id)
            forgotten = await self.store.forgotten(tx, lesson.org_id)
            mark = await self.cases.mark(tx, lesson.id, lesson.org_id)
        if len(editions) != after:
            raise outrun()
        begun = amendment.reason if amendment is not None else None
        why = _checked_reason(reason or begun or "", needed=after > 0)
        now = self.clock()
        report = await self.reports.everybody(lesson.id)
        found = await self._in_the_way(lesson, report)
        insist_on_closing(found, accepted)
        changes: tuple[Change, ...] = ()
        known = Inspection()
        if newest is not None:
            known, changes = await asyncio.to_thread(_compared, newest, report, forgotten)
        cards = await self.people.cards(
            lesson.org_id, {who.subject_id, *(by for change in changes for by in change.by)} - forgotten
        )
        names = {id_: card.name for id_, card in cards.items()}
        amending = None
        if after > 0:
            begun_by, begun_ms = who.subject_id, int(now)
            if amendment is not None:
                begun_by, begun_ms = amendment.begun_by, amendment.begun_utc_ms
            amending = Amending(after, begun_by, begun_ms, changes, _has_another_rule(known, report), names)
        over = tuple(one.obstacle.value for one in found)
        closing = Closing(
            after + 1,
            editions[-1].head if editions else None,
            who.subject_id,
            names.get(who.subject_id),
            now,
            why,
            over,
            amending,
        )
        key = await self.keys.current(lesson.organisation)
        header = header_of(lesson, closing, report)
        sealed, subjects = await asyncio.to_thread(_sealed, header, report, key, who.subject_id, forgotten)
        edition = Edition(
            lesson.id,
            closing.edition,
            lesson.org_id,
            sealed.head,
            closing.previous_head,
            sealed.fingerprint,
            len(report.lines),
            now,
            who.subject_id,
            over,
        )
        return _Draft(edition, sealed, subjects, report, mark, len(changes), amendment, forgotten)

    async def _is_as_before(
        self, tx: AsyncConnection, lesson: Lesson, report: AttendanceReport, mark: Hashable
    ) -> bool:
        """Hold the session, and tell whether all that a report stands on is still so."""
        await self.cases.lock_session(tx, lesson.id)
        if await self.cases.mark(tx, lesson.id, lesson.org_id) != mark:
            return False
        # Whoever changes the roster holds the session too.
        expected = {line.row.person for line in report.lines if line.row.expected}
        if expected != set(await self.reports.sessions.expected(lesson.id)):
            return False
        return not await self.reports.has_news(tx, lesson.id, report.seq)

    async def _keep(self, tx: AsyncConnection, who: Principal, lesson: Lesson, draft: "_Draft") -> None:
        edition = draft.edition
        await self.store.add(tx, edition, draft.sealed, draft.subjects)
        await self.store.end_amendment(tx, lesson.id)
        if draft.report.rule_of != "session":
            # From now on a change of everybody's rule is none of this lesson's business.
            rule, now = replace(draft.report.rule, planned_minutes=None), UtcMs(edition.closed_utc_ms)
            await self.cases.put_rule(tx, lesson.org_id, lesson.id, rule, by=who.subject_id, now=now)
        details = {
            "edition": edition.edition,
            "head": edition.head,
            "previous_head": edition.previous_head,
            "fingerprint": edition.fingerprint,
            "people": edition.people,
            "changed": draft.changed,
            "accepted": list(edition.accepted),
        }
        await self.trail.write(tx, who, "attendance_closed", lesson.id, details)
        news = News(
            lesson,
            edition.edition,
            edition.head,
            edition.fingerprint,
            edition.people,
            edition.closed_utc_ms,
            who.subject_id,
        )
        await self.herald.announce(tx, news)

    async def export(
        self,
        who: Principal,
        session_id: str,
        edition: int,
        form: Form,
        lang: Lang,
        *,
        tell: Tell | None = None,
    ) -> tuple[Lesson, bytes]:
        """Return the file of a closed record; who took it out stands in the audit log.

        Raises:
            NotFound, Forbidden: no such record, or not for `who`. Overloaded: others are being made.
            Conflict: this one is being made for `who` already.
        """
        lesson = await self._readable(who, session_id)
        async with self.database.read() as tx:
            record = await self.store.file(tx, session_id, edition)
        if record is None:
            raise NotFound("record_not_found", "This attendance was not closed so often.")
        key = await self.keys.current(lesson.organisation) if form == "pdf" else None
        made = await self.press.make(
            form,
            lang,
            record,
            key,
            self.clock(),
            whose=(who.subject_id, session_id, edition, form, lang),
            tell=tell or (lambda _done, _of: None),
        )
        async with self.database.write() as tx:
            details = {"edition": edition, "form": form}
            await self.trail.write(tx, who, "attendance_record_exported", session_id, details)
        return lesson, made

    async def _in_the_way(self, lesson: Lesson, report: AttendanceReport) -> list[InTheWay]:
        make_ups = await self.lessons.make_ups(lesson.id)
        objections = sum(line.has_open_objection for line in report.lines)
        return in_the_way(lesson, make_ups, objections, UtcMs(self.clock()))

    async def _readable(self, who: Principal, session_id: str) -> Lesson:
        lesson = await self.lessons.lesson(session_id)
        if who.org_id != lesson.org_id:
            raise NotFound("session_not_found", "There is no such session.")
        who.require(Permission.ATTENDANCE_READ)
        if not who.sees_everybody:
            raise Forbidden("not_allowed", "You are not allowed to do this. Ask an administrator.")
        # A record holds what the table shows to these alone: why somebody was excused, what they objected.
        led_by = (lesson.presenter_person_id, lesson.host_person_id)
        insist_on_running(who, led_by, needs=Permission.ATTENDANCE_READ)
        return lesson


def _checked_reason(reason: str, *, needed: bool) -> str | None:
    words = reason.strip()
    if needed and not words:
        raise Rejected("reason_missing", "Say why the closed attendance has to change.")
    if len(words) > LONGEST_REASON:
        raise Rejected("reason_too_long", "This reason is too long.", limit=LONGEST_REASON)
    return words or None


@dataclass(frozen=True, slots=True)
class _Draft:
    """A version that is sealed, but not kept yet, and what it stands on."""

    edition: Edition
    sealed: SealedRecord
    subjects: dict[tuple[int, str], str]
    report: AttendanceReport
    mark: Hashable
    changed: int
    amendment: Amendment | None
    forgotten: frozenset[str]


def _sealed(
    header: Entry, report: AttendanceReport, key: SigningKey, by: str, forgotten: Collection[str]
) -> tuple[SealedRecord, dict[tuple[int, str], str]]:
    rows = [(line.subject, row_of(line, forgotten)) for line in report.lines]
    entries = [entry for _, entry in rows]
    count = sum(len(entry.private) for entry in (header, *entries))
    salts = [secrets.token_bytes(SALT_BYTES) for _ in range(count)]
    return seal(header, entries, salts, key), subjects_of(header, by, rows)


def _has_another_rule(known: Inspection, report: AttendanceReport) -> bool:
    return bool(known.header.get("rule") != msgspec.to_builtins(report.rule))


def _compared(
    file: bytes, report: AttendanceReport, forgotten: Collection[str]
) -> tuple[Inspection, tuple[Change, ...]]:
    known = inspected(file)
    after = ((line.subject, row_of(line, forgotten)) for line in report.lines)
    sheet = ((subject, entry.public, entry.private) for subject, entry in after)
    return known, differences(known.sheet(), sheet)
