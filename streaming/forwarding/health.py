"""What is wrong with one peer's media, steady enough to tell somebody.

A fault counts when it stood for BEGIN_S, and is over when it was away for END_S: a hiccup is no news.
"""

from typing import Final, Literal, TypeAlias, get_args

Trouble: TypeAlias = Literal["sending_lossy", "receiving_lossy", "receiving_paused", "slow_answers"]
"""`sending_lossy`: much of what they send is lost on its way here; `receiving_lossy`: much of what we send
them; `receiving_paused`: a picture is held back because their link cannot carry it; `slow_answers`: their
round trip is long."""
TROUBLES: Final[tuple[Trouble, ...]] = get_args(Trouble)

LOSSY: Final = 0.05
"""Share of packets lost: from here on repairs are noticed."""
SLOW_RTT_S: Final = 0.5
BEGIN_S: Final = 3.0
END_S: Final = 6.0


class Health:
    """Feed `look` about once a second; `changed` gives the new list of troubles when it differs.

    A peer that is not observed keeps what it had.
    """

    __slots__ = ("_since", "_told", "current")

    def __init__(self) -> None:
        self.current: frozenset[Trouble] = frozenset()
        self._told: frozenset[Trouble] = frozenset()
        self._since: dict[Trouble, float] = {}

    def look(
        self,
        now: float,
        *,
        sent_lost: float,
        received_lost: float,
        is_paused: bool,
        round_trip_s: float | None,
    ) -> None:
        """Look at everything: shares of packets lost (0 to 1), pictures held back, the round trip (s)."""
        self.observe("sending_lossy", now, there=sent_lost >= LOSSY)
        self.observe("receiving_lossy", now, there=received_lost >= LOSSY)
        self.observe("receiving_paused", now, there=is_paused)
        self.observe("slow_answers", now, there=round_trip_s is not None and round_trip_s >= SLOW_RTT_S)

    def observe(self, trouble: Trouble, now: float, *, there: bool) -> None:
        """Tell whether a fault shows now."""
        if there == (trouble in self.current):
            self._since.pop(trouble, None)
            return
        since = self._since.setdefault(trouble, now)
        if now - since >= (BEGIN_S if there else END_S):
            self.current ^= {trouble}
            del self._since[trouble]

    def changed(self) -> tuple[Trouble, ...] | None:
        """All troubles in the order of TROUBLES if they differ from what was asked last, else None."""
        if self.current == self._told:
            return None
        self._told = self.current
        return tuple(trouble for trouble in TROUBLES if trouble in self.current)
