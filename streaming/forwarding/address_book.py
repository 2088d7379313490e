"""Who is where: peers by the ICE user name that they were given, and by the addresses that they have proven.

A connectivity check proves an address (RFC 8445 section 7.3); whatever else comes from an unproven one is
dropped. Pipes prove nothing: the server named their addresses (`PipePaths`).
"""

from collections import Counter

from streaming.forwarding.hot_path import Output, Path
from streaming.forwarding.peer import Peer
from streaming.forwarding.pipe import PipePaths
from streaming.ice import stun
from streaming.ice.strangers import Strangers


class AddressBook:
    """See the module. `by_path` is for looking up only; counts what it turns away in `dropped`."""

    def __init__(self, dropped: Counter[str]) -> None:
        self.by_ufrag: dict[str, Peer] = {}
        self.by_path: dict[Path, Peer] = {}
        self.pipes = PipePaths()
        self._dropped = dropped
        self._strangers = Strangers()

    def receive_stun(self, data: bytes, path: Path, now: float, output: Output) -> Peer | None:
        """Hand a check, or the answer to one, to whom it is for; returns who may have changed by it."""
        if path not in self.by_path:
            fragment = stun.asked_fragment(data)
            if fragment is not None and fragment not in self.by_ufrag:
                self._dropped["stun_unknown_user"] += 1
                return None
            if fragment is None or not self._strangers.may_ask(path[1][0], fragment, now):
                self._dropped["stun_malformed" if fragment is None else "stun_flood"] += 1
                return None
        message = stun.parse(data)
        if message is None:
            self._dropped["stun_malformed"] += 1
            return None
        if message.message_type == stun.BINDING_REQUEST:
            peer = self.by_ufrag.get(message.username.partition(":")[0])
        else:
            peer = self.by_path.get(path)
        if peer is None:
            self._dropped["stun_unknown_user"] += 1
            return None
        known, checks = peer.agent.paths, peer.agent.checks
        peer.receive_stun(message, path, now, output)
        if peer.agent.checks != checks:  # also for a path of old: another peer may have proven it meanwhile
            self.by_path[path] = peer
            for gone in set(known) - set(peer.agent.paths):
                self._forget_path(gone, peer)
        if peer.agent.ufrags != peer.known_ufrags:
            self.register(peer)
        return peer

    def is_proven(self, path: Path) -> bool:
        """Whether some peer has passed a check from there."""
        return path in self.by_path

    def lose_path(self, path: Path) -> None:
        """The connection that this path was has ended; unknown ones are fine."""
        peer = self.by_path.pop(path, None)
        if peer is not None:
            peer.lose_path(path)

    def register(self, peer: Peer) -> None:
        """Its user names are new, or may have changed."""
        current = peer.agent.ufrags
        for ufrag in peer.known_ufrags:
            if ufrag not in current:
                self.by_ufrag.pop(ufrag, None)
        for ufrag in current:
            self.by_ufrag[ufrag] = peer
        peer.known_ufrags = current

    def forget(self, peer: Peer) -> None:
        """It is gone."""
        for ufrag in peer.known_ufrags:
            self.by_ufrag.pop(ufrag, None)
        for path in peer.agent.paths:
            self._forget_path(path, peer)

    def _forget_path(self, path: Path, peer: Peer) -> None:
        if self.by_path.get(path) is peer:
            del self.by_path[path]
