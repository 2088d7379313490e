"""The record of connection troubles: who suffered from what, from when to when (LIV-16). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from analytics.attendance import Happening

READ = frozenset({"connection_troubled", "session_ended", "participant_joined"})
"""The event types that incidents are made of."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One trouble of one participant. `until_utc_ms` is None while it lasts."""

    participant: str
    code: str
    from_utc_ms: int
    until_utc_ms: int | None


def incidents(happenings: Iterable[Happening]) -> list[Incident]:
    """All incidents in the order in which they began; what stands when the lesson ends, ends with it."""
    standing: dict[tuple[str, str], int] = {}
    found: list[Incident] = []
    for happening in happenings:
        if happening.type == "session_ended":
            over = list(standing)
        elif happening.type == "connection_troubled":
            person = str(happening.payload["participant"])
            codes = [str(code) for code in happening.payload["troubles"]]
            over = [key for key in standing if key[0] == person and key[1] not in codes]
            for code in codes:
                standing.setdefault((person, code), happening.utc_ms)
        else:
            continue
        found += [Incident(*key, standing.pop(key), happening.utc_ms) for key in over]
    found += [Incident(*key, since, None) for key, since in standing.items()]
    return sorted(found, key=lambda i: (i.from_utc_ms, i.participant, i.code))
