"""What happens in a lottery."""

from typing import ClassVar

from lectern.timeline.event import Event


class LotteryDrawn(Event, frozen=True, kw_only=True):
    """These were drawn, in this order, out of `among` who checked in to the round and had not won yet."""

    TYPE: ClassVar[str] = "lottery_drawn"
    id: str
    round: str
    winners: tuple[str, ...]
    among: int


class LotteryReset(Event, frozen=True, kw_only=True):
    """Who was drawn before may be drawn again."""

    TYPE: ClassVar[str] = "lottery_reset"
