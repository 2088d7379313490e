"""WHIP in (RFC 9725) and WHEP out (draft-ietf-wish-whep-03) over HTTP.

An endpoint takes POST (an offer) and OPTIONS, a WHIP or WHEP session takes PATCH (ICE), DELETE and OPTIONS;
everything else is reserved: 405. Every answer carries the CORS headers, errors too. `docs/whip.md` is the
table of all answers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from math import ceil
from typing import Final
from weakref import WeakValueDictionary

import structlog
from aiohttp import hdrs, web

from lectern.edge.routes import read_limited
from lectern.kernel.errors import Conflict, NotFound, Overloaded, ProtocolViolation
from lectern.kernel.rate import RateLimit
from signaling.entry.facts import Doors
from signaling.entry.presence import Seat, Seats
from signaling.entry.turn import Turn
from signaling.plane.media import MediaPlane
from signaling.plane.peer import Peer, SlotsView
from signaling.plane.stewardship import Stewards
from signaling.stage.rights import MAY_SEND, WATCHES_ONLY
from signaling.stream_keys.service import StreamKeys
from signaling.whip.bearer import Bearers, Holder
from signaling.whip.conditions import Condition, if_match
from signaling.whip.links import links_of
from signaling.whip.offers import ReadOffer, read_offer
from signaling.whip.open_sessions import OpenSession, OpenSessions, new_etag
from signaling.whip.passed_on import passed_on
from signaling.whip.refusals import (
    ConditionFailed,
    ConditionMissing,
    WrongMediaType,
    WrongMethod,
    refused,
)
from signaling.whip.sdpfrag import (
    MAX_FRAGMENT_BYTES,
    MEDIA_TYPE,
    Credentials,
    Fragment,
    FragmentMalformed,
    frame_of,
    read_fragment,
    write_fragment,
)

_log = structlog.get_logger()

MAX_SDP_BYTES: Final = 128 * 1024
SDP: Final = "application/sdp"
_SEEN_EVERY: Final = 5
_KEYS_EVERY_S: Final = 1.0
"""A key that expired, or that another server process revoked, ends what it opened here within this time."""
_CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Expose-Headers": (
        "Location, ETag, Link, Accept-Patch, Accept-Post, Retry-After, WWW-Authenticate"
    ),
    "Access-Control-Max-Age": "86400",
}

Handler = Callable[[web.Request], Awaitable[web.Response]]


class WhipEndpoint:
    """The handlers. `run` keeps the peers' presence alive, and ends what a key opened that holds no more."""

    def __init__(
        self,
        plane: MediaPlane,
        bearers: Bearers,
        keys: StreamKeys,
        doors: Doors,
        seats: Seats,
        *,
        turn: Turn,
        now_s: Callable[[], int],
        stewards: Stewards,
    ) -> None:
        self._stewards = stewards
        self._plane = plane
        self._bearers = bearers
        self._keys = keys
        self._doors = doors
        self._seats = seats
        self._turn = turn
        self._now_s = now_s
        self._open = OpenSessions()
        # One publication after the other of one key: two that replaced each other would leave none.
        self._publishing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        # By whom the token is for. Displays may share a link, and all come back at once after a restart.
        self._offers = RateLimit(per_s=1, burst=60)
        keys.listen(self._revoked)

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        post, patch, delete = (self._steered(one) for one in (self._post, self._patch, self._delete))
        endpoint = _served({"POST": post, "OPTIONS": self._endpoint_options})
        session = _served({"PATCH": patch, "DELETE": delete, "OPTIONS": self._session_options})
        for kind in ("whip", "whep"):
            for slash in ("", "/"):
                app.router.add_route("*", f"/{kind}/{{session}}{slash}", endpoint)
                app.router.add_route("*", f"/{kind}/{{session}}/{{resource}}{slash}", session)

    async def run(self) -> None:
        """Persist that the peers are here, and look after their keys, until cancelled."""
        while True:
            for _ in range(_SEEN_EVERY):
                await self._check_keys()
                await asyncio.sleep(_KEYS_EVERY_S)
            await self._seats.seen([opened.seat.connection_id for opened in self._open])
            used = {opened.key_id for opened in self._open if opened.key_id is not None}
            if used:
                await self._keys.used(used)

    def _steered(self, handler: Handler) -> Handler:
        """Let the server process answer that steers the session's media; it asks for the credential, too."""

        async def answer(request: web.Request) -> web.Response:
            address = self._stewards.elsewhere(request.match_info["session"])
            if address is not None:
                return await passed_on(request, address, MAX_SDP_BYTES)
            return await handler(request)

        return answer

    # ── methods ──

    async def _endpoint_options(self, request: web.Request) -> web.Response:
        """CORS preflights, and clients that look for TURN servers before they offer (older drafts)."""
        response = web.Response(headers={"Accept-Post": SDP, hdrs.ALLOW: "POST, OPTIONS"})
        if hdrs.AUTHORIZATION in request.headers:
            holder = await self._bearers.holder(request, publishes=_publishes(request), anew=True)
            self._add_links(response, holder.subject)
        return response

    async def _session_options(self, _request: web.Request) -> web.Response:
        return web.Response(headers={"Accept-Patch": MEDIA_TYPE, hdrs.ALLOW: "PATCH, DELETE, OPTIONS"})

    async def _post(self, request: web.Request) -> web.Response:
        publishes = _publishes(request)
        holder = await self._bearers.holder(request, publishes=publishes, anew=True)
        self._hold_up(holder.subject)
        sdp = (await read_limited(request, MAX_SDP_BYTES)).decode("utf-8", "replace")
        if sdp.strip() and request.content_type != SDP:
            raise WrongMediaType("content_type_invalid", "Send an SDP offer as application/sdp.")
        offer = read_offer(sdp, publishes=publishes)
        await self._enter_lesson(holder, publishes=publishes)
        if holder.key_id is None or not publishes:
            opened, answer = await self._create(holder, offer, publishes=publishes)
        else:
            lock = self._publishing.setdefault(holder.key_id, asyncio.Lock())
            async with lock:
                opened, answer = await self._create(holder, offer, publishes=True)
        _log.info(
            "whip_session_opened",
            kind="whip" if publishes else "whep",
            session_id=opened.session_id,
            participant_id=opened.seat.participant_id,
            key_id=opened.key_id,
        )
        response = web.Response(
            status=HTTPStatus.CREATED,
            text=answer,
            content_type=SDP,
            headers={hdrs.LOCATION: opened.path, hdrs.ETAG: opened.etag, "Accept-Patch": MEDIA_TYPE},
        )
        self._add_links(response, opened.seat.participant_id)
        return response

    async def _patch(self, request: web.Request) -> web.Response:
        """Trickle ICE (204) and ICE restart (200), RFC 9725 section 4.3."""
        opened = await self._opened(request, is_over=False)
        if request.content_type != MEDIA_TYPE:
            raise WrongMediaType("content_type_invalid", f"Send ICE candidates or a restart as {MEDIA_TYPE}.")
        text = (await read_limited(request, MAX_FRAGMENT_BYTES)).decode("utf-8", "replace")
        async with opened.restarting:
            condition = if_match(request.headers.get(hdrs.IF_MATCH), opened.etag)
            if condition is Condition.MISSING:
                raise ConditionMissing(
                    "if_match_missing", "Send If-Match with the ETag that you were given, or * for a restart."
                )
            if condition is Condition.FAILED:
                raise ConditionFailed(
                    "etag_outdated", "This ICE session is no more: there was a restart since."
                )
            fragment = _read(text)
            if fragment.credentials is None or fragment.credentials == opened.credentials:
                return web.Response(status=HTTPStatus.NO_CONTENT)  # ICE-lite: the checks show the addresses
            return await self._restart(opened, fragment.credentials)

    async def _restart(self, opened: OpenSession, theirs: Credentials) -> web.Response:
        self._hold_up(opened.subject)
        ours = await self._plane.restart(opened.peer, theirs.ufrag, theirs.pwd)
        opened.credentials = theirs
        opened.etag = new_etag()
        answer = write_fragment(opened.frame, Credentials(ours.ice_ufrag, ours.ice_pwd), ours.candidates)
        return web.Response(text=answer, content_type=MEDIA_TYPE, headers={hdrs.ETAG: opened.etag})

    async def _delete(self, request: web.Request) -> web.Response:
        opened = await self._opened(request, is_over=True)
        self._open.forget_ended(opened.id)
        await self._end(opened, "deleted")
        return web.Response()

    # ── opening ──

    def _hold_up(self, subject: str) -> None:
        wait_s = self._offers.wait_s(subject, asyncio.get_running_loop().time())
        if wait_s > 0:
            raise Overloaded("too_fast", "Too much at once. Please wait.", retry_after_s=ceil(wait_s))

    async def _enter_lesson(self, holder: Holder, *, publishes: bool) -> None:
        session = await self._doors.session(holder.grant.session_id)
        if session.state == "scheduled" and session.auto_start and publishes:
            await self._doors.start(session.id)
        elif session.state != "live":
            raise Conflict("session_not_live", "The session is not live.", state=session.state)

    async def _create(self, holder: Holder, offer: ReadOffer, *, publishes: bool) -> tuple[OpenSession, str]:
        """Open one. What the same key published before ends as soon as the new one stands, not earlier."""
        session_id = holder.grant.session_id
        seat = await self._seats.enter(holder.org_id, holder.grant, "whip" if publishes else "whep")
        try:
            peer, answer = await self._negotiate(holder, seat, offer.sdp, publishes=publishes)
        except BaseException:
            await self._seats.left(session_id, seat.connection_id)
            raise
        opened = OpenSession(
            session_id,
            peer,
            seat,
            holder.subject,
            holder.key_id,
            publishes,
            frame_of(answer),
            offer.credentials,
        )
        self._open.add(opened)
        if holder.key_id is not None and publishes:
            await self._keys.publishes(holder.key_id, opened.id)
            for older in self._open.of_key(holder.key_id):
                if older is not opened:
                    await self._end(older, "replaced")
        opened.is_settled = True
        return opened, answer

    async def _negotiate(self, holder: Holder, seat: Seat, sdp: str, *, publishes: bool) -> tuple[Peer, str]:
        peers: list[Peer] = []

        async def on_slots(_slots: SlotsView) -> None:
            """A WHEP player has one slot of each kind and need not be told."""

        async def on_gone(reason: str) -> None:
            opened = self._open.pop(peers[0].transport) if peers else None
            if opened is not None:
                self._open.ended(opened)
                await self._closed(opened, reason)

        peer, answer = await self._plane.offer(
            holder.grant.session_id,
            seat.participant_id,
            sdp,
            None,
            may_send=MAY_SEND[holder.grant.role] if publishes else WATCHES_ONLY,
            on_slots=on_slots,
            on_gone=on_gone,
        )
        peers.append(peer)
        return peer, answer

    async def _opened(self, request: web.Request, *, is_over: bool) -> OpenSession:
        """The WHIP or WHEP session of the address, if it belongs to whoever asks.

        `is_over`: they want it to be over, which also one may be told that is, with a key that expired.
        """
        publishes = _publishes(request)
        holder = await self._bearers.holder(request, publishes=publishes, anew=not is_over)
        id_ = request.match_info["resource"]
        opened = self._open.get(id_) or (self._open.get_ended(id_) if is_over else None)
        is_theirs = (
            opened is not None
            and opened.publishes == publishes
            and opened.session_id == holder.grant.session_id
            and opened.subject == holder.subject
        )
        if opened is None or not is_theirs:
            raise NotFound("resource_not_found", "There is no such media session.")
        return opened

    def _add_links(self, response: web.Response, whom: str) -> None:
        for link in links_of(self._turn, whom, self._now_s()):
            response.headers.add(hdrs.LINK, link)

    # ── ending ──

    async def _end(self, opened: OpenSession, reason: str) -> None:
        if self._open.pop(opened.id) is None:
            return
        await self._plane.close(opened.id)
        await self._closed(opened, reason)

    async def _closed(self, opened: OpenSession, reason: str) -> None:
        _log.info(
            "whip_session_closed",
            kind="whip" if opened.publishes else "whep",
            session_id=opened.session_id,
            participant_id=opened.seat.participant_id,
            key_id=opened.key_id,
            reason=reason,
        )
        await self._seats.left(opened.session_id, opened.seat.connection_id)
        if opened.key_id is not None and opened.publishes:
            await self._keys.ended(opened.key_id, opened.id)

    async def _revoked(self, key_id: str) -> None:
        for opened in self._open.of_key(key_id):
            await self._end(opened, "revoked")

    async def _check_keys(self) -> None:
        """End what has expired, what another server process revoked or published anew with the same key."""
        with_key = [(opened, opened.key_id) for opened in self._open if opened.key_id is not None]
        if not with_key:
            return
        known = await self._keys.current({key_id for _, key_id in with_key})
        for opened, key_id in with_key:
            key = known.get(key_id)
            if key is None or key.revoked_utc_ms is not None:
                await self._end(opened, "revoked")
            elif self._keys.has_expired(key):
                self._open.ended(opened)
                await self._end(opened, "expired")
            elif opened.publishes and opened.is_settled and key.publication not in (None, opened.id):
                await self._end(opened, "replaced")


def _served(handlers: Mapping[str, Handler]) -> Handler:
    """One address: its methods, and everything that all its answers have in common."""

    async def serve(request: web.Request) -> web.Response:
        try:
            handler = handlers.get(request.method)
            if handler is None:
                raise WrongMethod("method_unknown", "This address has no such method.")
            response = await handler(request)
        except Exception as error:  # noqa: BLE001 (the edge: every failure becomes the one error shape)
            response = refused(error, request)
            if isinstance(error, WrongMethod):
                response.headers[hdrs.ALLOW] = ", ".join(handlers)
        response.headers.update(_CORS)
        return response

    return serve


def _publishes(request: web.Request) -> bool:
    return request.path.startswith("/whip/")


def _read(text: str) -> Fragment:
    try:
        return read_fragment(text)
    except FragmentMalformed as error:
        raise ProtocolViolation(
            "sdpfrag_invalid", "The ICE fragment cannot be read.", hint=str(error)
        ) from None
