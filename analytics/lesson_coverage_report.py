"""Live and replay in one: what everybody saw of a lesson, as one reader may see it."""

from dataclasses import dataclass, field

from analytics.access import insist_on_report, sees
from analytics.attendance.report import AttendanceLine, AttendanceReports
from analytics.lesson_coverage import LessonSums, Shares, lesson_sums, seen_live, shares_of
from analytics.neighbours import Media, PersonCard
from analytics.spans import NOTHING, Spans, difference, union
from analytics.store import AnalyticsStore
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
    """What everybody saw of a lesson, the most first."""

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

    async def of_replay(self, who: Principal, replay_id: str) -> LessonCoverage:
        """Return what those whom `who` may see saw of the lesson behind a replay, live and later.

        Raises:
            NotFound, Forbidden: no such replay, or not for `who`, who must be allowed to read attendance and
            viewing. Conflict: it cannot be watched yet.
        """
        found = await self.media.find(who, "replay", replay_id)
        insist_on_report(who, Permission.VIEWS_READ, found.org_id, found.session_id)
        report = await self.attending.visible(who, found.session_id)
        async with self.attending.database.read() as tx:
            watched = await self.store.watched_replay(tx, found.session_id)
            clock = await self.attending.recordings.clock(tx, found.session_id)
        there = {line.subject: line for line in report.lines}
        aliases = {line.row.participant: line.subject for line in report.lines if line.row.participant}
        played: dict[str, Spans] = {}
        for subject, (covered, _) in watched.items():
            whose = aliases.get(subject, subject)
            played[whose] = union(played.get(whose, NOTHING), covered)
        later = [subject for subject in played if subject not in there]
        cards = await self.attending.people.cards(found.org_id, later)
        # A guest who was not in the lesson is seen by those alone who see everybody.
        unknown = [subject for subject in later if sees(who, cards.get(subject))]

        first, duration_ms = report.course.first_utc_ms, found.duration_ms

        def put_together() -> LessonCoverage:
            lines = []
            for subject, line in there.items():
                live = seen_live(_counted(line, away_counts=report.rule.away_counts), first, clock)
                shares = shares_of(live, played.get(subject, NOTHING), duration_ms)
                lines.append(LessonLine(subject, line.card, line.name, shares))
            for subject in unknown:
                card = cards.get(subject)
                shares = shares_of(NOTHING, played[subject], duration_ms)
                lines.append(LessonLine(subject, card, card.name if card else None, shares))
            seen = [line for line in lines if line.shares.together > 0]
            seen.sort(key=lambda line: (-line.shares.together, line.name or ""))
            sums = lesson_sums((line.shares for line in seen), self.attending.completed_from)
            return LessonCoverage(duration_ms, tuple(seen), sums, self.attending.completed_from)

        return await made(put_together)

    async def of_person(self, who: Principal, replay_id: str, person_id: str) -> float:
        """Return which share (0..1) of the lesson behind a replay one person saw, live or later.

        Raises:
            NotFound: no such replay for `who`. Conflict: it cannot be watched yet.
        """
        found = await self.media.find(who, "replay", replay_id)
        own = await self.attending.own(found.session_id, person=person_id, participant=None)
        subjects = [person_id, *([own.line.row.participant] if own and own.line.row.participant else [])]
        async with self.attending.database.read() as tx:
            watched = await self.store.watched_replay(tx, found.session_id, subjects)
            clock = await self.attending.recordings.clock(tx, found.session_id)
        played = union(NOTHING, *(covered for covered, _ in watched.values()))
        live = NOTHING
        if own is not None:
            counted = _counted(own.line, away_counts=own.rule.away_counts)
            live = seen_live(counted, own.course.first_utc_ms, clock)
        return shares_of(live, played, found.duration_ms).together


def _counted(line: AttendanceLine, *, away_counts: bool) -> Spans:
    """Return when somebody was there, as attendance counts it."""
    return line.row.there if away_counts else difference(line.row.there, line.row.away)
