"""The routes of branding: what a look shows, and clips. `catalogue.brand.look_routes`: which looks there are.

`/api/v1/branding` is the look of the organisation, `/api/v1/branding/looks/{id}` any.
"""

import base64
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.brand.look import BrandClip, Look, LookStore, NamedLook
from catalogue.brand.models import (
    BrandingChange,
    BrandingModel,
    CardQuery,
    ClipModel,
    GivenModel,
    UploadQuery,
)
from catalogue.brand.upload import Uploads
from catalogue.brand.work import CLIP, MADE, ClipArgs
from catalogue.play_grant import PlayGrant, PlaySigner
from lectern.db.engine import Database
from lectern.db.trail import Trail
from lectern.edge.downloads import made
from lectern.edge.routes import Request, Route
from lectern.jobs.job import Job, NewJob
from lectern.jobs.states import JobState
from lectern.jobs.store import JobStore
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Conflict, NotFound
from lectern.kernel.ids import new_id
from lectern.storage.files import Files

MOST_LOGO_BYTES: Final = 256 * 1024
_SEEN_MS: Final = 3_600_000
_UPLOAD: Final = "upload.mp4"


class Facts(Protocol):
    """What a clip is."""

    @property
    def duration_ms(self) -> int:
        """How long."""

    @property
    def width(self) -> int:
        """How wide."""

    @property
    def height(self) -> int:
        """How high."""


@dataclass(frozen=True, slots=True)
class Studio:
    """What looks at files and draws; it is the media worker's art, and wired in `lectern.app`.

    `check` looks at a clip (raises Rejected with words), `check_logo` at a picture (blocks, raises Rejected);
    `draw` makes a card of title, colour and logo as PNG (blocks).
    """

    check: Callable[[Path], Awaitable[Facts]]
    check_logo: Callable[[bytes], None]
    draw: Callable[[str, str, bytes], bytes]


class PeopleByName(Protocol):
    """Knows the people of an organisation."""

    async def targets(
        self, tx: AsyncConnection, org_id: str, kind: str, ids: Collection[str]
    ) -> Mapping[str, str]:
        """Return what those of its people (`person`) are called who are among `ids`, by id."""


