"""From when to when a replay is shown (REC-08), unless it is held (`catalogue.publishing`). Pure."""

from dataclasses import dataclass

from catalogue.media import Replay
from catalogue.publishing import held_back
from catalogue.review import Terms
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, Rejected

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Window:
    """From `from_utc_ms` on, until just before `to_utc_ms`; None: no such bound. While `held`, at no time."""

    from_utc_ms: int | None = None
    to_utc_ms: int | None = None
    held: bool = False

    def is_open(self, now: UtcMs) -> bool:
        """Tell whether the replay is shown."""
        begun = self.from_utc_ms is None or self.from_utc_ms <= now
        return not self.held and begun and (self.to_utc_ms is None or now < self.to_utc_ms)

    def insist_on_open(self, now: UtcMs) -> None:
        """Refuse outside of it, and say when it was or will be.

        Raises:
            Conflict: `replay_held`, `replay_not_yet` or `replay_over`.
        """
        if self.held:
            raise held_back()
        when = {"from_utc_ms": self.from_utc_ms, "to_utc_ms": self.to_utc_ms}
        if self.from_utc_ms is not None and now < self.from_utc_ms:
            raise Conflict("replay_not_yet", "This replay cannot be watched yet.", **when)
        if self.to_utc_ms is not None and now >= self.to_utc_ms:
            raise Conflict("replay_over", "This replay could be watched for a time that is over.", **when)


ALWAYS = Window()


def checked_window(from_utc_ms: int | None, to_utc_ms: int | None) -> Window:
    """Return the window that was asked for.

    Raises:
        Rejected: it ends before it begins.
    """
    if from_utc_ms is not None and to_utc_ms is not None and to_utc_ms <= from_utc_ms:
        raise Rejected("window_empty", "The end has to be after the beginning.")
    return Window(from_utc_ms, to_utc_ms)


def window_of(replay: Replay, own: Window | None, terms: Terms) -> Window:
    """Return when a replay is shown: its own window, else the organisation's days from its lesson's end."""
    if own is not None:
        return own
    if terms.replay_days is None or replay.ended_utc_ms is None:
        return ALWAYS
    return Window(None, replay.ended_utc_ms + terms.replay_days * _DAY_MS)
