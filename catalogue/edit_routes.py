"""The editor's HTTP routes: drafts, their revisions, and who else is at it."""

from collections.abc import Mapping, Sequence

from aiohttp import web

from catalogue.drawing import drawn_chapters
from catalogue.edit_desk import Asked, EditDesk, Names, Standing
from catalogue.edit_history import Step
from catalogue.edit_models import (
    AuthorModel,
    ContentModel,
    DraftsModel,
    EditModel,
    NewEdit,
    NewRevision,
    OtherModel,
    Presence,
    PresenceModel,
    Produce,
    ProducedModel,
    RevisionModel,
    RevisionsModel,
)
from catalogue.edit_store import Revision
from catalogue.edits import EditList, Operation, Restore
from catalogue.media import Limits
from catalogue.microcourses import MicrocourseDesk
from catalogue.participation_routes import ParticipationRoutes
from catalogue.routes import CatalogueDeps
from lectern.db.engine import Database
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Principal
from lectern.kernel.errors import Conflict, ProtocolViolation


def routes(deps: CatalogueDeps, names: Names) -> list[Route]:
    """Return the routes of the editor."""
    keeper = deps.keeper
    microcourses = MicrocourseDesk(keeper.database, keeper.store, keeper.jobs, deps.clock)
    desk = EditDesk(keeper, deps.engine, microcourses, deps.clock)
    edits = _EditRoutes(desk, keeper.database, names, deps.limits).routes()
    return [*edits, *ParticipationRoutes(keeper).routes()]


class _EditRoutes:
    def __init__(self, desk: EditDesk, database: Database, names: Names, limits: Limits) -> None:
        self._desk = desk
        self._database = database
        self._names = names
        self._limits = limits

    def routes(self) -> list[Route]:
        replay, edit = "/api/v1/replays/{id}", "/api/v1/edits/{id}"
        return [
            Route("GET", f"{replay}/edits", self.drafts, "Drafts of a replay", DraftsModel),
            Route(
                "POST", f"{replay}/edits", self.create, "Begin a draft", EditModel, body=NewEdit, status=201
            ),
            Route(
                "POST", f"{replay}/editors", self.present, "Have the editor open", PresenceModel,
                body=Presence,
            ),
            Route("GET", edit, self.draft, "One draft", EditModel),
            Route("DELETE", edit, self.drop, "Delete a draft"),
            Route("GET", f"{edit}/revisions", self.history, "What was saved of a draft", RevisionsModel),
            Route(
                "POST", f"{edit}/revisions", self.change, "Change a draft", EditModel, body=NewRevision
            ),
            Route("POST", f"{edit}/produce", self.produce, "Have it cut", ProducedModel, body=Produce),
        ]  # fmt: skip

    async def drafts(self, request: Request) -> DraftsModel:
        drafts, chapters = await self._desk.drafts(request.who, request.path["id"])
        drawn = await self._drawn_many(request.who, [*drafts, chapters])
        return DraftsModel(items=drawn[:-1], chapters=drawn[-1])

    async def draft(self, request: Request) -> EditModel:
        return await self._drawn(request.who, await self._desk.draft(request.who, request.path["id"]))

    async def create(self, request: Request) -> EditModel:
        new: NewEdit = request.body
        made = await self._desk.create(
            request.who, request.path["id"], ranges=new.ranges, title=new.title, subtitle=new.subtitle
        )
        return await self._drawn(request.who, made)

    async def drop(self, request: Request) -> web.StreamResponse | None:
        await self._desk.drop(request.who, request.path["id"])
        return None

    async def history(self, request: Request) -> RevisionsModel:
        found = await self._desk.history(request.who, request.path["id"])
        names = await self._named(request.who, [revision.author for revision in found])
        return RevisionsModel(
            items=[
                RevisionModel(
                    revision=revision.revision,
                    step=revision.step,
                    what=revision.what,
                    equals=revision.equals,
                    author=_author(request.who, revision, names),
                    utc_ms=revision.utc_ms,
                    content=_content(revision.content),
                )
                for revision in found
            ]
        )

    async def change(self, request: Request) -> EditModel:
        new: NewRevision = request.body
        over = new.from_revision if new.over is None else new.over
        asked = Asked(new.change_id, new.from_revision, over, _operation(new))
        edit_id = request.path["id"]
        try:
            changed = await self._desk.change(request.who, edit_id, asked)
        except Conflict as refused:
            if refused.code != "edited_meanwhile":
                raise
            newer = await self._drawn(request.who, await self._desk.draft(request.who, edit_id))
            raise Conflict(refused.code, refused.message, edit=newer.model_dump(mode="json")) from None
        return await self._drawn(request.who, changed)

    async def produce(self, request: Request) -> ProducedModel:
        asked: Produce = request.body
        made = await self._desk.produce(request.who, request.path["id"], asked.revision)
        return ProducedModel(microcourse_id=made.id, version=made.version)

    async def present(self, request: Request) -> PresenceModel:
        who: Principal = request.who
        said: Presence = request.body
        others, revisions = await self._desk.be_present(
            who, request.path["id"], said.tab, said.edit_id, leaving=said.leaving
        )
        names = await self._named(who, [other.subject for other in others])
        return PresenceModel(
            others=[
                OtherModel(
                    name=names.get(other.subject, other.guest_name),
                    own=other.subject == who.subject_id,
                    edit_id=other.edit_id,
                )
                for other in others
            ],
            revisions=dict(revisions),
        )

    async def _drawn(self, who: Principal, standing: Standing) -> EditModel:
        [drawn] = await self._drawn_many(who, [standing])
        return drawn

    async def _drawn_many(self, who: Principal, found: Sequence[Standing]) -> list[EditModel]:
        names = await self._named(who, [standing.latest.author for standing in found])
        return [
            EditModel(
                id=standing.edit.id,
                replay_id=standing.edit.replay_id,
                kind=standing.edit.kind,
                revision=standing.edit.revision,
                content=_content(standing.latest.content),
                length_ms=standing.latest.content.length_ms,
                warning=self._limits.warning(standing.latest.content.length_ms),
                undo=standing.course.undo_to is not None,
                redo=standing.course.redo_to is not None,
                author=_author(who, standing.latest, names),
                utc_ms=standing.latest.utc_ms,
                microcourse_id=standing.edit.microcourse_id,
            )
            for standing in found
        ]

    async def _named(self, who: Principal, subjects: Sequence[str]) -> Mapping[str, str]:
        async with self._database.read() as tx:
            return await self._names.names(tx, who.org_id, set(subjects))


def _operation(new: NewRevision) -> Operation | Restore | Step:
    if new.step == "change":
        if new.operation is None:
            raise ProtocolViolation("body_invalid", "A change needs an operation.")
        return new.operation
    return Step(new.step)


def _author(who: Principal, revision: Revision, names: Mapping[str, str]) -> AuthorModel:
    return AuthorModel(name=names.get(revision.author), own=revision.author == who.subject_id)


def _content(content: EditList) -> ContentModel:
    return ContentModel(
        ranges=list(content.ranges),
        title=content.title,
        subtitle=content.subtitle,
        arrangement=content.arrangement,
        chapters=None if content.chapters is None else drawn_chapters(content.chapters),
        branded=content.branded,
    )
