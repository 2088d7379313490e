"""What everybody saw of a lesson, live and in its replay together, over HTTP."""

from dataclasses import dataclass

from pydantic import BaseModel

from analytics.attendance.models import PersonModel
from analytics.lesson_coverage_report import LessonCoverages, LessonLine
from analytics.view_routes import medium_of
from lectern.edge.routes import Request, Route


class LessonLineModel(BaseModel):
    """One person or guest; shares of `duration_ms`, 0..1: seen live, played of the medium, and either."""

    person: PersonModel
    live: float
    replay: float
    together: float
    completed: bool


class LessonSumsModel(BaseModel):
    """All of them; `completed_by_replay` are among `completed`, `mean` is the mean share in all."""

    live_only: int
    replay_only: int
    both: int
    completed: int
    completed_by_replay: int
    mean: float


class LessonModel(BaseModel):
    """Live and medium together; people who saw nothing are not in it.

    `duration_ms` is the length of a replay, or of what a microcourse shows of it (without its cards).
    """

    duration_ms: int
    people: list[LessonLineModel]
    sums: LessonSumsModel


@dataclass(frozen=True, slots=True)
class LessonCoverageRoutes:
    """The handler."""

    coverages: LessonCoverages

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        path = "/api/v1/views/{medium}/{id}/lesson"
        return [Route("GET", path, self.read, "Live and recorded together", LessonModel)]

    async def read(self, request: Request) -> LessonModel:
        """Return what everybody saw."""
        found = await self.coverages.of(request.who, *medium_of(request))
        sums = found.sums
        return LessonModel(
            duration_ms=found.duration_ms,
            people=[_line(line, found.completed_from) for line in found.lines],
            sums=LessonSumsModel(
                live_only=sums.live_only,
                replay_only=sums.replay_only,
                both=sums.both,
                completed=sums.completed,
                completed_by_replay=sums.completed_by_replay,
                mean=round(sums.mean, 4),
            ),
        )


def _line(line: LessonLine, completed_from: float) -> LessonLineModel:
    card, shares = line.card, line.shares
    return LessonLineModel(
        person=PersonModel(
            id=card.id if card else None,
            external_id=card.external_id if card else None,
            name=card.name if card else line.name,
            department=card.department if card else None,
        ),
        live=round(shares.live, 4),
        replay=round(shares.replay, 4),
        together=round(shares.together, 4),
        completed=shares.together >= completed_from,
    )
