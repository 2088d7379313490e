"""Reports: attendance of a session, viewing of a medium, and taking in what players report."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.access import insist_on_report, sees, viewer_of
from analytics.attendance.report import AttendanceReport, AttendanceReports
from analytics.incidents import READ as INCIDENT_EVENTS
from analytics.incidents import Incident, incidents
from analytics.neighbours import Media, MediumKind, People, PersonCard, Seats, Sessions
from analytics.spans import length_ms
from analytics.store import AnalyticsStore, Viewing
from analytics.viewing import (
    CompletionClasses,
    Pace,
    Played,
    Refusal,
    Watched,
    completion_classes,
    coverage,
    heat,
    sift,
)
from lectern.db.engine import Database
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import Clock, utc_ms


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """A connection trouble with the name of whom it troubled."""

    incident: Incident
    card: PersonCard | None
    name: str | None


@dataclass(frozen=True, slots=True)
class ViewerLine:
    """What one viewer watched of a medium; `card` is None for a guest."""

    subject: str
    card: PersonCard | None
    name: str | None
    watched: Watched
    coverage: float


@dataclass(frozen=True, slots=True)
class ViewingReport:
    """How a medium was watched, by those whom the reader may see."""

    duration_ms: int
    lines: tuple[ViewerLine, ...]
    heat: tuple[int, ...]
    classes: CompletionClasses


@dataclass(frozen=True, slots=True)
class Reports:
    """Computes reports when they are asked for; nothing is kept but timeline and watched intervals."""

    database: Database
    store: AnalyticsStore
    people: People
    sessions: Sessions
    media: Media
    seats: Seats
    attending: AttendanceReports
    clock: Clock = utc_ms

    async def attendance(self, who: Principal, session_id: str) -> AttendanceReport:
        """Return who attended a session, as far as `who` may see it. See `AttendanceReports.visible`."""
        return await self.attending.visible(who, session_id)

    async def incidents(self, who: Principal, session_id: str) -> list[IncidentLine]:
        """Return whose connection was in trouble during a session, in the order in which it began.

        Raises:
            NotFound, Forbidden: no such session, or not for `who`.
        """
        facts = await self.sessions.facts(session_id)
        insist_on_report(who, Permission.ATTENDANCE_READ, facts.org_id, session_id)
        async with self.database.read() as tx:
            happenings = await self.store.happenings(tx, session_id, INCIDENT_EVENTS)
            joined = {str(h.payload["participant"]): h.payload for h in happenings if "name_ref" in h.payload}
            refs = {participant: str(payload["name_ref"]) for participant, payload in joined.items()}
            words = await self.store.words(tx, session_id, list(refs.values()))
        persons = {participant: payload.get("person") for participant, payload in joined.items()}
        cards = await self.people.cards(facts.org_id, [person for person in persons.values() if person])
        lines = []
        for incident in incidents(happenings):
            card = cards.get(persons.get(incident.participant) or "")
            name = card.name if card else words.get(refs.get(incident.participant, ""))
            lines.append(IncidentLine(incident, card, name))
        return [line for line in lines if sees(who, line.card)]

    async def take_in(
        self,
        who: Principal,
        medium: MediumKind,
        medium_id: str,
        *,
        version: int,
        player: str,
        reported: Sequence[Played],
        position_ms: int | None,
    ) -> tuple[int, list[tuple[str, Refusal]]]:
        """Keep what a player reports; return how many count, and why the others do not.

        Repeating an interval's id changes nothing and counts as accepted.

        Raises:
            NotFound, Conflict: `who` cannot watch this. Forbidden: `who` is nobody who could watch.
        """
        subject = await viewer_of(who, self.seats)
        found = await self.media.find(who, medium, medium_id)
        if version < 1 or version > found.version:
            return 0, [(played.id, Refusal.VERSION_UNKNOWN) for played in reported]
        viewing = Viewing(found.org_id, found.session_id, medium, medium_id, version, subject)
        distinct = {played.id: played for played in reported}
        async with self.database.write() as tx:
            now = self.clock()
            if position_ms is not None:
                position_ms = min(max(0, position_ms), found.duration_ms)
                await self.media.remember_position(
                    tx, who, medium, medium_id, position_ms=position_ms, now=now
                )
            if not distinct:
                return 0, []
            watched = await self.store.lock_total(tx, viewing)
            known = await self.store.known(tx, subject, list(distinct))
            new = [played for played in distinct.values() if played.id not in known]
            since = min((played.started_utc_ms for played in new), default=now)
            pace = Pace.of(await self.store.history(tx, subject, player, since))
            accepted, refused = sift(new, duration_ms=found.duration_ms, now=now, pace=pace)
            await self.store.add_intervals(tx, viewing, player, accepted, now)
            watched = watched.adding(accepted)
            await self.store.write_total(tx, viewing, watched, length_ms(watched.effort))
        return len(known) + len(accepted), refused

    async def viewing(self, who: Principal, medium: MediumKind, medium_id: str) -> ViewingReport:
        """Return how the newest version of a medium was watched.

        Raises:
            NotFound, Forbidden: no such medium, or not for `who`. Conflict: it cannot be watched yet.
        """
        found = await self.media.find(who, medium, medium_id)
        insist_on_report(who, Permission.VIEWS_READ, found.org_id, found.session_id)
        async with self.database.read() as tx:
            totals = await self.store.totals(tx, medium, medium_id, found.version)
            names = await self._guest_names(tx, found.session_id)
        cards = await self.people.cards(found.org_id, list(totals))
        lines = [
            ViewerLine(
                subject,
                card := cards.get(subject),
                card.name if card else names.get(subject),
                watched,
                coverage(watched.covered, found.duration_ms),
            )
            for subject, watched in totals.items()
        ]
        visible = sorted(
            (line for line in lines if sees(who, line.card)),
            key=lambda line: (-line.coverage, line.name or ""),
        )
        covered = [line.watched.covered for line in visible]
        return ViewingReport(
            found.duration_ms,
            tuple(visible),
            tuple(heat(covered, found.duration_ms)),
            completion_classes(covered, found.duration_ms),
        )

    async def _guest_names(self, tx: AsyncConnection, session_id: str) -> dict[str, str]:
        """Return the names of a session's guests by participant, where they were not erased."""
        refs = {
            str(happening.payload.get("participant")): str(happening.payload["name_ref"])
            for happening in await self.store.happenings(tx, session_id, types=("participant_joined",))
            if happening.payload.get("name_ref") and not happening.payload.get("person")
        }
        words = await self.store.words(tx, session_id, list(refs.values()))
        return {participant: words[ref] for participant, ref in refs.items() if ref in words}
