"""Draws as a slice of class state. Nobody is drawn twice in a lesson, until staff reset it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from interactions.lottery.events import LotteryDrawn, LotteryReset
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import Event, ParticipantJoined, TimelineEvent
from lectern.timeline.idea import Audience, Entity, Texts, Touch


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw; winners with the reference of the name that they had then."""

    id: str
    round: str
    winners: tuple[tuple[str, str | None], ...]
    among: int
    drawn_utc_ms: UtcMs


@dataclass(slots=True)
class Lottery:
    """All draws, and who is out of the next ones."""

    draws: dict[str, Draw] = field(default_factory=dict)
    won: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)


class LotteryIdea:
    """Folds and shows draws. Everybody sees them."""

    name = "lottery"
    events: tuple[type[Event], ...] = (LotteryDrawn, LotteryReset, ParticipantJoined)
    paths: tuple[str, ...] = ("draw",)

    def empty(self) -> Lottery:
        """See `Idea`."""
        return Lottery()

    def apply(self, slice_: Lottery, event: TimelineEvent) -> None:
        """See `Idea`."""
        match event.payload:
            case ParticipantJoined(participant=participant, name_ref=ref):
                slice_.names[participant] = ref
            case LotteryDrawn() as drawn:
                winners = tuple((who, slice_.names.get(who)) for who in drawn.winners)
                slice_.draws[drawn.id] = Draw(drawn.id, drawn.round, winners, drawn.among, event.utc_ms)
                slice_.won.update(drawn.winners)
            case LotteryReset():
                slice_.won.clear()

    def touched(self, slice_: Lottery, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        if isinstance(event.payload, LotteryDrawn):
            yield Touch(f"draw/{event.payload.id}")

    def entities(self, slice_: Lottery) -> Iterable[Touch]:
        """See `Idea`."""
        return (Touch(f"draw/{id_}") for id_ in slice_.draws)

    def render(self, slice_: Lottery, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        draw = slice_.draws[touch.path.rpartition("/")[2]]
        return {
            "id": draw.id,
            "round": draw.round,
            "winners": [
                {"participant": who, "name": None if ref is None else texts.get(ref)}
                for who, ref in draw.winners
            ],
            "among": draw.among,
            "drawn_utc_ms": draw.drawn_utc_ms,
        }


LOTTERY = LotteryIdea()
