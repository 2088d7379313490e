"""Live and replay in one: what everybody saw of a lesson, as one reader may see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from analytics.access import insist_on_report, sees
from analytics.attendance.report import AttendanceLine, AttendanceReport, AttendanceReports
from analytics.lesson_coverage import (
    LessonSums,
    Shares,
    lesson_sums,
    seen_live,
    shares_of,
    shares_of_shown,
    shown_spans,
)
from analytics.neighbours import Media, Medium, MediumKind, PersonCard
from analytics.spans import NOTHING, Spans, difference, length_ms, union
from analytics.store import AnalyticsStore
from analytics.view_store import MediumVersion, ViewStore
from lectern.edge.downloads import made
from lectern.kernel.access import Permission, Principal


@dataclass(frozen=True, slots=True)
class LessonLine:
    """What one person or guest saw of a lesson; `card` is None for a guest."""

    subject: str
    card: PersonCard | None
    name: str | None
    shares: Shares


@dataclass(frozen=True, slots=True)
class LessonCoverage:
    """What everybody saw of a lesson, the most first; `duration_ms` is of what there was to be seen."""

    duration_ms: int
    lines: tuple[LessonLine, ...]
    sums: LessonSums
    completed_from: float


@dataclass(frozen=True, slots=True)
class LessonCoverages:
    """Puts attendance and viewing together when it is asked for."""

    attending: AttendanceReports
    media: Media
    store: AnalyticsStore = field(default_factory=AnalyticsStore)
    views: ViewStore = field(default_factory=ViewStore)

    async def of(self, who: Principal, medium: MediumKind, medium_id: str) -> LessonCoverage:
        """Return what those whom `who` may see saw, live and later, of the lesson behind a replay, or of what
        the newest version of a microcourse shows of it.

        Raises:
            NotFound, Forbidden: no such medium, or not for `who`, who must be allowed to read attendance and
            viewing. Conflict: it cannot be watched yet.
        """
        return await (self.of_replay if medium == "replay" else self.of_microcourse)(who, medium_id)

    async def of_replay(self, who: Principal, replay_id: str) -> LessonCoverage:
        """Return what those whom `who` may see saw of the lesson behind a replay, live and later.

        Raises:
            As `of`.
        """
        found = await self.media.find(who, "replay", replay_id)
        report = await self._report(who, found)
        async with self.attending.database.read() as tx:
            watched = await self.store.watched_replay(tx, found.session_id)
            clock = await self.attending.recordings.clock(tx, found.session_id)
        duration_ms = found.duration_ms
        return await self._put_together(
            who,
            found.org_id,
            report,
            {subject: covered for subject, (covered, _) in watched.items()},
            shares=lambda there, played: shares_of(
                seen_live(there, report.course.first_utc_ms, clock), played, duration_ms
            ),
            duration_ms=duration_ms,
        )

    async def of_microcourse(self, who: Principal, microcourse_id: str) -> LessonCoverage:
        """Return what those whom `who` may see saw of what a microcourse shows: in the lesson, and in it.

        Raises:
            As `of`.
        """
        found = await self.media.find(who, "microcourse", microcourse_id)
        report = await self._report(who, found)
        named = MediumVersion("microcourse", microcourse_id, found.version)
        async with self.attending.database.read() as tx:
            clock = await self.attending.recordings.clock(tx, found.session_id)
            parts = await self.attending.recordings.shown(tx, microcourse_id, found.version)
            watchable = await self.views.find(tx, named)
            records = await self.views.records(tx, watchable.key) if watchable is not None else {}
        return await self._put_together(
            who,
            found.org_id,
            report,
            {subject: record.covered for subject, record in records.items()},
            shares=lambda there, played: shares_of_shown(
                seen_live(there, report.course.first_utc_ms, clock), played, parts
            ),
            duration_ms=length_ms(shown_spans(parts)),
        )

    async def _report(self, who: Principal, found: Medium) -> AttendanceReport:
        insist_on_report(who, Permission.VIEWS_READ, found.org_id, found.session_id)
        return await self.attending.visible(who, found.session_id)

    async def _put_together(
        self,
        who: Principal,
        org_id: str,
        report: AttendanceReport,
        watched: Mapping[str, Spans],
        *,
        shares: Callable[[Spans, Spans], Shares],
        duration_ms: int,
    ) -> LessonCoverage:
        """Return it; `shares` takes when somebody was there (UTC) and what they played of the medium."""
        there = {line.subject: line for line in report.lines}
        aliases = {line.row.participant: line.subject for line in report.lines if line.row.participant}
        played: dict[str, Spans] = {}
        for subject, covered in watched.items():
            whose = aliases.get(subject, subject)
            played[whose] = union(played.get(whose, NOTHING), covered)
        later = [subject for subject in played if subject not in there]
        cards = await self.attending.people.cards(org_id, later)
        # A guest who was not in the lesson is seen by those alone who see everybody.
        unknown = [subject for subject in later if sees(who, cards.get(subject))]

        def put_together() -> LessonCoverage:
            lines = []
            for subject, line in there.items():
                present = _counted(line, away_counts=report.rule.away_counts)
                seen = shares(present, played.get(subject, NOTHING))
                lines.append(LessonLine(subject, line.card, line.name, seen))
            for subject in unknown:
                card = cards.get(subject)
                seen = shares(NOTHING, played[subject])
                lines.append(LessonLine(subject, card, card.name if card else None, seen))
            known = [line for line in lines if line.shares.together > 0]
            known.sort(key=lambda line: (-line.shares.together, line.name or ""))
            sums = lesson_sums((line.shares for line in known), self.attending.completed_from)
            return LessonCoverage(duration_ms, tuple(known), sums, self.attending.completed_from)

        return await made(put_together)


def _counted(line: AttendanceLine, *, away_counts: bool) -> Spans:
    """Return when somebody was there, as attendance counts it."""
    return line.row.there if away_counts else difference(line.row.there, line.row.away)
