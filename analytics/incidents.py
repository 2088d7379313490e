"""The record of connection troubles: who suffered from what, from when to when (LIV-16). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from analytics.attendance.happening import Happening

READ = frozenset({"connection_troubled", "session_ended", "participant_joined"})
"""The event types that incidents are made of."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One trouble of one participant. `until_utc_ms` is None while it lasts.

    `ended` says that it did not get well: they `left` (and were last seen at `until_utc_ms`, or right when it
    began) or were `removed`, or the lesson was over first (`session_over`).
    """

    participant: str
    code: str
    from_utc_ms: int
    until_utc_ms: int | None
    ended: str | None = None


def incidents(happenings: Iterable[Happening]) -> list[Incident]:
    """All incidents in the order in which they began; what stands when the lesson ends, ends with it."""
    standing: dict[tuple[str, str], int] = {}
    found: list[Incident] = []
    for happening in happenings:
        at, ended = happening.utc_ms, None
        if happening.type == "session_ended":
            over, ended = list(standing), "session_over"
        elif happening.type == "connection_troubled":
            person = str(happening.payload["participant"])
            codes = [str(code) for code in happening.payload["troubles"]]
            over = [key for key in standing if key[0] == person and key[1] not in codes]
            ended = happening.payload.get("ended")
            at = happening.payload.get("at_utc_ms") or at
            for code in codes:
                standing.setdefault((person, code), happening.utc_ms)
        else:
            continue
        for key in over:
            since = standing.pop(key)
            found.append(Incident(*key, since, max(since, at), ended))
    found += [Incident(*key, since, None) for key, since in standing.items()]
    return sorted(found, key=lambda i: (i.from_utc_ms, i.participant, i.code))
