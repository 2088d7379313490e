"""Reports of a session that need nothing but its timeline: who attended, whose connection was in trouble."""

from dataclasses import dataclass

from analytics.access import insist_on_report, sees
from analytics.attendance.report import AttendanceReport, AttendanceReports
from analytics.incidents import READ as INCIDENT_EVENTS
from analytics.incidents import Incident, incidents
from analytics.neighbours import People, PersonCard, Sessions
from analytics.store import AnalyticsStore
from lectern.db.engine import Database
from lectern.kernel.access import Permission, Principal


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """A connection trouble with the name of whom it troubled."""

    incident: Incident
    card: PersonCard | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Reports:
    """Computes reports when they are asked for; nothing is kept but the timeline."""

    database: Database
    store: AnalyticsStore
    people: People
    sessions: Sessions
    attending: AttendanceReports

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
