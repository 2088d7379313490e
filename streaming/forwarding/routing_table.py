"""Which track feeds which slot. A track may be routed before it starts, and again after it comes back."""

from collections.abc import Sequence

from streaming.control import messages as m
from streaming.forwarding.plane_state import PlaneRefusal, PlaneState
from streaming.forwarding.slot import Slot
from streaming.forwarding.slot_states import SlotState
from streaming.forwarding.track import Track


class RoutingTable:
    """See the module."""

    def __init__(self, state: PlaneState) -> None:
        self._state = state
        self._wanted: dict[str, set[tuple[str, str]]] = {}  # track that has not started → slots that want it

    def set_routes(self, routes: Sequence[m.Route], now: float) -> tuple[m.Route, ...]:
        """Put routes in force; returns those without a common codec. Raises PlaneRefusal (unknown slot)."""
        slots: list[Slot] = []
        for route in routes:
            peer = self._state.peers.get(route.transport)
            slot = None if peer is None else peer.slots.get(route.mid)
            if slot is None:
                raise PlaneRefusal("slot_not_found", "no such transport, or it has no such receiving m-line")
            slots.append(slot)
        without: list[m.Route] = []
        for route, slot in zip(routes, slots, strict=True):
            if not self.set_route(route, slot, now):
                without.append(route)
        return tuple(without)

    def set_route(self, route: m.Route, slot: Slot, now: float) -> bool:
        """Put one route in force; False without a common codec."""
        key = (route.transport, route.mid)
        for wanting in self._wanted.values():
            wanting.discard(key)
        self._wanted = {track: wanting for track, wanting in self._wanted.items() if wanting}
        slot.priority = route.priority
        slot.view(max_layer=route.max_layer, is_hidden=route.hidden, now=now)
        if slot.track is not None and slot.track.id == route.track:
            self.start_or_wait(slot, now)
            return True
        slot.unroute()
        if route.track is None:
            return True
        known = self._state.tracks.get(route.track)
        if known is None:
            self._wanted.setdefault(route.track, set()).add(key)
            return True
        track = known.track
        slot.route(track, now)
        self.start_or_wait(slot, now)
        return track.codec is None or slot.codec_for(track.codec) is not None

    @staticmethod
    def start_or_wait(slot: Slot, now: float) -> None:
        """Begin with what there is, else ask for a keyframe."""
        if slot.track is None or not slot.has_keys:
            return  # who has no keys yet is served from the last keyframe when they are agreed
        slot.waiting_since = now
        started = slot.try_start(now)  # the next tick sends, within its limit
        if not started and slot.target is not None and slot.state is SlotState.WAITING:
            slot.target.keyframes.wish()

    def track_began(self, track: Track, now: float) -> None:
        """Feed the slots that waited for it."""
        for transport, mid in self._wanted.pop(track.id, set()):
            subscriber = self._state.peers.get(transport)
            wanting = None if subscriber is None else subscriber.slots.get(mid)
            if wanting is not None and wanting.track is None:
                wanting.route(track, now)

    def track_ended(self, track: Track, *, may_return: bool) -> None:
        """It feeds nobody any more; if it may return, its slots wait for it."""
        for subscriber in self._state.peers.values() if track.slots else ():
            for slot in subscriber.slots.values():
                if slot.track is track:
                    slot.unroute()
                    if may_return:
                        self._wanted.setdefault(track.id, set()).add((subscriber.id, slot.mid))

    def forget(self, transport: str) -> None:
        """Its slots want nothing any more."""
        for wanting in self._wanted.values():
            wanting.difference_update({key for key in wanting if key[0] == transport})
