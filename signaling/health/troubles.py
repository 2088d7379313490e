"""What troubles each participant's media, over all their connections, and when to say so next. Pure.

One person may have many connections (a phone beside the PC, up to 64 displays of one link); their troubles
are one list. What changes is said at once, but never more than once in `TELL_EVERY_S` for one participant:
then the list as it is by that time.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

MEDIA_LOST: Final = "media_lost"
"""Their last media connection went silent and was given up; the class may go on without it."""

LOST_REASONS: Final = frozenset({"peer_silent", "ice_timeout", "dtls_timeout"})
"""Why the media process gives up a transport that nobody closed."""

TELL_EVERY_S: Final = 2.0


class Who(NamedTuple):
    """A participant of a session."""

    session_id: str
    participant: str


@dataclass(slots=True)
class _Patient:
    """`by_transport` holds connected ones only. `due` is when their list is to be told; None: it was."""

    by_transport: dict[str, tuple[str, ...]] = field(default_factory=dict)
    is_lost: bool = False
    told: tuple[str, ...] | None = None
    told_at: float = float("-inf")
    due: float | None = None

    def codes(self) -> tuple[str, ...]:
        found = dict.fromkeys(code for codes in self.by_transport.values() for code in codes)
        return (MEDIA_LOST, *found) if self.is_lost else tuple(found)


class Troubles:
    """See the module. `take_due` is to be called at `next_deadline`; what it returns is to be written down.

    Bounded by the transports that there are, and by the participants who lost theirs until `forget`.
    """

    def __init__(self) -> None:
        self._patients: dict[Who, _Patient] = {}

    def connected(self, who: Who, transport: str, now: float) -> None:
        """A transport carries media (again): nothing is wrong with it yet, and they have not lost all."""
        patient = self._patients.setdefault(who, _Patient())
        patient.by_transport[transport] = ()
        patient.is_lost = False
        self._changed(patient, now)

    def suffers(self, who: Who, transport: str, codes: tuple[str, ...], now: float) -> None:
        """These trouble a transport from now on, and no others."""
        patient = self._patients.setdefault(who, _Patient())
        patient.by_transport[transport] = codes
        self._changed(patient, now)

    def ended(self, who: Who, transport: str, now: float, *, is_lost: bool = False) -> None:
        """A transport is over; `is_lost`: it went silent, which is their trouble if it was the last one."""
        patient = self._patients.setdefault(who, _Patient())
        patient.by_transport.pop(transport, None)
        patient.is_lost = (is_lost or patient.is_lost) and not patient.by_transport
        self._changed(patient, now)

    def forget(self, who: Who) -> None:
        """They have left, or the lesson is over: whoever knows that writes it down."""
        self._patients.pop(who, None)

    def forget_session(self, session_id: str) -> None:
        """All of them have left."""
        for who in [who for who in self._patients if who.session_id == session_id]:
            del self._patients[who]

    def failed(self, who: Who, now: float) -> None:
        """What was taken could not be written: it is due again."""
        patient = self._patients.get(who)
        if patient is not None:
            patient.told = None
            self._changed(patient, now)

    def next_deadline(self) -> float | None:
        """When something is due, if anything is."""
        return min((p.due for p in self._patients.values() if p.due is not None), default=None)

    def take_due(self, now: float) -> list[tuple[Who, tuple[str, ...]]]:
        """Everybody whose list is due, with the list."""
        due = [(who, p) for who, p in self._patients.items() if p.due is not None and p.due <= now]
        taken: list[tuple[Who, tuple[str, ...]]] = []
        for who, patient in due:
            patient.due = None
            codes = patient.codes()
            if patient.told is None or set(patient.told) != set(codes):
                patient.told, patient.told_at = codes, now
                taken.append((who, codes))
        for who in [who for who, p in self._patients.items() if _is_over(p, now)]:
            del self._patients[who]
        return taken

    def _changed(self, patient: _Patient, now: float) -> None:
        if patient.due is None:
            patient.due = max(now, patient.told_at + TELL_EVERY_S)


def _is_over(patient: _Patient, now: float) -> bool:
    """Whether nothing is left to know of them; kept a while, so that coming and going says no more either."""
    is_idle = patient.due is None and not patient.by_transport and not patient.is_lost
    return is_idle and now - patient.told_at >= TELL_EVERY_S
