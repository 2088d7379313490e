"""The operations of the catalogue, and what it does in the background."""

from catalogue.aside_erasure import AsideEraser
from catalogue.aside_routes import AsideRoutes
from catalogue.bin.desk import BinDesk
from catalogue.bin.eraser import BinEraser
from catalogue.bin.routes import BinRoutes
from catalogue.bin.uses import UseReader
from catalogue.brand.look_routes import LookRoutes
from catalogue.dues import Dues, DuesRoutes
from catalogue.edit_routes import routes as edit_routes
from catalogue.groups.routes import GroupReplayRoutes
from catalogue.publishing_routes import PublishingRoutes
from catalogue.response.routes import ResponseRoutes
from catalogue.routes import routes as catalogue_routes
from catalogue.series_routes import SeriesRoutes
from catalogue.shelf.library_routes import LibraryRoutes
from catalogue.shelf.office_routes import OfficeRoutes
from catalogue.terms_routes import TermsRoutes
from catalogue.workers.leftovers import Leftovers
from lectern.app.answers import (
    PeopleOfAccounts,
    SessionFactsForCatalogue,
)
from lectern.app.catalogue_progress import ProgressOfViewing, UsesOfMedia
from lectern.app.lesson_news import CallsOfBin, PublishingCalls
from lectern.app.viewers import Viewers
from lectern.app.watch_dues import SeenByAttendance
from lectern.app.wired.analytics import group_door, live_and_later, view_intake
from lectern.app.wired.services import Services
from lectern.app.workers_door import intake_of
from lectern.edge.routes import Route
from notices.store import NoticeStore
from sessions.store import SessionStore


def catalogue_operations(services: Services) -> list[Route]:
    """Return the operations on replays, microcourses, the library, and the work that makes them."""
    return [
        *catalogue_routes(services.catalogue),
        *_library(services),
        *_watch_terms(services).routes(),
        *_publishing(services).routes(),
        *_asides(services).routes(),
        *_group_replays(services).routes(),
        *_bin(services).routes(),
        *services.workers.routes(),
        *services.brand.routes(),
        *LookRoutes(services.brand, services.catalogue.looks, services.catalogue.keeper.store).routes(),
        *services.console.routes(),
        *edit_routes(services.catalogue, PeopleOfAccounts(services.accounts)),
    ]


def _library(services: Services) -> list[Route]:
    deps, progress, done = services.catalogue, ProgressOfViewing(), services.settings.completion_threshold
    series = SeriesRoutes(deps, progress, done)
    office = OfficeRoutes(
        services.database, deps.keeper.store, deps.people, deps.trail, services.shelf_indexer
    )
    dues = Dues(deps, SeenByAttendance(deps.keeper, live_and_later(services)))
    library = LibraryRoutes(deps, series, progress, services.shelf_indexer, dues, done)
    mine = DuesRoutes(dues, series, progress, done)
    answers = ResponseRoutes(
        deps, series, progress, services.rating_keys, services.org_zone, services.settings.feedback_fewest
    )
    return [
        *series.routes(),
        *office.routes(),
        *library.routes(),
        *mine.routes(),
        *answers.routes(),
    ]


def _watch_terms(services: Services) -> TermsRoutes:
    catalogue = services.catalogue
    return TermsRoutes(
        services.database,
        catalogue.keeper.store,
        catalogue.watching,
        Viewers(services.facts, view_intake(services)),
        catalogue.trail,
        services.settings.watermark,
    )


def _publishing(services: Services) -> PublishingRoutes:
    keeper, leaders = services.catalogue.keeper, SessionFactsForCatalogue(SessionStore())
    return PublishingRoutes(
        keeper.database,
        keeper.store,
        leaders,
        services.catalogue.people,
        services.catalogue.trail,
        PublishingCalls(NoticeStore()),
    )


def aside_eraser(services: Services) -> AsideEraser:
    """Erasing what was said aside; `run` finishes what was left undone."""
    return AsideEraser(services.database, services.catalogue.keeper.files)


def _asides(services: Services) -> AsideRoutes:
    deps, leaders = services.catalogue, SessionFactsForCatalogue(SessionStore())
    return AsideRoutes(aside_eraser(services), deps.keeper.store, leaders, deps.people, deps.trail)


def _group_replays(services: Services) -> GroupReplayRoutes:
    return GroupReplayRoutes(group_door(services), SessionFactsForCatalogue(SessionStore()))


def _bin(services: Services) -> BinRoutes:
    keeper, people = services.catalogue.keeper, services.catalogue.people
    desk = BinDesk(
        services.database,
        keeper.store,
        keeper.jobs,
        SessionFactsForCatalogue(SessionStore()),
        UseReader(keeper.store, UsesOfMedia()),
        services.catalogue.trail,
        CallsOfBin(services.outbox),
        services.settings.bin_days,
    )
    return BinRoutes(desk, people)


def bin_eraser(services: Services) -> BinEraser:
    """Erasing what was long enough in the bin; `run` finishes what was left undone."""
    keeper = services.catalogue.keeper
    return BinEraser(services.database, keeper.files, keeper.jobs, keeper.store)


def leftovers(services: Services) -> Leftovers:
    """Throwing away what workers wrote for nobody."""
    keeper = services.catalogue.keeper
    return Leftovers(services.database, intake_of(services.settings), keeper.files, keeper.jobs)
