"""What happens in the chat."""

from typing import ClassVar

from lectern.timeline.event import Event


class ChatSent(Event, frozen=True, kw_only=True):
    """The actor wrote to the main room, or (`group` set) to a breakout group."""

    TYPE: ClassVar[str] = "chat_sent"
    id: str
    text_ref: str
    group: str | None = None


class ChatDeleted(Event, frozen=True, kw_only=True):
    """The actor took a message back; its words are erased right after."""

    TYPE: ClassVar[str] = "chat_deleted"
    id: str
