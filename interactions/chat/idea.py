"""Chat as a slice of class state."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from interactions.chat.events import ChatDeleted, ChatMuted, ChatReleased, ChatRulesSet, ChatSent
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import BreakoutOpened, BreakoutPlaced, Event, TimelineEvent
from lectern.timeline.idea import STAFF_ONLY, Audience, Entity, Texts, Touch

SHOWN_MESSAGES = 500
"""How many of a room's latest messages viewers hold; the timeline keeps them all."""


@dataclass(slots=True)
class Message:
    """One message. `is_deleted` once somebody took it back; `is_held` until staff release it, if ever.

    `readers` are who may read one that is shown in a group; None: everybody.
    """

    id: str
    group: str | None
    author: str
    text_ref: str
    utc_ms: UtcMs
    is_deleted: bool = False
    is_shown: bool = True
    is_held: bool = False
    readers: frozenset[str] | None = None


@dataclass(slots=True)
class Chat:
    """All messages, the latest of each room, and who belongs to which group (a closed one too).

    `held` are those that staff have not decided about, oldest first; `kept_of` those of each author that the
    class never saw.
    """

    by_id: dict[str, Message] = field(default_factory=dict)
    shown: dict[str | None, deque[str]] = field(default_factory=dict)
    members: dict[str, frozenset[str]] = field(default_factory=dict)
    just_hidden: str | None = None
    is_open: bool = True
    is_moderated: bool = False
    muted: set[str] = field(default_factory=set)
    held: dict[str, None] = field(default_factory=dict)
    held_of: Counter[str] = field(default_factory=Counter)
    kept_of: dict[str, dict[str, None]] = field(default_factory=dict)


class ChatIdea:
    """Folds and draws messages. Nobody loses what they read when they leave a group, or when it ends."""

    name = "chat"
    events: tuple[type[Event], ...] = (
        ChatSent,
        ChatReleased,
        ChatDeleted,
        ChatMuted,
        ChatRulesSet,
        BreakoutOpened,
        BreakoutPlaced,
    )
    paths: tuple[str, ...] = ("message", "chat", "chat_mute")

    def empty(self) -> Chat:
        """See `Idea`."""
        return Chat()

    def apply(self, slice_: Chat, event: TimelineEvent) -> None:
        """See `Idea`."""
        slice_.just_hidden = None
        match event.payload:
            case ChatSent() as sent if event.actor is not None:
                message = Message(sent.id, sent.group, event.actor, sent.text_ref, event.utc_ms)
                slice_.by_id[sent.id] = message
                if sent.held:
                    _hold(slice_, message)
                else:
                    _show(slice_, message)
            case ChatReleased(id=id_):
                message = slice_.by_id[id_]
                _decide(slice_, message)
                slice_.kept_of[message.author].pop(id_, None)
                # It stands where the class reads it, not in the past.
                message.is_held, message.utc_ms = False, event.utc_ms
                _show(slice_, message)
            case ChatDeleted(id=id_):
                message = slice_.by_id[id_]
                message.is_deleted = True
                _decide(slice_, message)
            case ChatMuted(participant=who, on=on):
                (slice_.muted.add if on else slice_.muted.discard)(who)
            case ChatRulesSet(open=is_open, moderated=moderated):
                slice_.is_open, slice_.is_moderated = is_open, moderated
            case BreakoutOpened(groups=groups):
                slice_.members.update({group.id: frozenset(group.members) for group in groups})
            case BreakoutPlaced() as placed:
                _let_read(slice_, placed)

    def touched(self, slice_: Chat, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        match event.payload:
            case ChatSent(id=id_) | ChatReleased(id=id_) | ChatDeleted(id=id_):
                if slice_.just_hidden is not None:
                    yield from _touches(slice_.by_id[slice_.just_hidden])
                yield from _touches(slice_.by_id[id_])
            case ChatMuted(participant=who):
                yield from _mute_touches(who)
            case ChatRulesSet():
                yield Touch("chat")
            case BreakoutPlaced(participant=newcomer, group=str(group)):
                for id_ in slice_.shown.get(group, ()):
                    yield Touch(f"message/{id_}", owner=newcomer)

    def entities(self, slice_: Chat) -> Iterable[Touch]:
        """See `Idea`."""
        yield Touch("chat")
        for who in slice_.muted:
            yield Touch(f"chat_mute/{who}", STAFF_ONLY)
        for ids in slice_.shown.values():
            for id_ in ids:
                yield from _touches(slice_.by_id[id_])
        for id_ in slice_.held:
            yield from _touches(slice_.by_id[id_])

    def own(self, slice_: Chat, participant_id: str) -> Iterable[Touch]:
        """See `Personal`."""
        if participant_id in slice_.muted:
            yield Touch(f"chat_mute/{participant_id}", owner=participant_id)
        for id_ in slice_.kept_of.get(participant_id, ()):
            yield Touch(f"message/{id_}", owner=participant_id)

    def render(self, slice_: Chat, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        kind, _, id_ = touch.path.rpartition("/")
        if kind == "":
            return {"open": slice_.is_open, "moderated": slice_.is_moderated}
        if kind == "chat_mute":
            return True if id_ in slice_.muted else None
        message = slice_.by_id[id_]
        is_refused = message.is_held and message.is_deleted
        if not message.is_shown or (is_refused and touch.owner != message.author):
            return None
        return {
            "id": message.id,
            "group": message.group,
            "author": message.author,
            "text": None if message.is_deleted else texts.get(message.text_ref),
            "held": message.is_held,
            "utc_ms": message.utc_ms,
        }


def _hold(chat: Chat, message: Message) -> None:
    message.is_held = True
    chat.held[message.id] = None
    chat.held_of[message.author] += 1
    chat.kept_of.setdefault(message.author, {})[message.id] = None


def _decide(chat: Chat, message: Message) -> None:
    if message.id in chat.held:
        del chat.held[message.id]
        chat.held_of[message.author] -= 1


def _show(chat: Chat, message: Message) -> None:
    if message.group is not None:
        message.readers = chat.members.get(message.group, frozenset()) | {message.author}
    ids = chat.shown.setdefault(message.group, deque())
    ids.append(message.id)
    if len(ids) > SHOWN_MESSAGES:
        chat.just_hidden = ids.popleft()
        chat.by_id[chat.just_hidden].is_shown = False


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


def _touches(message: Message) -> Iterable[Touch]:
    path = f"message/{message.id}"
    if message.is_held:
        yield Touch(path, STAFF_ONLY)
        yield Touch(path, owner=message.author)
        return
    yield Touch(path, members=message.readers)


def _mute_touches(who: str) -> Iterable[Touch]:
    yield Touch(f"chat_mute/{who}", STAFF_ONLY)
    yield Touch(f"chat_mute/{who}", owner=who)


CHAT = ChatIdea()
