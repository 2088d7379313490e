"""WHIP in (RFC 9725) and WHEP out (draft-ietf-wish-whep): publishers and players that are no browser room."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil

from aiohttp import hdrs, web

from lectern.edge.routes import error_response, read_limited
from lectern.kernel.access import SessionGrant
from lectern.kernel.errors import (
    Conflict,
    Forbidden,
    NotFound,
    Overloaded,
    ProtocolViolation,
    Unauthenticated,
)
from lectern.kernel.rate import RateLimit
from lectern.kernel.roles import SessionRole
from signaling.entry.facts import Doors
from signaling.entry.join_tokens import JoinTokens
from signaling.entry.presence import Seat, Seats
from signaling.plane.media import MediaPlane
from signaling.plane.peer import Peer, SlotsView
from signaling.stage.rights import MAY_SEND, WATCHES_ONLY

MAX_SDP_BYTES = 128 * 1024
_SEEN_EVERY_S = 5.0
_RETRY_AFTER_S = 5
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Expose-Headers": "Location, ETag, Link",
}


@dataclass(frozen=True, slots=True)
class Resource:
    """One WHIP or WHEP session."""

    session_id: str
    peer: Peer
    seat: Seat
    subject: str


class WhipEndpoint:
    """The handlers. `run` keeps the peers' presence alive."""

    def __init__(
        self, plane: MediaPlane, tokens: JoinTokens, doors: Doors, seats: Seats, now_s: Callable[[], int]
    ) -> None:
        self._plane = plane
        self._tokens = tokens
        self._doors = doors
        self._seats = seats
        self._now_s = now_s
        self._resources: dict[str, Resource] = {}
        # By whom the token is for. Displays may share a link, and all come back at once after a restart.
        self._offers = RateLimit(per_s=1, burst=60)

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        for kind in ("whip", "whep"):
            app.router.add_route("OPTIONS", f"/{kind}/{{session}}", self._options)
            app.router.add_post(f"/{kind}/{{session}}", self._post)
            app.router.add_delete(f"/{kind}/{{session}}/{{resource}}", self._delete)
            app.router.add_patch(f"/{kind}/{{session}}/{{resource}}", self._patch)

    async def run(self) -> None:
        """Persist that the peers are here, until cancelled."""
        while True:
            await self._seats.seen([r.seat.connection_id for r in self._resources.values()])
            await asyncio.sleep(_SEEN_EVERY_S)

    async def _options(self, _request: web.Request) -> web.Response:
        return web.Response(status=HTTPStatus.NO_CONTENT, headers={**_CORS, "Accept-Post": "application/sdp"})

    async def _patch(self, _request: web.Request) -> web.Response:
        return web.Response(status=HTTPStatus.METHOD_NOT_ALLOWED, headers={**_CORS, "Allow": "DELETE"})

    async def _post(self, request: web.Request) -> web.Response:
        try:
            return await self._create(request, publishes=request.path.startswith("/whip/"))
        except Exception as error:  # noqa: BLE001 (the edge: every failure becomes the one error shape)
            response = error_response(error)
            response.headers.update(_CORS)
            if isinstance(error, Conflict):
                response.headers["Retry-After"] = str(_RETRY_AFTER_S)
            return response

    async def _create(self, request: web.Request, *, publishes: bool) -> web.Response:
        org_id, grant = self._granted(request)
        if publishes and not grant.role.is_staff:
            raise Forbidden("not_allowed", "This token may watch, not publish.")
        wait_s = self._offers.wait_s(_subject(grant), asyncio.get_running_loop().time())
        if wait_s > 0:
            raise Overloaded("too_fast", "Too much at once. Please wait.", retry_after_s=ceil(wait_s))
        if request.content_type != "application/sdp":
            raise ProtocolViolation("content_type_invalid", "Send an SDP offer as application/sdp.")
        sdp = (await read_limited(request, MAX_SDP_BYTES)).decode("utf-8", "replace")
        session = await self._doors.session(grant.session_id)
        if session.state == "scheduled" and session.auto_start and publishes:
            await self._doors.start(session.id)
        elif session.state != "live":
            raise Conflict("session_not_live", "The session is not live.", state=session.state)
        seat = await self._seats.enter(org_id, grant, "whip" if publishes else "whep")

        async def on_slots(_slots: SlotsView) -> None:
            """A WHEP player has one slot of each kind and need not be told."""

        async def on_gone(_reason: str) -> None:
            self._resources.pop(resource_id, None)
            await self._seats.left(session.id, seat.connection_id)

        try:
            peer, answer = await self._plane.offer(
                session.id,
                seat.participant_id,
                sdp,
                None,
                may_send=MAY_SEND[grant.role] if publishes else WATCHES_ONLY,
                on_slots=on_slots,
                on_gone=on_gone,
            )
        except BaseException:
            await self._seats.left(session.id, seat.connection_id)
            raise
        resource_id = peer.transport
        self._resources[resource_id] = Resource(session.id, peer, seat, _subject(grant))
        return web.Response(
            status=HTTPStatus.CREATED,
            text=answer,
            content_type="application/sdp",
            headers={**_CORS, "Location": f"{request.path.rstrip('/')}/{resource_id}"},
        )

    async def _delete(self, request: web.Request) -> web.Response:
        try:
            _org_id, grant = self._granted(request)
            resource = self._resources.get(request.match_info["resource"])
            if resource is None or resource.subject != _subject(grant):
                raise NotFound("resource_not_found", "There is no such media session.")
        except Exception as error:  # noqa: BLE001 (the edge: every failure becomes the one error shape)
            return error_response(error)
        self._resources.pop(resource.peer.transport, None)
        await self._plane.close(resource.peer.transport)
        await self._seats.left(resource.session_id, resource.seat.connection_id)
        return web.Response(headers=_CORS)

    def _granted(self, request: web.Request) -> tuple[str, SessionGrant]:
        scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("token_invalid", "Send the join token as Authorization: Bearer.")
        read = self._tokens.read(token.strip(), now_s=self._now_s())
        if read.grant.session_id != request.match_info["session"]:
            raise Forbidden("token_foreign", "This token is for another session.")
        if read.grant.role is SessionRole.SCREEN and request.path.startswith("/whip/"):
            raise Forbidden("not_allowed", "This token may watch, not publish.")
        return read.org_id, read.grant


def _subject(grant: SessionGrant) -> str:
    return grant.person_id or grant.guest_id or ""
