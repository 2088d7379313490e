"""Troubles of participants' media as facts of the session (LIV-16); staff see them while they last."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from lectern.timeline.event import Event, SessionEnded, TimelineEvent
from lectern.timeline.idea import STAFF_ONLY, Audience, Texts, Touch


class ConnectionTroubled(Event, frozen=True, kw_only=True):
    """What troubles a participant's media from now on; an empty list: nothing more.

    Codes are `media_lost` and those of `streaming.forwarding.health.Trouble`. `ended` says why the last ones
    are over if not because all is well again: they `left` (`at_utc_ms` is when they were last in the class),
    or were `removed`.
    """

    TYPE: ClassVar[str] = "connection_troubled"
    participant: str
    troubles: tuple[str, ...]
    ended: str | None = None
    at_utc_ms: int | None = None


@dataclass(slots=True)
class Ward:
    """The slice: by participant the troubles that stand, each with the session time (ms) of its beginning."""

    since_ms: dict[str, dict[str, int]] = field(default_factory=dict)
    gone: tuple[str, ...] = ()


class HealthIdea:
    """Entities `health/<participant>`, there while something is wrong."""

    name = "health"
    events = (ConnectionTroubled, SessionEnded)
    paths = ("health",)

    def empty(self) -> Ward:
        """See `Idea`."""
        return Ward()

    def apply(self, slice_: Ward, event: TimelineEvent) -> None:
        """See `Idea`."""
        payload = event.payload
        if isinstance(payload, SessionEnded):
            slice_.gone = tuple(slice_.since_ms)
            slice_.since_ms.clear()
        elif isinstance(payload, ConnectionTroubled):
            before = slice_.since_ms.pop(payload.participant, {})
            if payload.troubles:
                slice_.since_ms[payload.participant] = {
                    code: before.get(code, event.session_ms) for code in payload.troubles
                }

    def touched(self, slice_: Ward, event: TimelineEvent) -> list[Touch]:
        """See `Idea`."""
        if isinstance(event.payload, SessionEnded):
            return [Touch(f"health/{id_}", STAFF_ONLY) for id_ in slice_.gone]
        assert isinstance(event.payload, ConnectionTroubled)
        return [Touch(f"health/{event.payload.participant}", STAFF_ONLY)]

    def entities(self, slice_: Ward) -> list[Touch]:
        """See `Idea`."""
        return [Touch(f"health/{id_}", STAFF_ONLY) for id_ in slice_.since_ms]

    def render(self, slice_: Ward, touch: Touch, audience: Audience, texts: Texts) -> dict[str, Any] | None:
        """See `Idea`."""
        del texts
        participant = touch.path.partition("/")[2]
        troubles = slice_.since_ms.get(participant)
        if troubles is None or audience is not Audience.STAFF:
            return None
        return {
            "participant": participant,
            "troubles": [{"code": code, "since_ms": since_ms} for code, since_ms in troubles.items()],
        }


HEALTH = HealthIdea()
