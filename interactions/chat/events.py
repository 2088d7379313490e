"""What happens in the chat."""

from typing import ClassVar

from lectern.timeline.event import Event


class ChatSent(Event, frozen=True, kw_only=True):
    """The actor wrote to the main room, or (`group` set) to a breakout group.

    `held`: staff see it first, and the class only if they release it.
    """

    TYPE: ClassVar[str] = "chat_sent"
    id: str
    text_ref: str
    group: str | None = None
    held: bool = False


class ChatReleased(Event, frozen=True, kw_only=True):
    """Staff let the class read a message that was held."""

    TYPE: ClassVar[str] = "chat_released"
    id: str


class ChatDeleted(Event, frozen=True, kw_only=True):
    """The actor took a message back; its words are erased right after."""

    TYPE: ClassVar[str] = "chat_deleted"
    id: str


class ChatMuted(Event, frozen=True, kw_only=True):
    """`participant` may not write any more, or (`on` false) may again."""

    TYPE: ClassVar[str] = "chat_muted"
    ACTOR_SHOWN: ClassVar[bool] = False
    participant: str
    on: bool


class ChatRulesSet(Event, frozen=True, kw_only=True):
    """Whether learners may write to the main room, and whether staff read it first."""

    TYPE: ClassVar[str] = "chat_rules_set"
    open: bool
    moderated: bool
