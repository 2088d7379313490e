"""Puts course measures together: viewing from its sums, answers of viewers, exams from the timelines."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.answering import READ, grade, read_answers
from analytics.attendance.happening import Happening
from analytics.attendance.store import CaseStore
from analytics.chance import Share
from analytics.course_measures import (
    NO_STARS,
    Grouping,
    Measures,
    MediumMeasures,
    Row,
    answered_with,
    rows_of,
    total,
)
from analytics.lesson_tables import exam_sums
from analytics.neighbours import MediumKind, MediumResponse, Responses, SeriesFacts, Shelf
from analytics.play_record import unpacked
from analytics.store import AnalyticsStore
from analytics.view_reports import MOST_IN_FILE, ViewReports
from analytics.view_store import Watchable
from analytics.view_sums import Sums, within_period
from lectern.db.one_of import one_of
from lectern.db.upsert import put
from lectern.edge.downloads import made
from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import Forbidden

COUNTING_S = 2.0
_KINDS: tuple[MediumKind, ...] = ("replay", "microcourse")
_IDS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the table is about; without a category or a department of everything, of everybody."""

    period: str
    by: Grouping = "medium"
    category_id: str | None = None
    department_id: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A row with its title; None: it was deleted."""

    row: Row
    title: str | None


@dataclass(frozen=True, slots=True)
class CourseMeasures:
    """A page of the table. `rows` are all there are, `whole` their media together; `people` watched anything.

    `uncounted` lessons of the page have an exam that is not counted yet: ask again.
    """

    wanted: Wanted
    rows: int
    people: int
    whole: Measures
    lines: tuple[Line, ...]
    uncounted: int


@dataclass(frozen=True, slots=True)
class MeasureReports:
    """Reads the measures; `mono_s` is a clock that never goes back."""

    views: ViewReports
    responses: Responses
    shelf: Shelf
    mono_s: Callable[[], float]
    timeline: AnalyticsStore = field(default_factory=AnalyticsStore)
    cases: CaseStore = field(default_factory=CaseStore)

    async def of(
        self, who: Principal, wanted: Wanted, *, start: int = 0, limit: int = MOST_IN_FILE
    ) -> CourseMeasures:
        """Return rows of the table, the most used first.

        Raises:
            Forbidden: `who` may not see everybody's viewing. NotFound: no such category or department.
        """
        who.require(Permission.VIEWS_READ)
        if not who.sees_everybody:
            raise Forbidden("not_allowed", "These figures are about everybody. Ask an administrator.")
        org_id, people = who.org_id, None
        if wanted.department_id is not None:
            people = await self.shelf.members(org_id, wanted.department_id)
        kept = None
        if wanted.category_id is not None:
            kept = await self.shelf.in_category(org_id, wanted.category_id)
        responses = await self.responses.of(org_id, wanted.period, people)
        viewed, watching = await self._viewed(who, wanted.period, people)
        media = _media(viewed, responses, kept)
        series = await self.shelf.series(org_id) if wanted.by == "series" else {}
        if kept is not None:
            series = {id_: facts for id_, facts in series.items() if _is_in(id_, facts, kept)}
        rows = rows_of(media, wanted.by, series=series, responses=responses)
        page = rows[start : start + limit]
        exams, uncounted = ({}, 0) if people is not None else await self._exams(org_id, page)
        titles = await self._titles(org_id, page, series)
        lines = [
            Line(replace(row, measures=replace(row.measures, exam=_exam(row, exams))), titles.get(row.id))
            for row in page
        ]
        whole = total([each.measures for each in media])
        return CourseMeasures(wanted, len(rows), watching, whole, tuple(lines), uncounted)

    async def _viewed(
        self, who: Principal, period: str, people: Collection[str] | None
    ) -> tuple[dict[tuple[str, str], tuple[str, Measures]], int]:
        """Return how media were watched, with their sessions, by kind and id; and how many people watched."""
        store = self.views.store
        if people is None:
            report = await self.views.period(who, period, limit=MOST_IN_FILE)
            return _merged((line.medium, line.sums) for line in report.lines), report.people
        async with self.views.database.read() as tx:
            found = await store.watched_by(tx, who.org_id, period, people)
            active = await store.active(tx, who.org_id, period, people)

        def summed() -> dict[tuple[str, str], tuple[str, Measures]]:
            return _merged(
                (medium, within_period(unpacked(record), medium.terms, period)) for medium, record in found
            )

        return await made(summed), active

    async def _exams(self, org_id: str, rows: Sequence[Row]) -> tuple[dict[str, Share], int]:
        """Return right answers by session, and of how many lessons they are not counted yet."""
        wanted = sorted({row.session_id for row in rows if _has_exam(row) and row.session_id})
        until, left = self.mono_s() + COUNTING_S, 0
        async with self.views.database.read() as tx:
            heads = await self.cases.heads(tx, org_id, wanted)
            known = await _counted(tx, org_id, wanted)
        found: dict[str, Share] = {}
        for session_id in wanted:
            seq, share = known.get(session_id, (-1, None))
            if share is None or seq < heads.get(session_id, 0):
                if self.mono_s() >= until:
                    left += 1
                    continue
                share = await self._count(org_id, session_id, heads.get(session_id, 0))
            found[session_id] = share
        return found, left

    async def _count(self, org_id: str, session_id: str, seq: int) -> Share:
        async with self.views.database.read() as tx:
            happened = await self.timeline.happenings(tx, session_id, READ)
        share = await made(lambda: exam_of(happened))
        row = {"session_id": session_id, "org_id": org_id, "seq": seq}
        async with self.views.database.write() as tx:
            await put(tx, exam_sums, row | {"answered": share.of, "correct": share.hits})
        return share

    async def _titles(
        self, org_id: str, rows: Sequence[Row], series: Mapping[str, SeriesFacts]
    ) -> dict[str, str]:
        found = {id_: facts.title for id_, facts in series.items()}
        sessions = [row.id for row in rows if row.kind == "session"]
        if sessions:
            found |= await self.shelf.lessons(org_id, sessions)
        async with self.views.database.read() as tx:
            for kind in _KINDS:
                ids = sorted(row.id for row in rows if row.kind == kind)
                for at in range(0, len(ids), _IDS_AT_ONCE):
                    found |= await self.views.media.titles(tx, org_id, kind, ids[at : at + _IDS_AT_ONCE])
        return found


def exam_of(happened: Iterable[Happening]) -> Share:
    """Return right answers of answers, over the polls of a lesson that have a right one."""
    polls, members = read_answers(happened)
    right = answered = 0
    for asked in polls:
        if not asked.scored:
            continue
        if asked.anonymous:
            counted = asked.counted or {}
            right, answered = right + int(counted.get("right", 0)), answered + int(counted.get("ballots", 0))
        else:
            sums = grade([asked], set(members))
            right, answered = right + sums.right, answered + sums.answered
    return Share(right, answered)


async def _counted(
    tx: AsyncConnection, org_id: str, session_ids: Sequence[str]
) -> dict[str, tuple[int, Share]]:
    columns = exam_sums.c
    query = select(exam_sums).where(columns.org_id == org_id, one_of(columns.session_id, session_ids))
    return {row.session_id: (row.seq, Share(row.correct, row.answered)) for row in await tx.execute(query)}


def _has_exam(row: Row) -> bool:
    """A lesson was examined live: so were its replay's viewers, but not those of what was cut from it."""
    return row.kind in ("session", "replay")


