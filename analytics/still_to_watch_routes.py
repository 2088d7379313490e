"""Who has still to watch a medium, over HTTP and as files."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from analytics.attendance.models import PersonModel
from analytics.neighbours import Audit
from analytics.still_to_watch import StillToWatch, Watcher, WatchingDues
from analytics.still_to_watch_sheets import departments_table, people_table
from analytics.view_routes import FileQuery, medium_of
from analytics.workbook import csv_file, disposition, xlsx_file
from lectern.edge.downloads import download, language_of, made
from lectern.edge.routes import Request, Route


class WatcherModel(BaseModel):
    """Somebody who is expected to watch; `share` 0..1 of the medium."""

    person: PersonModel
    share: float
    done: bool


class DepartmentDuesModel(BaseModel):
    """A department's people; `begun` are among those who are not done."""

    department: str | None
    expected: int
    done: int
    begun: int


class StillToWatchModel(BaseModel):
    """Everybody whom the lesson expected, who is not done first; empty where it had no roster."""

    expected: int
    done: int
    departments: list[DepartmentDuesModel]
    people: list[WatcherModel]


class UnitedQuery(BaseModel):
    """`united`: what somebody saw in the lesson counts for its microcourse, too."""

    united: bool = False


class UnitedFileQuery(FileQuery):
    """The same, with the language of the file; without, the browser's."""

    united: bool = False


@dataclass(frozen=True, slots=True)
class StillToWatchRoutes:
    """The handlers."""

    dues: WatchingDues
    audit: Audit

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        path = "/api/v1/still-to-watch/{medium}/{id}"
        return [
            Route("GET", path, self.read, "Who has still to watch it", StillToWatchModel, query=UnitedQuery),
            Route("GET", f"{path}/people.csv", self.csv, "The same (table)", query=UnitedFileQuery),
            Route("GET", f"{path}/people.xlsx", self.xlsx, "The same (Excel)", query=UnitedFileQuery),
        ]

    async def read(self, request: Request) -> StillToWatchModel:
        """Return who is done and who is not."""
        found = await self._found(request)
        return StillToWatchModel(
            expected=len(found.people),
            done=found.done,
            departments=[
                DepartmentDuesModel(
                    department=one.name, expected=one.expected, done=one.done, begun=one.begun
                )
                for one in found.departments
            ],
            people=[_watcher(one) for one in found.people],
        )

    async def csv(self, request: Request) -> web.Response:
        """Everybody who is expected, as a table."""
        found, lang = await self._exported(request), language_of(request, request.query.lang)
        content = await made(lambda: csv_file(people_table(found, lang)))
        return download(content, "csv", disposition("still-to-watch", ending="csv"))

    async def xlsx(self, request: Request) -> web.Response:
        """The same with a sheet of departments."""
        found, lang = await self._exported(request), language_of(request, request.query.lang)
        content = await made(lambda: xlsx_file([people_table(found, lang), departments_table(found, lang)]))
        return download(content, "xlsx", disposition("still-to-watch", ending="xlsx"))

    async def _exported(self, request: Request) -> StillToWatch:
        found = await self._found(request)
        details: dict[str, Any] = {"medium": request.path["medium"], "rows": len(found.people)}
        await self.audit.audit(request.who, "still_to_watch_exported", request.path["id"], details)
        return found

    async def _found(self, request: Request) -> StillToWatch:
        return await self.dues.of(request.who, *medium_of(request), united=request.query.united)


def _watcher(one: Watcher) -> WatcherModel:
    card = one.card
    person = PersonModel(id=card.id, external_id=card.external_id, name=card.name, department=card.department)
    return WatcherModel(person=person, share=round(one.share, 4), done=one.done)
