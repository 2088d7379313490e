"""How media were watched: one medium, second by second and viewer by viewer, and all of them by period."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.access import insist_on_report, sees
from analytics.neighbours import AllMedia, Medium, MediumKind, People, PersonCard, PlayedKind
from analytics.play_record import PlayRecord
from analytics.spans import Spans, length_ms
from analytics.store import AnalyticsStore
from analytics.view_store import MediumVersion, PeriodRow, ViewStore, Watchable
from analytics.view_sums import ALL, Curves, Sums, Terms, Whole, drawn
from analytics.viewing import CompletionClasses, completion_classes, coverage, heat
from lectern.db.engine import Database
from lectern.edge.downloads import made
from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import Forbidden

PAGE = 100
MOST_IN_FILE = 50_000


@dataclass(frozen=True, slots=True)
class ViewerLine:
    """What one viewer watched of a medium; `card` is None for a guest."""

    subject: str
    card: PersonCard | None
    name: str | None
    record: PlayRecord
    covered: Spans
    coverage: float
    effort_ms: int


@dataclass(frozen=True, slots=True)
class ViewingReport:
    """How a medium was watched, by those whom the reader may see."""

    duration_ms: int
    lines: tuple[ViewerLine, ...]
    heat: tuple[int, ...]
    classes: CompletionClasses


@dataclass(frozen=True, slots=True)
class Figures:
    """A medium's sums and curves, over those whom the reader may see."""

    duration_ms: int
    version: int
    sums: Sums
    curves: Curves


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """How one medium was watched in a period; `title` is None where it was deleted."""

    medium: Watchable
    title: str | None
    sums: Sums

    @property
    def completion(self) -> float:
        """The share of viewers who covered 80 % within the period."""
        return self.sums.reached_80 / self.sums.viewers if self.sums.viewers else 0.0


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """A month, a quarter or a year of an organisation."""

    period: str
    media: int
    people: int
    sums: Sums
    lines: tuple[PeriodLine, ...]
    after: tuple[int, int] | None = None
    """Where the next page begins."""