@dataclass(frozen=True, slots=True)
class BrandRoutes:
    """The handlers. Editors see looks; administrators change them."""

    database: Database
    files: Files
    uploads: Uploads
    studio: Studio
    signer: PlaySigner
    trail: Trail
    store: LookStore
    jobs: JobStore
    people: PeopleByName
    clock: Clock = utc_ms

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        api = "/api/v1/branding"
        shown = BrandingModel
        return [
            *self._of_a_look(api, "the organisation's look"),
            *self._of_a_look(f"{api}/looks/{{id}}", "a look"),
            Route(
                "POST", f"{api}/clips", self.bring, "Bring an intro or outro (a video)", shown,
                query=UploadQuery, status=201,
            ),
            Route("POST", f"{api}/clips/{{id}}/retry", self.retry, "Try a failed clip again", shown),
        ]  # fmt: skip

    def _of_a_look(self, path: str, which: str) -> list[Route]:
        shown = BrandingModel
        return [
            Route("GET", path, self.show, f"How microcourses look in {which}", shown),
            Route("PUT", path, self.change, f"Change {which}", shown, BrandingChange),
            Route(
                "PUT", f"{path}/logo", self.put_logo, f"Bring a logo (PNG or JPEG) for {which}", shown, bytes,
                max_bytes=MOST_LOGO_BYTES, content_type="application/octet-stream",
            ),
            Route("DELETE", f"{path}/logo", self.drop_logo, f"Take the logo away from {which}", shown),
            Route("GET", f"{path}/card.png", self.card, f"A card as it would be in {which}", query=CardQuery),
        ]  # fmt: skip

    async def show(self, request: Request) -> BrandingModel:
        """Show the look."""
        request.who.require(Permission.REPLAYS_WRITE)
        return await self.shown(request.who, request.path.get("id"))

    async def change(self, request: Request) -> BrandingModel:
        """Change it, unless somebody else did meanwhile."""
        who: Principal = request.who
        who.require(Permission.ADMIN)
        wanted: BrandingChange = request.body
        async with self.database.write() as tx:
            named, look = await self._locked(tx, who, request.path.get("id"))
            if look.version != wanted.version:
                raise Conflict("branding_changed", "Somebody changed this meanwhile. Look again.")
            await self._insist_on_clips(tx, who, [wanted.intro_id, wanted.outro_id])
            if wanted.name is not None and wanted.name != named.name:
                await self.store.change(tx, named.id, name=wanted.name)
                await self.trail.write(tx, who, "look_renamed", named.id, {"name": wanted.name})
            changed = replace(
                look,
                accent=wanted.accent,
                title_card=wanted.title_card,
                outro_words=wanted.outro_words.strip(),
                intro_id=wanted.intro_id,
                outro_id=wanted.outro_id,
            )
            await self._write(tx, who, look, changed)
        return await self.shown(who, named.id)

    async def _insist_on_clips(
        self, tx: AsyncConnection, who: Principal, ids: Collection[str | None]
    ) -> None:
        clips = {clip.id: clip for clip in await self.store.clips(tx, who.org_id)}
        for id_ in ids:
            if id_ is None:
                continue
            if id_ not in clips:
                raise NotFound("clip_not_found", "There is no such clip.")
            if (await self.jobs.get(tx, clips[id_].job_id)).state is not JobState.DONE:
                raise Conflict("clip_not_ready", "This clip is not ready yet. Wait a moment.")

    async def put_logo(self, request: Request) -> BrandingModel:
        """Bring a logo."""
        request.who.require(Permission.ADMIN)
        await made(lambda: self.studio.check_logo(request.body))
        return await self._with_logo(request, request.body)

    async def drop_logo(self, request: Request) -> BrandingModel:
        """Take it away."""
        request.who.require(Permission.ADMIN)
        return await self._with_logo(request, b"")

    async def bring(self, request: Request) -> BrandingModel:
        """Take a clip in, look at it, and have it made ready."""
        who: Principal = request.who
        who.require(Permission.ADMIN)
        name = "".join(letter for letter in request.query.name if letter.isprintable()).strip()
        async with self.uploads.received(request.http) as (path, size):
            facts = await self.studio.check(path)
            clip_id = new_id()
            args = ClipArgs(clip_id)
            await self.files.put_file(f"{args.folder}/{_UPLOAD}", path)
        now = self.clock()
        async with self.database.write() as tx:
            new = NewJob(who.org_id, CLIP, clip_id, msgspec.to_builtins(args))
            job = await self.jobs.enqueue(tx, new, now)
            clip = BrandClip(
                clip_id, who.org_id, name or "–", size, facts.duration_ms, facts.width, facts.height, job.id,
                who.subject_id, now,
            )  # fmt: skip
            await self.store.add_clip(tx, clip)
            await self.trail.write(tx, who, "brand_clip_added", clip_id, {"name": clip.name, "bytes": size})
        return await self.shown(who)

    async def retry(self, request: Request) -> BrandingModel:
        """Have a clip made ready again."""
        who: Principal = request.who
        who.require(Permission.ADMIN)
        async with self.database.write() as tx:
            clips = {clip.id: clip for clip in await self.store.clips(tx, who.org_id)}
            clip = clips.get(request.path["id"])
            if clip is None:
                raise NotFound("clip_not_found", "There is no such clip.")
            await self.jobs.resume(tx, clip.job_id, self.clock())
        return await self.shown(who)

    async def card(self, request: Request) -> web.Response:
        """Draw a card."""
        request.who.require(Permission.REPLAYS_WRITE)
        asked: CardQuery = request.query
        async with self.database.read() as tx:
            _, look = await self._found(tx, request.who, request.path.get("id"))
        picture = await made(lambda: self.studio.draw(asked.title, asked.accent or look.accent, look.logo))
        return web.Response(body=picture, content_type="image/png", headers={"Cache-Control": "no-store"})

    async def _found(
        self, tx: AsyncConnection, who: Principal, look_id: str | None, *, lock: bool = False
    ) -> tuple[NamedLook, Look]:
        """Return a look with what it shows now; the organisation's where none is named."""
        if look_id is None:
            look_id = await self.default_id(tx, who.org_id)
        named = await self.store.named(tx, who.org_id, look_id, lock=lock, now=self.clock())
        return named, await self.store.look(tx, named.id, named.version)

    async def _locked(
        self, tx: AsyncConnection, who: Principal, look_id: str | None
    ) -> tuple[NamedLook, Look]:
        return await self._found(tx, who, look_id, lock=True)

    async def default_id(self, tx: AsyncConnection, org_id: str) -> str:
        """Return the look that is the organisation's."""
        return (await self.store.given_to(tx, org_id, [org_id])).get(org_id, org_id)

    async def _with_logo(self, request: Request, logo: bytes) -> BrandingModel:
        who: Principal = request.who
        async with self.database.write() as tx:
            named, look = await self._locked(tx, who, request.path.get("id"))
            await self._write(tx, who, look, replace(look, logo=logo))
        return await self.shown(who, named.id)

    async def _write(self, tx: AsyncConnection, who: Principal, look: Look, changed: Look) -> None:
        """Write another version, if it shows something else."""
        if changed == look:
            return
        written = await self.store.add_version(tx, who.org_id, changed, who.subject_id, self.clock())
        await self.trail.write(tx, who, "branding_changed", look.id, {"version": written.version})

    async def shown(self, who: Principal, look_id: str | None = None) -> BrandingModel:
        """Return a look as those who may see looks get it; the organisation's where none is named."""
        async with self.database.read() as tx:
            named, look = await self._found(tx, who, look_id)
            clips = await self.store.clips(tx, who.org_id)
            jobs = await self.jobs.get_many(tx, [clip.job_id for clip in clips])
            given = await self.store.given(tx, who.org_id)
            default_id = await self.default_id(tx, who.org_id)
            ids = [subject for subject, its in given.items() if its == named.id]
            may_read = who.allows(Permission.PEOPLE_READ)
            names = await self.people.targets(tx, who.org_id, "person", ids) if ids and may_read else {}
            uses = await self.store.uses(tx, who.org_id)
        return BrandingModel(
            id=named.id,
            name=named.name,
            version=look.version,
            accent=look.accent,
            title_card=look.title_card,
            outro_words=look.outro_words,
            logo_url=_data_url(look.logo),
            intro_id=look.intro_id,
            outro_id=look.outro_id,
            clips=[self._clip(who, clip, jobs[clip.job_id]) for clip in clips],
            is_default=named.id == default_id,
            retired=named.retired_utc_ms is not None,
            people=[GivenModel(id=id_, name=names[id_]) for id_ in sorted(names, key=names.__getitem__)],
            microcourses=uses.get(named.id, 0),
            may_edit=who.allows(Permission.ADMIN),
        )

    def _clip(self, who: Principal, clip: BrandClip, job: Job) -> ClipModel:
        grant = PlayGrant(who.subject_id, "clip", f"{clip.folder}/{MADE}/", self.clock() + _SEEN_MS)
        done = job.state is JobState.DONE
        return ClipModel(
            id=clip.id,
            name=clip.name,
            duration_ms=clip.duration_ms,
            width=clip.width,
            height=clip.height,
            state=job.state,
            progress=job.progress,
            reason_code=job.reason_code,
            reason=job.reason,
            video_url=self.signer.url(grant, "video.mp4") if done else None,
            thumbnail_url=self.signer.url(grant, "thumbnail.jpg") if done else None,
            created_utc_ms=clip.created_utc_ms,
        )


def _data_url(logo: bytes) -> str | None:
    if not logo:
        return None
    kind = "png" if logo.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(logo).decode()}"
