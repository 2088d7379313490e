"""The HTTP route of incidents."""

from dataclasses import dataclass

from pydantic import BaseModel

from analytics.attendance.models import PersonModel
from analytics.neighbours import PersonCard
from analytics.reports import Reports
from lectern.edge.routes import Request, Route


class IncidentModel(BaseModel):
    """A connection trouble of somebody; `until_utc_ms` is null while it lasts. Codes: docs/protocol.md.

    `ended` says what ended it if it did not get well: `left`, `removed`, `session_over`.
    """

    participant: str
    person: PersonModel | None
    name: str | None
    code: str
    from_utc_ms: int
    until_utc_ms: int | None
    ended: str | None


class IncidentsModel(BaseModel):
    """The incidents of a session, in the order in which they began."""

    incidents: list[IncidentModel]


@dataclass(frozen=True, slots=True)
class IncidentRoutes:
    """The handlers."""

    reports: Reports

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        return [
            Route(
                "GET", "/api/v1/sessions/{id}/incidents", self.incidents, "Whose connection was in trouble",
                IncidentsModel,
            ),
        ]  # fmt: skip

    async def incidents(self, request: Request) -> IncidentsModel:
        """The incidents of a session."""
        lines = await self.reports.incidents(request.who, request.path["id"])
        return IncidentsModel(
            incidents=[
                IncidentModel(
                    participant=line.incident.participant,
                    person=_person(line.card) if line.card else None,
                    name=line.name,
                    code=line.incident.code,
                    from_utc_ms=line.incident.from_utc_ms,
                    until_utc_ms=line.incident.until_utc_ms,
                    ended=line.incident.ended,
                )
                for line in lines
            ]
        )


def _person(card: PersonCard) -> PersonModel:
    return PersonModel(id=card.id, external_id=card.external_id, name=card.name, department=card.department)
