"""Giving decided events their place and their times on a timeline. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from lectern.kernel.clock import SessionMs, UtcMs
from lectern.timeline.event import NewEvent, SessionStarted, TimelineEvent


@dataclass(frozen=True, slots=True)
class Position:
    """Where a timeline stands: its last number, when it first started, and its clock."""

    seq: int
    first_started_utc_ms: UtcMs | None
    session_ms: SessionMs


START = Position(0, None, SessionMs(0))


def number(
    position: Position, events: Sequence[NewEvent], now: UtcMs
) -> tuple[list[TimelineEvent], Position]:
    """Place `events` after `position`, and return them with the position after them.

    The session's clock runs from the first start and never goes back, whatever the wall clock does.
    """
    placed: list[TimelineEvent] = []
    started, session_ms = position.first_started_utc_ms, position.session_ms
    for seq, new in enumerate(events, start=position.seq + 1):
        if started is None and isinstance(new.payload, SessionStarted):
            started = now
        if started is not None:
            session_ms = SessionMs(max(session_ms, now - started))
        placed.append(
            TimelineEvent(
                seq=seq,
                type=new.payload.TYPE,
                version=new.payload.VERSION,
                utc_ms=now,
                session_ms=session_ms,
                actor=new.actor,
                payload=new.payload,
                raw=msgspec.to_builtins(new.payload),
                texts=new.texts,
            )
        )
    return placed, Position(position.seq + len(placed), started, session_ms)
