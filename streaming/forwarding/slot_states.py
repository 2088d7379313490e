"""States of a slot, and what leads from one to another.

    EMPTY ──route──▶ WAITING ──start──▶ CATCHING_UP ──level──▶ LIVE
      ▲                │ ▲ ▲◀──────────────┴──────────restart───┤
      │              pause resume          ▲◀─────────switch────┤
      │                ▼ │                 │                    │
      │               PAUSED ◀─────────────┴──────────pause─────┤
      └──── unroute ───┴───────────────────┴────────────────────┘

WAITING lacks a keyframe (video) or a packet (audio). CATCHING_UP sends what a layer's ring holds from a
keyframe on, a few packets per turn (pacing), and becomes LIVE when it has reached the newest packet: then the
hot path feeds it, and nobody touches the slot until something changes. PAUSED sends nothing by request.
A slot that is paced (its subscriber's link is narrow) never gets beyond CATCHING_UP: the ring is its queue.
"""

from enum import Enum
from typing import Final


class SlotState(Enum):
    """See the module."""

    EMPTY = "empty"
    WAITING = "waiting"
    CATCHING_UP = "catching_up"
    LIVE = "live"
    PAUSED = "paused"


class SlotEvent(Enum):
    """See the module."""

    ROUTE = "route"
    UNROUTE = "unroute"
    START = "start"
    LEVEL = "level"
    PACE = "pace"
    SWITCH = "switch"
    RESTART = "restart"
    PAUSE = "pause"
    RESUME = "resume"


_FED: Final[dict[SlotEvent, SlotState]] = {
    SlotEvent.SWITCH: SlotState.CATCHING_UP,
    SlotEvent.RESTART: SlotState.WAITING,
    SlotEvent.PAUSE: SlotState.PAUSED,
    SlotEvent.UNROUTE: SlotState.EMPTY,
}
TABLE: Final[dict[SlotState, dict[SlotEvent, SlotState]]] = {
    SlotState.EMPTY: {SlotEvent.ROUTE: SlotState.WAITING},
    SlotState.WAITING: {
        SlotEvent.START: SlotState.CATCHING_UP,
        SlotEvent.RESTART: SlotState.WAITING,
        SlotEvent.PAUSE: SlotState.PAUSED,
        SlotEvent.UNROUTE: SlotState.EMPTY,
    },
    SlotState.CATCHING_UP: {SlotEvent.LEVEL: SlotState.LIVE, **_FED},
    SlotState.LIVE: {SlotEvent.PACE: SlotState.CATCHING_UP, **_FED},
    SlotState.PAUSED: {
        SlotEvent.RESUME: SlotState.WAITING,
        SlotEvent.RESTART: SlotState.PAUSED,
        SlotEvent.UNROUTE: SlotState.EMPTY,
    },
}
