"""Chat as a slice of class state."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from interactions.chat.events import ChatDeleted, ChatSent
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import BreakoutOpened, BreakoutPlaced, Event, TimelineEvent
from lectern.timeline.idea import Audience, Entity, Texts, Touch

SHOWN_MESSAGES = 500
"""How many of a room's latest messages viewers hold; the timeline keeps them all."""


@dataclass(slots=True)
class Message:
    """One message. `is_deleted` once somebody took it back; `readers` of a group's, None: everybody."""

    id: str
    group: str | None
    author: str
    text_ref: str
    utc_ms: UtcMs
    is_deleted: bool = False
    is_shown: bool = True
    readers: frozenset[str] | None = None


@dataclass(slots=True)
class Chat:
    """All messages, the latest of each room, and who is in which group (a closed one: was at the end)."""

    by_id: dict[str, Message] = field(default_factory=dict)
    shown: dict[str | None, deque[str]] = field(default_factory=dict)
    members: dict[str, frozenset[str]] = field(default_factory=dict)
    just_hidden: str | None = None


class ChatIdea:
    """Folds and draws messages. Nobody loses what they read when they leave a group, or when it ends."""

    name = "chat"
    events: tuple[type[Event], ...] = (ChatSent, ChatDeleted, BreakoutOpened, BreakoutPlaced)
    paths: tuple[str, ...] = ("message",)

    def empty(self) -> Chat:
        """See `Idea`."""
        return Chat()

    def apply(self, slice_: Chat, event: TimelineEvent) -> None:
        """See `Idea`."""
        match event.payload:
            case ChatSent() as sent if event.actor is not None:
                readers = None if sent.group is None else slice_.members.get(sent.group, frozenset())
                slice_.by_id[sent.id] = Message(
                    sent.id, sent.group, event.actor, sent.text_ref, event.utc_ms, readers=readers
                )
                _show(slice_, sent)
            case ChatDeleted(id=id_):
                slice_.by_id[id_].is_deleted = True
            case BreakoutOpened(groups=groups):
                slice_.members.update({group.id: frozenset(group.members) for group in groups})
            case BreakoutPlaced() as placed:
                _let_read(slice_, placed)

    def touched(self, slice_: Chat, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        match event.payload:
            case ChatSent(id=id_):
                if slice_.just_hidden is not None:
                    yield _touch(slice_.by_id[slice_.just_hidden])
                yield _touch(slice_.by_id[id_])
            case ChatDeleted(id=id_):
                yield _touch(slice_.by_id[id_])
            case BreakoutPlaced(participant=newcomer, group=str(group)):
                for id_ in slice_.shown.get(group, ()):
                    yield Touch(f"message/{id_}", owner=newcomer)

    def entities(self, slice_: Chat) -> Iterable[Touch]:
        """See `Idea`."""
        for ids in slice_.shown.values():
            yield from (_touch(slice_.by_id[id_]) for id_ in ids)

    def render(self, slice_: Chat, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        message = slice_.by_id[touch.path.rpartition("/")[2]]
        if not message.is_shown:
            return None
        return {
            "id": message.id,
            "group": message.group,
            "author": message.author,
            "text": None if message.is_deleted else texts.get(message.text_ref),
            "utc_ms": message.utc_ms,
        }


def _show(slice_: Chat, sent: ChatSent) -> None:
    ids = slice_.shown.setdefault(sent.group, deque())
    ids.append(sent.id)
    slice_.just_hidden = None
    if len(ids) > SHOWN_MESSAGES:
        slice_.just_hidden = ids.popleft()
        slice_.by_id[slice_.just_hidden].is_shown = False


def _let_read(slice_: Chat, placed: BreakoutPlaced) -> None:
    """Show a newcomer what the group wrote; who left it reads on no further."""
    newcomer = {placed.participant}
    if placed.left is not None:
        slice_.members[placed.left] = slice_.members.get(placed.left, frozenset()) - newcomer
    if placed.group is not None:
        slice_.members[placed.group] = slice_.members.get(placed.group, frozenset()) | newcomer
        for id_ in slice_.shown.get(placed.group, ()):
            message = slice_.by_id[id_]
            message.readers = (message.readers or frozenset()) | newcomer


def _touch(message: Message) -> Touch:
    return Touch(f"message/{message.id}", members=message.readers)


CHAT = ChatIdea()
