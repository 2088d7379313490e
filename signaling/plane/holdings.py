"""What this server process holds: media processes, the peers at each, the rooms and their homes."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from signaling.plane.node import MediaNode
from signaling.plane.peer import Peer
from signaling.plane.placement import Load, choose_for_peer, choose_home
from signaling.plane.room import Room
from streaming.control.client import MediaClient

OthersLoads = Callable[[], Mapping[str, tuple[int, int]]]
"""Returns what other servers put on each node, by name: transports, homes."""


class Holdings:
    """See the module. `peers` are by transport, `rooms` by session."""

    def __init__(
        self, nodes: Sequence[MediaNode], viewers_per_process: int, others_loads: OthersLoads
    ) -> None:
        self.nodes = tuple(nodes)
        self.peers: dict[str, Peer] = {}
        self.rooms: dict[str, Room] = {}
        self._viewers_per_process = viewers_per_process
        self._others_loads = others_loads

    def our_loads(self) -> dict[str, tuple[int, int]]:
        """What this server put on the nodes that it can reach, by name: transports, homes."""
        peers = Counter(peer.client for peer in self.peers.values())
        homes = Counter(room.home for room in self.rooms.values())
        return {
            node.name: (peers[node.client], homes[node]) for node in self.nodes if node.client is not None
        }

    def loads(self) -> dict[MediaNode, Load]:
        """What the nodes carry that can be reached, other servers' sessions included."""
        ours, others = self.our_loads(), self._others_loads()
        found: dict[MediaNode, Load] = {}
        for node in self.nodes:
            if node.name in ours:
                (transports, homes), (more, more_homes) = ours[node.name], others.get(node.name, (0, 0))
                found[node] = Load(transports + more, homes + more_homes)
        return found

    def room(self, session_id: str) -> Room | None:
        """The session's room, at home somewhere that can be reached; None if nothing can."""
        room = self.rooms.get(session_id)
        if room is not None and room.home.client is not None:
            return room
        home = choose_home(self.loads())
        if home is None:
            return None
        if room is None:
            room = self.rooms[session_id] = Room(session_id, home)
        room.home = home
        room.in_step = None
        return room

    def node_for(self, room: Room, *, speaks: bool) -> MediaNode:
        """Where a new transport of this room goes."""
        return choose_for_peer(
            room.home,
            self.loads(),
            piped=frozenset(room.pipes),
            speaks=speaks,
            limit=self._viewers_per_process,
        )

    def is_here(self, client: MediaClient) -> bool:
        """Whether this connection is still good."""
        return any(node.client is client for node in self.nodes)

    def is_nobodys(self, track: str) -> bool:
        """Whether no peer of ours publishes it: a track of a former life."""
        return not any(peer.owns(track) for peer in self.peers.values())
