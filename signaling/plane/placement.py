"""Which media process serves whom. Pure.

A session has a home: there its presenters publish and its recording is written. Viewers join it there too
until the home serves as many peers as one core is meant to; later ones go to siblings, which get the tracks
by pipe.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

ROOM_WEIGHT: Final = 10
"""What a session that is at home somewhere counts, in transports: its class has yet to come."""

NodeT = TypeVar("NodeT", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Load:
    """What a media process carries: transports of all sessions, and sessions that are at home there."""

    transports: int = 0
    homes: int = 0

    @property
    def weight(self) -> int:
        """For comparing processes."""
        return self.transports + ROOM_WEIGHT * self.homes


def choose_home(loads: Mapping[NodeT, Load]) -> NodeT | None:
    """Return the process that a new session (or one whose home died) is at home at: the least loaded one."""
    return min(loads, key=lambda node: loads[node].weight, default=None)


def choose_for_peer(
    home: NodeT, loads: Mapping[NodeT, Load], *, piped: frozenset[NodeT], speaks: bool, limit: int
) -> NodeT:
    """Return the process for a new transport of the session at `home`.

    Who speaks to all (`speaks`) is served at home: the recorder is there, and most of the others. The others
    are too while home carries fewer than `limit` transports. Then siblings take them, the least loaded first,
    one that has a pipe already (`piped`) before one that has none; when all are full, whoever carries least.
    """
    if speaks or loads[home].transports < limit:
        return home
    free = [node for node in loads if loads[node].transports < limit]
    return min(free or loads, key=lambda node: (loads[node].transports, node not in piped, node != home))
