"""The record of troubles: who suffered from what, from when to when. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from lectern.timeline.event import SessionEnded, TimelineEvent
from signaling.health.idea import ConnectionTroubled


@dataclass(frozen=True, slots=True)
class Incident:
    """One trouble of one participant, in session time (ms). `until_ms` is None while it lasts."""

    participant: str
    code: str
    from_ms: int
    until_ms: int | None


def incidents(events: Iterable[TimelineEvent]) -> list[Incident]:
    """All incidents in the order in which they began."""
    standing: dict[tuple[str, str], int] = {}
    found: list[Incident] = []

    def end(key: tuple[str, str], until_ms: int) -> None:
        found.append(Incident(*key, standing.pop(key), until_ms))

    for event in events:
        payload = event.payload
        if isinstance(payload, SessionEnded):
            for key in list(standing):
                end(key, event.session_ms)
        elif isinstance(payload, ConnectionTroubled):
            person = payload.participant
            for key in [k for k in standing if k[0] == person and k[1] not in payload.troubles]:
                end(key, event.session_ms)
            for code in payload.troubles:
                standing.setdefault((person, code), event.session_ms)
    found += [Incident(*key, from_ms, None) for key, from_ms in standing.items()]
    return sorted(found, key=lambda i: (i.from_ms, i.participant, i.code))