def _exam(row: Row, exams: Mapping[str, Share]) -> Share | None:
    share = exams.get(row.session_id or "") if _has_exam(row) else None
    return share if share is not None and share.of else None


def _is_in(series_id: str, facts: SeriesFacts, kept: Collection[tuple[str, str]]) -> bool:
    """A series belongs to a category that it, or anything in it, stands in."""
    return ("series", series_id) in kept or any(key in kept for key in facts.media)


def _merged(found: Iterable[tuple[Watchable, Sums]]) -> dict[tuple[str, str], tuple[str, Measures]]:
    """Return all versions of each medium together."""
    media: dict[tuple[str, str], tuple[str, Measures]] = {}
    for medium, sums in found:
        if not sums.viewers:
            continue
        key = (medium.named.medium, medium.named.medium_id)
        _, before = media.get(key, ("", Measures()))
        watched = Measures(sums.viewers, sums.sittings, sums.effort_ms, sums.reached_80)
        media[key] = (medium.session_id, before.plus(watched))
    return media


def _media(
    viewed: Mapping[tuple[str, str], tuple[str, Measures]],
    responses: Mapping[tuple[str, str], MediumResponse],
    kept: Collection[tuple[str, str]] | None,
) -> list[MediumMeasures]:
    """Return what was watched or answered, of what stands in the category."""
    found = []
    for kind in _KINDS:
        keys = {key for key in (*viewed, *responses) if key[0] == kind and (kept is None or key in kept)}
        for key in sorted(keys):
            session_id, measures = viewed.get(key, ("", Measures(stars=NO_STARS)))
            response = responses.get(key)
            if response is not None:
                session_id, measures = response.session_id or session_id, answered_with(measures, response)
            found.append(MediumMeasures(kind, key[1], session_id, measures))
    return found
