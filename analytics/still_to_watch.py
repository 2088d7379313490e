"""Who has still to watch a medium: those its lesson expected, by department. The sums are pure.

Somebody is done when they covered the threshold's share: of a microcourse in any version of it, of a replay
together with what they saw live. Who sat in the lesson has not watched its microcourse; whoever asks for both
`united` may count it. Of a series they are done when that holds for each of its parts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from analytics.access import insist_on_report, sees
from analytics.lesson_coverage_report import LessonCoverages
from analytics.live.seen_in_all import AskedReplay, LiveAndLater
from analytics.neighbours import PersonCard
from analytics.view_store import ViewStore
from analytics.viewing import coverage
from lectern.edge.downloads import made
from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import NotFound

WatchKind = Literal["replay", "microcourse", "series"]


class SeriesShares(NamedTuple):
    """A series: whose it is, and which share of its parts (0..1) everybody has done whom it is for."""

    org_id: str
    shares: Mapping[str, float]


class Series(Protocol):
    """Knows whom series are for."""

    async def shares(self, who: Principal, series_id: str) -> SeriesShares:
        """Return how far everybody has come in a series.

        Raises:
            NotFound: there is none in the organisation of `who`, or learners do not see it.
        """


class NoSeries:
    """`Series` of a house without any."""

    async def shares(self, who: Principal, series_id: str) -> SeriesShares:
        """See `Series`."""
        raise NotFound("series_not_found", "There is no such series.")


@dataclass(frozen=True, slots=True)
class Watcher:
    """Somebody who is expected to watch; `share` 0..1 of the medium."""

    card: PersonCard
    share: float
    done: bool


@dataclass(frozen=True, slots=True)
class DepartmentSums:
    """A department's people; `name` None: those without one."""

    name: str | None
    expected: int
    done: int
    begun: int


@dataclass(frozen=True, slots=True)
class StillToWatch:
    """Everybody who is expected: who is not done first, then by department and name."""

    people: tuple[Watcher, ...]
    departments: tuple[DepartmentSums, ...]

    @property
    def done(self) -> int:
        """How many have watched it."""
        return sum(one.done for one in self.people)


def still_to_watch(
    cards: Iterable[PersonCard], shares: Mapping[str, float], completed_from: float
) -> StillToWatch:
    """Put together who is done; `shares` by person, whoever is not in it has watched nothing."""
    people = [
        Watcher(card, share, share >= completed_from)
        for card in cards
        for share in (shares.get(card.id, 0.0),)
    ]
    people.sort(key=lambda one: (one.done, one.card.department or "", one.card.name, one.card.id))
    by_department: dict[tuple[str, str | None], list[Watcher]] = {}
    for one in people:
        by_department.setdefault((one.card.department_id or "", one.card.department), []).append(one)
    departments = [_sums(name, members) for (_, name), members in by_department.items()]
    departments.sort(key=lambda one: (one.done - one.expected, one.name or ""))
    return StillToWatch(tuple(people), tuple(departments))


def _sums(name: str | None, members: Sequence[Watcher]) -> DepartmentSums:
    return DepartmentSums(
        name,
        expected=len(members),
        done=sum(one.done for one in members),
        begun=sum(not one.done and one.share > 0 for one in members),
    )


@dataclass(frozen=True, slots=True)
class WatchingDues:
    """Reads rosters and records when it is asked."""

    coverages: LessonCoverages
    in_all: LiveAndLater
    store: ViewStore = field(default_factory=ViewStore)
    series: Series = field(default_factory=NoSeries)

    async def of(
        self, who: Principal, medium: WatchKind, medium_id: str, *, united: bool = False
    ) -> StillToWatch:
        """Return who of those whom `who` may see has still to watch a medium or a series: of those it is for.

        `united`: what they saw in the lesson counts for a microcourse, too; for a replay it always does.

        Raises:
            NotFound, Forbidden: no such medium, or not for `who`, who must be allowed to read attendance and
            viewing. Conflict: it cannot be watched yet.
        """
        if medium == "series":
            return await self._of_series(who, medium_id)
        attending = self.coverages.attending
        found = await self.coverages.media.find(who, medium, medium_id)
        for needed in (Permission.VIEWS_READ, Permission.ATTENDANCE_READ):
            insist_on_report(who, needed, found.org_id, found.session_id)
        expected = await attending.sessions.expected(found.session_id)
        async with attending.database.read() as tx:
            inside = await self.coverages.media.inside(tx, found.org_id, medium, medium_id, list(expected))
        cards = await attending.people.cards(found.org_id, [id_ for id_ in expected if id_ in inside])
        if medium == "replay":
            async with attending.database.read() as tx:
                clock = await attending.recordings.clock(tx, found.session_id)
            asked = AskedReplay(found.session_id, found.duration_ms, clock)
            shares = await self.in_all.of_people(found.org_id, asked, list(cards))
        else:
            async with attending.database.read() as tx:
                covered = await self.store.covered(tx, medium, medium_id, list(cards))
            shares = {
                subject: max(coverage(spans, duration_ms) for spans, duration_ms in versions)
                for subject, versions in covered.items()
            }
            if united:
                lesson = await self.coverages.of_microcourse(who, medium_id)
                for line in lesson.lines:
                    shares[line.subject] = max(shares.get(line.subject, 0.0), line.shares.together)
        seen = [card for card in cards.values() if sees(who, card)]
        return await made(lambda: still_to_watch(seen, shares, attending.completed_from))

    async def _of_series(self, who: Principal, series_id: str) -> StillToWatch:
        attending = self.coverages.attending
        for needed in (Permission.VIEWS_READ, Permission.ATTENDANCE_READ):
            insist_on_report(who, needed, who.org_id, "")
        found = await self.series.shares(who, series_id)
        cards = await attending.people.cards(found.org_id, list(found.shares))
        seen = [card for card in cards.values() if sees(who, card)]
        return await made(lambda: still_to_watch(seen, found.shares, 1.0))
