"""On which terms somebody watches a medium, and its captions: what a player asks for beside the medium."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from aiohttp import web
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import insist_on_edit, may_edit, viewer_of
from catalogue.edit_store import EditStore
from catalogue.media import MediumKind, Microcourse, Replay
from catalogue.parts import ShownPart
from catalogue.shown import ShownParts
from catalogue.states import ReplayState
from catalogue.store import CatalogueStore
from catalogue.terms import (
    CaptionLine,
    Rules,
    kind_of,
    language_tag,
    name_tag,
)
from catalogue.terms_store import TermsStore
from catalogue.watch_due import moved
from catalogue.watching import Watching
from catalogue.webvtt import LONGEST_BYTES, mapped, read_captions, reread, written
from catalogue.window_store import WindowStore
from lectern.db.engine import Database
from lectern.db.trail import Trail
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Principal
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Conflict, NotFound


class Viewers(Protocol):
    """Knows the people who watch; `lectern.app` wires it."""

    async def name_and_number(self, org_id: str, person_id: str) -> tuple[str, str] | None:
        """Return what somebody is called and their staff number; None if nobody knows."""

    async def furthest_ms(self, who: Principal, medium: MediumKind, medium_id: str, version: int) -> int:
        """Return how far `who` has watched a medium from its beginning without skipping."""

    async def opened(self, who: Principal, medium: MediumKind, medium_id: str, version: int) -> None:
        """Note that `who` opens a version of a medium, which can be played."""


class WatchRulesModel(BaseModel):
    """What an editor decides; `watermark` null leaves it to the organisation's setting.

    `due_utc_ms`: until when it is to be watched if it is required; null: nobody says. Left out, it stays.
    """

    required: bool = False
    no_skipping: bool = False
    watermark: bool | None = None
    due_utc_ms: int | None = Field(default=None, ge=0)


class CaptionLineModel(BaseModel):
    """Captions that there are; of a microcourse without its own, those of the replay that it was cut from."""

    language: str
    of: Literal["own", "replay"]


class TermsModel(BaseModel):
    """The terms for the asker: `viewer` is who they are to the records of viewing (null: nobody, a program).

    They stopped at `position_ms`, `position_age_ms` ago (null: never began); ages, because clocks differ.
    `furthest_ms` is as far as they may go (null: anywhere); `watermark` is drawn over the picture. `rules`
    are for those who may change them.
    """

    viewer: str | None
    position_ms: int
    position_age_ms: int | None
    required: bool
    due_utc_ms: int | None = None
    furthest_ms: int | None
    watermark: str | None
    captions: list[CaptionLineModel]
    rules: WatchRulesModel | None


class CaptionsModel(BaseModel):
    """What was understood of a file."""

    language: str
    cues: int


@dataclass(frozen=True, slots=True)
class TermsRoutes:
    """The handlers. `watermark` is the organisation's setting."""

    database: Database
    media: CatalogueStore
    watching: Watching
    viewers: Viewers
    trail: Trail
    watermark: bool = False
    clock: Clock = utc_ms
    store: TermsStore = field(default_factory=TermsStore)
    edits: EditStore = field(default_factory=EditStore)

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        terms = "/api/v1/watch-terms/{medium}/{id}"
        captions = "/api/v1/captions/{medium}/{id}/{language}"
        return [
            Route("GET", terms, self.terms, "On which terms one watches it", TermsModel),
            Route("PUT", terms, self.change, "Change the terms", TermsModel, body=WatchRulesModel),
            Route("GET", captions, self.captions, "Captions (WebVTT)"),
            Route(
                "PUT", captions, self.upload, "Upload captions (WebVTT)", CaptionsModel,
                body=bytes, max_bytes=LONGEST_BYTES, content_type="text/vtt",
            ),
            Route("DELETE", captions, self.delete, "Delete captions"),
        ]  # fmt: skip

    async def terms(self, request: Request) -> TermsModel:
        """Return the terms for the asker, who opens it with that.

        Raises:
            NotFound: there is no such medium for them.
        """
        who: Principal = request.who
        medium = await self._watchable(request)
        kind = kind_of(medium)
        viewer = viewer_of(who)
        async with self.database.read() as tx:
            rules = await self.store.rules(tx, kind, medium.id)
            stopped = await self.media.stopped(tx, viewer, kind, medium.id)
            lines = await self._lines(tx, medium)
        position_ms, watched_utc_ms = stopped or (0, None)
        edits = may_edit(who, medium.org_id, medium.session_id)
        binds = rules.no_skipping and not edits and viewer is not None
        if viewer is not None and _plays(medium):
            await self.viewers.opened(who, kind, medium.id, medium.version)
        return TermsModel(
            viewer=viewer,
            position_ms=position_ms,
            position_age_ms=None if watched_utc_ms is None else max(0, self.clock() - watched_utc_ms),
            required=rules.required,
            due_utc_ms=rules.deadline.due_utc_ms if rules.required and rules.deadline else None,
            furthest_ms=await self.viewers.furthest_ms(who, kind, medium.id, medium.version)
            if binds
            else None,
            watermark=await self._name(who) if rules.is_marked(self.watermark) else None,
            captions=[CaptionLineModel(language=line.language, of=line.of) for line in lines],
            rules=_model(rules) if edits else None,
        )

    async def change(self, request: Request) -> TermsModel:
        """Change the terms.

        Raises:
            NotFound, Forbidden: the medium is not theirs to edit. Rejected: the deadline is no moment to come
            (`deadline_wrong`).
        """
        medium = await self._editable(request)
        wanted: WatchRulesModel = request.body
        async with self.database.write() as tx:
            deadline = (await self.store.rules(tx, kind_of(medium), medium.id)).deadline
            if "due_utc_ms" in wanted.model_fields_set:
                deadline = moved(deadline, wanted.due_utc_ms, self.clock())
            rules = Rules(wanted.required, wanted.no_skipping, wanted.watermark, deadline)
            await self.store.set_rules(tx, medium.org_id, kind_of(medium), medium.id, rules)
            await self.trail.write(
                tx, request.who, "watch_rules_changed", medium.id, wanted.model_dump() | _about(medium)
            )
        return await self.terms(request)

    async def captions(self, request: Request) -> web.Response:
        """Return a file of captions; of a microcourse without its own, what its replay has there.

        Raises:
            NotFound: there is no such medium for the asker, or no captions in this language.
            Conflict: the replay is not shown now.
        """
        medium = await self._watchable(request)
        language = language_tag(request.path["language"])
        async with self.database.read() as tx:
            if isinstance(medium, Replay):
                await WindowStore().insist_on_open(tx, request.who, medium, self.clock())
            found = await self.store.captions(tx, kind_of(medium), medium.id, language)
            text = found.content if found is not None and found.version == medium.version else None
            if text is None and isinstance(medium, Microcourse):
                whole = await self.store.captions(tx, "replay", medium.replay_id, language)
                if whole is not None:
                    text = written(mapped(reread(whole.content), await self._parts(tx, medium)))
        if text is None:
            raise NotFound("captions_not_found", "There are no captions in this language.")
        headers = {
            "Content-Type": "text/vtt; charset=utf-8",
            "Content-Disposition": f'attachment; filename="captions-{language}.vtt"',
            "Cache-Control": "private, no-cache",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=text.encode(), headers=headers)

    async def upload(self, request: Request) -> CaptionsModel:
        """Take in a file of captions; those of the same language are replaced.

        Raises:
            NotFound, Forbidden: the medium is not theirs to edit. Conflict: it has no length yet.
            Rejected: see `read_captions`, `language_tag`.
        """
        medium = await self._editable(request)
        language = language_tag(request.path["language"])
        if not medium.duration_ms:
            raise Conflict("medium_not_ready", "This cannot be watched yet.", state=medium.state)
        cues = read_captions(request.body, medium.duration_ms)
        row: dict[str, Any] = {
            "medium": kind_of(medium),
            "medium_id": medium.id,
            "language": language,
            "org_id": medium.org_id,
            "version": medium.version,
            "content": written(cues),
            "created_by": request.who.subject_id,
            "created_utc_ms": self.clock(),
        }
        async with self.database.write() as tx:
            await self.store.put_captions(tx, row)
            details = {"language": language, "cues": len(cues)} | _about(medium)
            await self.trail.write(tx, request.who, "captions_uploaded", medium.id, details)
        return CaptionsModel(language=language, cues=len(cues))

    async def delete(self, request: Request) -> web.StreamResponse | None:
        """Delete captions.

        Raises:
            NotFound, Forbidden: the medium is not theirs to edit, or has none of its own in this language.
        """
        medium = await self._editable(request)
        language = language_tag(request.path["language"])
        async with self.database.write() as tx:
            if not await self.store.delete_captions(tx, kind_of(medium), medium.id, language):
                raise NotFound("captions_not_found", "There are no captions in this language.")
            details = {"language": language} | _about(medium)
            await self.trail.write(tx, request.who, "captions_deleted", medium.id, details)
        return None

    async def _lines(self, tx: AsyncConnection, medium: Replay | Microcourse) -> list[CaptionLine]:
        own = await self.store.languages(tx, kind_of(medium), medium.id, medium.version)
        lines = {language: CaptionLine(language, "own") for language in own}
        if isinstance(medium, Microcourse):
            version = await self.media.source_version(tx, medium.replay_id)
            inherited = version and await self.store.languages(tx, "replay", medium.replay_id, version)
            for language in inherited or ():
                lines.setdefault(language, CaptionLine(language, "replay"))
        return [line for _, line in sorted(lines.items())]

    async def _parts(self, tx: AsyncConnection, medium: Microcourse) -> Sequence[ShownPart]:
        return await ShownParts(self.media).of(tx, medium.id, medium.version)

    async def _name(self, who: Principal) -> str:
        """Return what is drawn over the picture for `who`."""
        person = who.person_id or (who.grant.person_id if who.grant else None)
        known = await self.viewers.name_and_number(who.org_id, person) if person else None
        if known is not None:
            return name_tag(*known)
        guest = who.grant.guest_name if who.grant else None
        return name_tag(guest or who.subject_id, viewer_of(who))

    async def _watchable(self, request: Request) -> Replay | Microcourse:
        """Return the medium that is asked for, which the asker may watch."""
        kind, medium_id = request.path["medium"], request.path["id"]
        if kind == "replay":
            return await self.watching.replay(request.who, medium_id)
        if kind == "microcourse":
            return await self.watching.microcourse(request.who, medium_id)
        raise NotFound("medium_unknown", "There is no such kind of medium.")

    async def _editable(self, request: Request) -> Replay | Microcourse:
        medium = await self._watchable(request)
        insist_on_edit(request.who, medium.org_id, medium.session_id)
        return medium


def _about(medium: Replay | Microcourse) -> dict[str, Any]:
    return {"medium": kind_of(medium), "session_id": medium.session_id}


def _plays(medium: Replay | Microcourse) -> bool:
    if isinstance(medium, Replay):
        return medium.state is ReplayState.READY
    return medium.duration_ms is not None


def _model(rules: Rules) -> WatchRulesModel:
    return WatchRulesModel(
        required=rules.required,
        no_skipping=rules.no_skipping,
        watermark=rules.watermark,
        due_utc_ms=rules.deadline.due_utc_ms if rules.deadline else None,
    )
