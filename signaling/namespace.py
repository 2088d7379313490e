"""Socket.IO `/signal`: one peer connection per tab, negotiated once (docs/protocol.md).

Any server process takes the connection; the one that steers the session's media answers (`relay`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import msgspec
import socketio
import structlog
from socketio.exceptions import ConnectionRefusedError as Refused

from lectern.edge.faults import to_wire
from lectern.kernel.access import SessionGrant
from lectern.kernel.errors import Conflict, Forbidden, Gone, Overloaded, ProtocolViolation, Rejected
from lectern.kernel.rate import RateLimit
from lectern.kernel.roles import SessionRole
from signaling.entry.facts import Doors
from signaling.entry.join_tokens import JoinTokens
from signaling.entry.presence import Seats
from signaling.entry.turn import Turn
from signaling.plane.media import MediaPlane
from signaling.plane.peer import Layers, Peer, SlotsView
from signaling.plane.stewardship import Stewards
from signaling.relay import MARK, Relays
from signaling.stage.rights import MAY_SEND

_log = structlog.get_logger()
MAX_SDP_BYTES = 128 * 1024
_RELAY_TTL_S = 60
Handler = Callable[[str, Any], Awaitable[dict[str, Any]]]


class OfferData(msgspec.Struct, frozen=True):
    """An SDP offer, and what its sending m-lines carry."""

    sdp: str
    sources: dict[str, str] = {}


class RestartData(msgspec.Struct, frozen=True):
    """An SDP offer with new ICE credentials and nothing else new."""

    sdp: str


class SourceData(msgspec.Struct, frozen=True):
    """A source that was switched on or off."""

    source: str
    active: bool


class SlotView(msgspec.Struct, frozen=True):
    """How large the client draws a slot; hidden: nobody sees it now."""

    size: Literal["large", "small", "hidden"]


ViewData = dict[Annotated[str, msgspec.Meta(max_length=16)], SlotView]
"""By receiving mid."""


@dataclass(frozen=True, slots=True)
class Tab:
    """Whose connection it is. `is_relayed`: another server passes on what its tab says."""

    session_id: str
    participant: str
    role: SessionRole
    org_id: str
    grant: SessionGrant
    is_relayed: bool


class SignalNamespace(socketio.AsyncNamespace):  # type: ignore[misc] # the library is untyped
    """Negotiates media for participants who are in a class already."""

    def __init__(
        self,
        plane: MediaPlane,
        tokens: JoinTokens,
        doors: Doors,
        seats: Seats,
        now_s: Callable[[], int],
        *,
        turn: Turn,
        stewards: Stewards,
    ) -> None:
        super().__init__("/signal")
        self._stewards = stewards
        self._relays = Relays(lambda sid, event, data: self.emit(event, data, to=sid))
        self._plane = plane
        self._tokens = tokens
        self._doors = doors
        self._seats = seats
        self._now_s = now_s
        self._turn = turn
        self._peers: dict[str, Peer] = {}
        self._who: dict[str, Tab] = {}
        # By participant. Several displays may share one link, and all come back at once after a restart.
        self._offers = RateLimit(per_s=1, burst=60)
        self._switches = RateLimit(per_s=2, burst=20)
        self._views = RateLimit(per_s=4, burst=20)
        self._handlers: dict[str, Handler] = {
            "offer": self.on_offer,
            "restart": self.on_restart,
            "source": self.on_source,
            "view": self.on_view,
            "bye": self.on_bye,
        }

    async def trigger_event(self, event: Any, *args: Any) -> Any:
        """Dispatch what python-socketio brings: its own `connect` and `disconnect`, and clients' messages.

        A client may name a message like one of those two; it is told apart by whether it is connected.
        """
        sid = args[0]
        if not self.server.manager.is_connected(sid, self.namespace):
            if event == "connect":
                return await self.on_connect(sid, args[1], args[2] if len(args) > 2 else None)
            if event == "disconnect":
                await self.on_disconnect(sid, *args[1:])
            return None
        handler = self._handlers.get(event) if isinstance(event, str) else None
        if handler is None or sid not in self._who:
            return to_wire(ProtocolViolation("message_unknown", "This message does not exist."))[1]
        return await handler(sid, args[1] if len(args) > 1 else None)

    async def on_connect(self, sid: str, _environ: dict[str, Any], auth: Any) -> None:
        """Let a participant in."""
        try:
            token = auth.get("token") if isinstance(auth, dict) else None
            if not isinstance(token, str):
                raise ProtocolViolation("token_invalid", "The connection needs a token.")
            read = self._tokens.read(token, now_s=self._now_s())
            grant = read.grant
            session = await self._doors.session(grant.session_id)
            if session.state == "ended":
                raise Conflict("session_over", "This session is over.")
            if grant.screen_id is not None:
                raise Forbidden("media_on_screen", "The picture is on the screen. This device takes part.")
            participant = await self._seats.participant_of(grant)
            if participant is None:
                raise Rejected("not_joined", "Join the class first.")
        except Exception as error:  # noqa: BLE001 (the edge: every failure becomes the one error shape)
            body = to_wire(error)[1]
            raise Refused(body["error"]["code"], body) from None
        is_relayed = isinstance(auth, dict) and bool(auth.get(MARK))
        self._who[sid] = Tab(grant.session_id, participant, grant.role, read.org_id, grant, is_relayed)
        servers = self._turn.ice_servers(participant, self._now_s())
        await self.emit("ready", {"ice_servers": servers}, to=sid)

    async def on_disconnect(self, sid: str, *reason: object) -> None:
        """Forget the tab. Its transport waits for the tab to come back, unless it left on purpose."""
        self._who.pop(sid, None)
        on_purpose = self.server.reason.CLIENT_DISCONNECT in reason
        await (self._relays.close(sid) if on_purpose else self._relays.cut(sid))
        peer = self._peers.pop(sid, None)
        if peer is None:
            return
        if on_purpose:
            await self._plane.close(peer.transport)
        else:
            self._plane.leave(peer)

    async def on_offer(self, sid: str, data: Any) -> dict[str, Any]:
        """Answer an offer; it replaces the tab's transport."""
        return await self._answer(self._steered(self._offer, "offer"), sid, data)

    async def on_restart(self, sid: str, data: Any) -> dict[str, Any]:
        """Answer an ICE restart; the transport and what it carries stay."""
        return await self._answer(self._steered(self._restart, "restart"), sid, data)

    async def on_source(self, sid: str, data: Any) -> dict[str, Any]:
        """Take in that a source was switched on or off."""
        return await self._answer(self._source, sid, data)

    async def on_view(self, sid: str, data: Any) -> dict[str, Any]:
        """Take in how large the client draws its slots."""
        return await self._answer(self._view, sid, data)

    async def on_bye(self, sid: str, *_data: object) -> dict[str, Any]:
        """Close the tab's transport."""
        await self._relays.close(sid)
        peer = self._peers.pop(sid, None)
        if peer is not None:
            await self._plane.close(peer.transport)
        return {"ok": True}

    async def _answer(self, handle: Any, sid: str, data: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = await handle(sid, data)
        except msgspec.ValidationError as error:
            violation = ProtocolViolation("message_invalid", "The message is not valid.", reason=str(error))
            return to_wire(violation)[1]
        except Exception as error:  # noqa: BLE001 (the edge: every failure becomes the one error shape)
            return to_wire(error)[1]
        return answer

    def _steered(self, handle: Handler, event: str) -> Handler:
        """Let the server process answer that steers the session's media, this one or another."""

        async def answer(sid: str, data: Any) -> dict[str, Any]:
            tab = self._who[sid]
            address = await self._stewards.steward(tab.session_id)
            if address is None:
                await self._relays.cut(sid)
                return await handle(sid, data)
            if tab.is_relayed:  # whoever sent it here was a moment behind
                raise Gone("media_unavailable", "Live media is restarting. It will be back in a moment.")
            grant = replace(tab.grant, participant_id=tab.participant)
            token = self._tokens.issue(tab.org_id, grant, now_s=self._now_s(), ttl_s=_RELAY_TTL_S)
            try:
                return await self._relays.ask(sid, address, token, event, data)
            except Gone:
                self._stewards.doubt()
                raise

        return answer

    async def _offer(self, sid: str, data: Any) -> dict[str, Any]:
        offer = msgspec.convert(data, OfferData)
        if len(offer.sdp) > MAX_SDP_BYTES:
            raise ProtocolViolation("sdp_invalid", "The offer is too long.")
        tab = self._who[sid]
        _take(self._offers, tab.participant)
        await self.on_bye(sid)
        await self._plane.close_orphans(tab.session_id, tab.participant)
        on_slots, on_gone, is_ours = self._ears(sid)
        peer, answer = await self._plane.offer(
            tab.session_id,
            tab.participant,
            offer.sdp,
            offer.sources,
            may_send=MAY_SEND[tab.role],
            on_slots=on_slots,
            on_gone=on_gone,
        )
        is_ours.append(peer)
        await self._listen(sid, peer)
        if sid not in self._who:  # the tab went away while we were answering
            await self._plane.close(peer.transport)
            raise Gone("peer_gone", "The connection was closed while the offer was being answered.")
        overtaken = self._peers.get(sid)  # another offer of this tab, answered meanwhile
        self._peers[sid] = peer
        if overtaken is not None:
            await self._plane.close(overtaken.transport)
        return {"sdp": answer, "slots": {slot.mid: None for slot in peer.slots}}

    def _ears(
        self, sid: str
    ) -> tuple[Callable[[SlotsView], Awaitable[None]], Callable[[str], Awaitable[None]], list[Peer]]:
        """What a peer of this tab calls; the list takes the peer once it exists."""
        theirs: list[Peer] = []

        async def on_slots(slots: SlotsView) -> None:
            await self.emit("slots", slots, to=sid)

        async def on_gone(reason: str) -> None:
            if any(self._peers.get(sid) is peer for peer in theirs):
                self._peers.pop(sid, None)
                await self.emit("reset", {"reason": reason}, to=sid)

        return on_slots, on_gone, theirs

    async def _listen(self, sid: str, peer: Peer) -> None:
        """Pass on what only a browser's room wants to know."""

        async def on_layers(layers: Layers) -> None:
            await self.emit("layers", layers, to=sid)

        async def on_speakers(participants: tuple[str, ...]) -> None:
            await self.emit("speakers", {"participants": list(participants)}, to=sid)

        peer.on_layers, peer.on_speakers, peer.told_speakers = on_layers, on_speakers, ()
        if peer.layers:
            await on_layers(dict(peer.layers))

    async def _restart(self, sid: str, data: Any) -> dict[str, Any]:
        offer = msgspec.convert(data, RestartData)
        if len(offer.sdp) > MAX_SDP_BYTES:
            raise ProtocolViolation("sdp_invalid", "The offer is too long.")
        tab = self._who[sid]
        _take(self._offers, tab.participant)
        on_slots, on_gone, is_ours = self._ears(sid)
        peer, answer = await self._plane.restart_by_offer(
            tab.session_id, tab.participant, offer.sdp, on_slots=on_slots, on_gone=on_gone
        )
        is_ours.append(peer)
        await self._listen(sid, peer)
        for other, theirs in list(
            self._peers.items()
        ):  # the tab's earlier connection is not noticed as gone yet
            if theirs is peer and other != sid:
                del self._peers[other]
        if sid not in self._who:
            self._plane.leave(peer)
            raise Gone("peer_gone", "The connection was closed while the offer was being answered.")
        overtaken = self._peers.get(sid)
        self._peers[sid] = peer
        if overtaken is not None and overtaken is not peer:
            await self._plane.close(overtaken.transport)
        return {"sdp": answer}

    async def _source(self, sid: str, data: Any) -> dict[str, Any]:
        change = msgspec.convert(data, SourceData)
        tab = self._who[sid]
        _take(self._switches, tab.participant)
        # First: whoever may not be told this must not be on air.
        left_out = change.active and await self._plane.is_left_out(
            tab.session_id, tab.participant, change.source
        )
        await self._plane.set_source(tab.session_id, tab.participant, change.source, active=change.active)
        return {"ok": True, "left_out": left_out}

    async def _view(self, sid: str, data: Any) -> dict[str, Any]:
        view = msgspec.convert(data, ViewData)
        _take(self._views, sid)
        await self._relays.tell(sid, "view", data)
        peer = self._peers.get(sid)
        if peer is not None:
            self._plane.look(peer, {mid: slot.size for mid, slot in view.items()})
        return {"ok": True}


def _take(allowance: RateLimit, participant: str) -> None:
    """Use one of a participant's allowance.

    Raises:
        Overloaded: there is none (`too_fast`).
    """
    wait_s = allowance.wait_s(participant, asyncio.get_running_loop().time())
    if wait_s > 0:
        raise Overloaded(
            "too_fast", "Too much at once. Please wait a moment.", retry_after_s=round(wait_s, 3)
        )