@dataclass(frozen=True, slots=True)
class ViewReports:
    """Reads sums where all may be seen, and records where only some."""

    database: Database
    people: People
    media: AllMedia
    store: ViewStore = field(default_factory=ViewStore)
    timeline: AnalyticsStore = field(default_factory=AnalyticsStore)

    async def viewing(self, who: Principal, medium: PlayedKind, medium_id: str) -> ViewingReport:
        """Return how the newest version of a medium was watched, by whom.

        Raises:
            NotFound, Forbidden: no such medium, or not for `who`. Conflict: it cannot be watched yet.
        """
        found = await self._found(who, medium, medium_id)
        async with self.database.read() as tx:
            watchable = await self.store.find(tx, MediumVersion(medium, medium_id, found.version))
            records = await self.store.records(tx, watchable.key) if watchable else {}
        lines = await self._lines(who, found, records)
        lines.sort(key=lambda line: (-line.coverage, line.name or ""))
        covered = [line.covered for line in lines]
        return ViewingReport(
            found.duration_ms,
            tuple(lines),
            tuple(heat(covered, found.duration_ms)),
            completion_classes(covered, found.duration_ms),
        )

    async def figures(self, who: Principal, medium: PlayedKind, medium_id: str) -> Figures:
        """Return the newest version's sums and curves; a line manager's are of own people alone.

        Raises:
            NotFound, Forbidden: no such medium, or not for `who`. Conflict: it cannot be watched yet.
        """
        found = await self._found(who, medium, medium_id)
        sees_all = who.grant is not None or who.sees_everybody
        records: dict[str, PlayRecord] = {}
        terms = Terms(found.duration_ms, "UTC")
        whole = Whole(terms)
        sums = Sums()
        async with self.database.read() as tx:
            watchable = await self.store.find(tx, MediumVersion(medium, medium_id, found.version))
            if watchable is not None:
                terms = watchable.terms
                if sees_all:
                    sums = await self.store.sums(tx, watchable.key)
                    whole = Whole(terms, await self.store.curves(tx, watchable.key))
                else:
                    records = await self.store.records(tx, watchable.key)
        if records:
            whole = Whole(terms)
            for line in await self._lines(who, found, records):
                whole.add(line.record)
            sums = whole.change.periods.get(ALL, Sums())
        return Figures(terms.duration_ms, found.version, sums, drawn(whole.change, terms.seconds))

    async def plays(
        self, who: Principal, medium: PlayedKind, medium_id: str, after: str
    ) -> tuple[list[ViewerLine], str | None]:
        """Return a page of what every viewer played, stretch by stretch, and where the next page begins.

        Raises:
            NotFound, Forbidden: no such medium, or not for `who`. Conflict: it cannot be watched yet.
        """
        found = await self._found(who, medium, medium_id)
        async with self.database.read() as tx:
            watchable = await self.store.find(tx, MediumVersion(medium, medium_id, found.version))
            if watchable is None:
                return [], None
            records = await self.store.records(tx, watchable.key, after=after, limit=PAGE)
        following = max(records) if len(records) == PAGE else None
        return await self._lines(who, found, records), following

    async def period(
        self, who: Principal, period: str, *, after: tuple[int, int] | None = None, limit: int = PAGE
    ) -> PeriodReport:
        """Return what all media of the organisation come to in a month, quarter or year, and a page of them.

        Raises:
            Forbidden: `who` may not see everybody's viewing.
        """
        who.require(Permission.VIEWS_READ)
        if not who.sees_everybody:
            raise Forbidden("not_allowed", "These figures are about everybody. Ask an administrator.")
        async with self.database.read() as tx:
            totals = await self.store.totals(tx, who.org_id, period)
            rows = await self.store.table(tx, who.org_id, period, after=after, limit=limit + 1)
            page = rows[:limit]
            titles = await self._titles(tx, who.org_id, page)
        hours = await made(totals.all_hours)
        sums = totals.sums.plus(Sums(hours=hours))
        last = page[-1] if len(rows) > limit else None
        return PeriodReport(
            period,
            totals.media,
            totals.people,
            sums,
            tuple(PeriodLine(row.medium, titles.get(row.medium.named.medium_id), row.sums) for row in page),
            None if last is None else (last.sums.viewers, last.medium.key),
        )

    async def _titles(self, tx: AsyncConnection, org_id: str, rows: list[PeriodRow]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        kinds: tuple[MediumKind, ...] = ("replay", "microcourse")
        for kind in kinds:
            ids = sorted({row.medium.named.medium_id for row in rows if row.medium.named.medium == kind})
            for start in range(0, len(ids), _IDS_AT_ONCE):
                found |= await self.media.titles(tx, org_id, kind, ids[start : start + _IDS_AT_ONCE])
        return found

    async def _found(self, who: Principal, medium: PlayedKind, medium_id: str) -> Medium:
        found = await self.media.find(who, medium, medium_id)
        insist_on_report(who, Permission.VIEWS_READ, found.org_id, found.session_id)
        return found

    async def _lines(
        self, who: Principal, medium: Medium, records: Mapping[str, PlayRecord]
    ) -> list[ViewerLine]:
        """Return the lines of those whom `who` may see."""
        async with self.database.read() as tx:
            names = await self._guest_names(tx, medium.session_id)
        cards = await self.people.cards(medium.org_id, list(records))
        lines = []
        for subject, record in records.items():
            card = cards.get(subject)
            if record.sittings and sees(who, card):
                covered = record.covered
                lines.append(
                    ViewerLine(
                        subject,
                        card,
                        card.name if card else names.get(subject),
                        record,
                        covered,
                        coverage(covered, medium.duration_ms),
                        length_ms(record.effort),
                    )
                )
        return lines

    async def _guest_names(self, tx: AsyncConnection, session_id: str) -> dict[str, str]:
        """Return the names of a session's guests by participant, where they were not erased."""
        refs = {
            str(happening.payload.get("participant")): str(happening.payload["name_ref"])
            for happening in await self.timeline.happenings(tx, session_id, types=("participant_joined",))
            if happening.payload.get("name_ref") and not happening.payload.get("person")
        }
        words = await self.timeline.words(tx, session_id, list(refs.values()))
        return {participant: words[ref] for participant, ref in refs.items() if ref in words}


_IDS_AT_ONCE = 10_000
