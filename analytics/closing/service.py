"""Closing the attendance of a lesson, looking at what was closed, and taking it out of the house."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from analytics.attendance.report import AttendanceReport, AttendanceReports
from analytics.closing.chain import SALT_BYTES, Entry, SealedRecord, seal
from analytics.closing.freezing import Closing, changes, header_of, row_of, subjects_of
from analytics.closing.inspection import Inspection, inspected
from analytics.closing.neighbours import Herald, Keys, Lesson, Lessons, News
from analytics.closing.obstacles import InTheWay, in_the_way, insist_on_closing
from analytics.closing.press import Form, Press
from analytics.closing.signing import SigningKey
from analytics.closing.store import ClosingStore, Edition, outrun
from analytics.neighbours import People, Trail
from analytics.sheet_words import Lang
from lectern.db.engine import Database
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.kernel.errors import Forbidden, NotFound, Rejected

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """How a session stands: what is unsettled, what was closed, and how many rows would be different now.

    `intact` False: the newest record in the database is not what was once closed there.
    """

    lesson: Lesson
    open: tuple[InTheWay, ...]
    editions: tuple[Edition, ...]
    reason: str | None
    names: dict[str, str]
    changed: int
    intact: bool


@dataclass(slots=True)
class Closings:
    """What can be done. `who` always sees everybody: a record of some of the people would be none."""

    database: Database
    reports: AttendanceReports
    people: People
    lessons: Lessons
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
            editions = await self.store.editions(tx, session_id)
            newest = await self.store.file(tx, session_id, editions[-1].edition) if editions else None
        changed, known = 0, Inspection()
        report = await self.reports.everybody(session_id)
        if newest is not None:
            known, changed = await asyncio.to_thread(_compared, newest, report)
        cards = await self.people.cards(lesson.org_id, {edition.closed_by for edition in editions})
        return Standing(
            lesson,
            tuple(await self._in_the_way(lesson, report)),
            tuple(editions),
            known.text(0, "reason"),
            {id_: card.name for id_, card in cards.items()},
            changed,
            not editions or (known.holds and known.head == editions[-1].head),
        )

    async def close(
        self, who: Principal, session_id: str, *, after: int, accepted: Sequence[str], reason: str
    ) -> Edition:
        """Close the attendance: the first time, or anew on top of edition `after` with a reason.

        Raises:
            NotFound, Forbidden: no such session, or not for `who`. Conflict: not now (see `obstacles`), or
            somebody else was faster. Rejected: a new edition needs a reason.
        """
        lesson = await self._readable(who, session_id)
        who.require(Permission.SESSIONS_WRITE)
        why = _checked_reason(reason, needed=after > 0)
        async with self.database.read() as tx:
            editions = await self.store.editions(tx, session_id)
        if len(editions) != after:
            raise outrun()
        now = self.clock()
        report = await self.reports.everybody(session_id)
        found = await self._in_the_way(lesson, report)
        insist_on_closing(found, accepted)
        cards = await self.people.cards(lesson.org_id, [who.subject_id])
        by_name = cards[who.subject_id].name if who.subject_id in cards else None
        over = tuple(one.obstacle.value for one in found)
        closing = Closing(
            after + 1, editions[-1].head if editions else None, who.subject_id, by_name, now, why, over
        )
        key = await asyncio.to_thread(self.keys.current, lesson.organisation)
        header = header_of(lesson, closing, report)
        sealed, subjects = await asyncio.to_thread(_sealed, header, report, key, who.subject_id)
        edition = Edition(
            session_id,
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
        news = News(
            lesson,
            edition.edition,
            sealed.head,
            sealed.fingerprint,
            edition.people,
            now,
            who.subject_id,
            why,
        )
        details = {
            "edition": edition.edition,
            "head": sealed.head,
            "previous_head": closing.previous_head,
            "fingerprint": sealed.fingerprint,
            "people": edition.people,
            "accepted": list(over),
        }
        async with self.database.write() as tx:
            await self.store.add(tx, edition, sealed, subjects)
            await self.trail.write(tx, who, "attendance_closed", session_id, details)
            await self.herald.announce(tx, news)
        return edition

    async def export(
        self, who: Principal, session_id: str, edition: int, form: Form, lang: Lang
    ) -> tuple[Lesson, bytes]:
        """Return the file of a closed record; who took it out stands in the audit log.

        Raises:
            NotFound, Forbidden: no such record, or not for `who`. Overloaded: others are being made.
        """
        lesson = await self._readable(who, session_id)
        async with self.database.read() as tx:
            record = await self.store.file(tx, session_id, edition)
        if record is None:
            raise NotFound("record_not_found", "This attendance was not closed so often.")
        key = await asyncio.to_thread(self.keys.current, lesson.organisation) if form == "pdf" else None
        made = await self.press.make(form, lang, record, key, self.clock())
        async with self.database.write() as tx:
            details = {"edition": edition, "form": form}
            await self.trail.write(tx, who, "attendance_record_exported", session_id, details)
        return lesson, made

    async def forget(self, who: Principal, subject: str) -> int:
        """Erase names, numbers, departments and words of `subject` in all closed records of the organisation.

        Raises:
            Forbidden: `who` is no administrator.
        """
        who.require(Permission.ADMIN)
        async with self.database.write() as tx:
            erased = await self.store.forget(tx, who.org_id, subject)
            await self.trail.write(tx, who, "attendance_identity_erased", subject, {"disclosures": erased})
        return erased

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
        _insist_on_judging(who, lesson)
        return lesson


def _insist_on_judging(who: Principal, lesson: Lesson) -> None:
    """Let pass presenter and host of the lesson, administrators, and keys.

    A record holds what the table shows to these alone: why somebody was excused, and what they objected.
    """
    runs_it = who.person_id in (lesson.presenter_person_id, lesson.host_person_id)
    if not (runs_it or who.allows(Permission.ADMIN) or who.person_id is None):
        raise Forbidden("not_your_session", "Only its presenter, its host or an administrator may do this.")


def _checked_reason(reason: str, *, needed: bool) -> str | None:
    words = reason.strip()
    if needed and not words:
        raise Rejected("reason_missing", "Say why the closed attendance has to change.")
    if len(words) > LONGEST_REASON:
        raise Rejected("reason_too_long", "This reason is too long.", limit=LONGEST_REASON)
    return words or None


def _sealed(
    header: Entry, report: AttendanceReport, key: SigningKey, by: str
) -> tuple[SealedRecord, dict[tuple[int, str], str]]:
    rows = [(line.subject, row_of(line)) for line in report.lines]
    entries = [entry for _, entry in rows]
    count = sum(len(entry.private) for entry in (header, *entries))
    salts = [secrets.token_bytes(SALT_BYTES) for _ in range(count)]
    return seal(header, entries, salts, key), subjects_of(header, by, rows)


def _compared(file: bytes, report: AttendanceReport) -> tuple[Inspection, int]:
    known = inspected(file)
    before = [
        (
            str(row.get("person") or row.get("participant") or ""),
            row,
            {
                label: value
                for label in row.get("commitments", {})
                if (value := known.text(at, label)) is not None
            },
        )
        for at, row in enumerate(known.rows, 1)
    ]
    return known, changes(before, [(line.subject, row_of(line)) for line in report.lines])
