"""Which media process serves whom. Pure.

A session has a home: there its presenters publish and its recording is written.
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
