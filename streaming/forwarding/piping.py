"""What servers ask of pipes: to open an end, and which tracks cross."""

from collections.abc import Iterator
from contextlib import contextmanager

from streaming.control import messages as m
from streaming.forwarding.hot_path import Path
from streaming.forwarding.pinned_slot import slots_of
from streaming.forwarding.pipe import PipeConflict, PipeEnd
from streaming.forwarding.plane_state import PlaneRefusal, PlaneState
from streaming.forwarding.publishing import Publishing
from streaming.forwarding.routing_table import RoutingTable
from streaming.forwarding.transports import Transports


class Piping:
    """See the module. An end that is open is a transport like others, and is closed like them."""

    def __init__(
        self, state: PlaneState, routing: RoutingTable, publishing: Publishing, transports: Transports
    ) -> None:
        self._state = state
        self._routing = routing
        self._publishing = publishing
        self._transports = transports

    def open(self, request: m.OpenPipe, path: Path, now: float) -> None:
        """Be one end of a pipe whose other end is at `path`. Raises PlaneRefusal."""
        state = self._state
        state.room(request.room)
        if request.pipe in state.peers:  # its keys may have been used: they must not begin again
            raise PlaneRefusal("pipe_exists", "close this pipe first, and open another one with new keys")
        end = PipeEnd(request, path, context=self._transports.context, now=now, rng=self._state.rng)
        with refusing_conflicts():
            state.addresses.pipes.check(end, end.foreign_ssrcs)
        state.addresses.pipes.learn(end)
        state.peers[end.id] = end
        self._transports.follow(end, now)

    def set(self, request: m.SetPipe, now: float) -> None:
        """Send and receive these tracks and no others. Raises PlaneRefusal; nothing has changed then."""
        state = self._state
        end = state.peers.get(request.pipe)
        if not isinstance(end, PipeEnd):
            raise PlaneRefusal("pipe_not_found", "open the pipe first")
        with refusing_conflicts():
            change = end.difference(request)
            ssrcs = (n for piped in request.receive for pair in piped.ssrcs for n in pair)
            state.addresses.pipes.check(end, ssrcs)
        if any(p.track in state.tracks for p in change.received if p.track not in end.receive_list):
            raise PlaneRefusal("track_exists", "this track is here already")
        for slot in change.slots_ended:
            self._routing.set_route(m.Route(end.id, slot.mid, None), slot, now)
        for publication in change.publications_ended:
            self._publishing.end_track(end, publication)
        end.take(request, change)
        state.addresses.pipes.learn(end)
        for piped in request.receive:
            known = end.publications[piped.track]
            if (known.recorded, known.group) != (piped.recorded, piped.group):
                wanted = m.SetPublishing(end.id, piped.track, True, piped.recorded, piped.group)
                self._publishing.set_publishing(wanted)
        for piped in change.sent:
            for slot in slots_of(piped, state.rng):
                end.add_slot(slot)
        for route in end.routes():
            self._routing.set_route(route, end.slots[route.mid], now)


@contextmanager
def refusing_conflicts() -> Iterator[None]:
    """What cannot be on a pipe is refused. Raises PlaneRefusal."""
    try:
        yield
    except PipeConflict as conflict:
        raise PlaneRefusal(conflict.code, str(conflict)) from None
