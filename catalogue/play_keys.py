"""Keys of encrypted media: given to the viewer that an address was made for, as long as they may watch."""

from aiohttp import web

from catalogue.access import may_edit, viewer_of
from catalogue.held_back import HeldBack
from catalogue.media import Replay
from catalogue.neighbours import Links
from catalogue.play_grant import GROUP, WORK, PlayGrant, PlaySigner
from catalogue.sealing import KEY_NAME
from catalogue.watching import Watching
from catalogue.window import ALWAYS
from catalogue.window_store import WindowStore
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Principal
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Forbidden, NotFound, Unauthenticated
from lectern.storage.keys import below

_HEADERS = {
    "Content-Type": "application/octet-stream",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class PlayKeys:
    """The handler of `/play/<token>/<track>/track.key`.

    The address alone opens nothing for whoever signed in by cookie: the request has to come from that very
    sign-in. Who came by a link has no cookie, and browsers' own players send nothing else: there the address
    counts while the link holds, and a token that is sent with it has to be the same person's.
    """

    def __init__(
        self, signer: PlaySigner, watching: Watching, links: Links, held: HeldBack, clock: Clock = utc_ms
    ) -> None:
        self._signer = signer
        self._watching = watching
        self._links = links
        self._held = held
        self._windows = WindowStore()
        self._clock = clock

    def routes(self) -> list[Route]:
        """Return the routes; public, because who asks is compared with the token here."""
        path = "/play/{token}/{track:.+}/" + KEY_NAME
        return [Route("GET", path, self.key, "The key of an encrypted track", public=True)]

    async def key(self, request: Request) -> web.StreamResponse:
        """Answer with the 16 bytes.

        Raises:
            Unauthenticated: the token is not valid (any more), or nobody is signed in. Forbidden: it was made
            for somebody else, or a link that is over. NotFound: not (any more) for them, or nothing is
            encrypted. Conflict: not shown now, or held.
        """
        token = request.path["token"]
        grant = self._signer.open(token, self._clock())
        if not grant.sealed:
            raise NotFound("file_not_found", "There is no such file.")
        track = below(grant.prefix, request.path["track"])
        await self._insist_on_watching(await self._viewer(grant, request.who), grant)
        return web.Response(body=self._signer.seal(token, grant).key(track), headers=_HEADERS)

    async def _viewer(self, grant: PlayGrant, who: Principal | None) -> Principal:
        if grant.link is not None:
            if who is not None and who.grant is not None and viewer_of(who) != grant.subject:
                raise _foreign()
            await self._links.refuse_lapsed(grant.link)
            return Principal(
                org_id=grant.org_id,
                subject_id=grant.subject,
                permissions=frozenset(),
                person_id=grant.link.person_id,
                grant=grant.link,
            )
        if who is None:
            raise Unauthenticated("sign_in_required", "Please sign in.")
        same = (viewer_of(who) or who.subject_id) == grant.subject and who.sign_in == grant.sign_in
        if not same or who.grant is not None:
            raise _foreign()
        return who

    async def _insist_on_watching(self, who: Principal, grant: PlayGrant) -> None:
        await self._held.insist_on_shown(grant, self._clock())
        kind, _, id_ = grant.medium.partition("/")
        if kind == GROUP:  # whether it is shown to them was asked above: the address says as what they see it
            id_ = id_.partition("/")[0]
        if kind == "microcourse":
            version = int(grant.prefix.rstrip("/").rpartition("/")[2])
            await self._watching.find(who, "microcourse", id_, version=version)
        elif grant.live:
            if not await self._watching.allows(who, grant.org_id, id_):
                raise NotFound("session_not_found", "There is no such session, or it has not started yet.")
        else:
            await self._insist_on_replay(who, await self._watching.replay(who, id_), works=kind == WORK)

    async def _insist_on_replay(self, who: Principal, replay: Replay, *, works: bool) -> None:
        if may_edit(who, replay.org_id, replay.session_id):
            return
        if works:  # an address of somebody who edits no longer
            raise NotFound("replay_not_found", "There is no such replay.")
        async with self._watching.database.read() as tx:
            window = (await self._windows.windows(tx, [replay])).get(replay.id, ALWAYS)
        window.insist_on_open(self._clock())


def _foreign() -> Forbidden:
    return Forbidden("play_not_yours", "This address was made for somebody else. Open the page yourself.")
