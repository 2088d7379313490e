"""Deciding about chat."""

import msgspec

from interactions.breakout.idea import BREAKOUT
from interactions.chat.events import ChatDeleted, ChatMuted, ChatReleased, ChatRulesSet, ChatSent
from interactions.chat.idea import CHAT, Message
from interactions.lesson.idea import LESSON, is_learner, require_not_over
from interactions.wording import CHAT_CHARS, wording
from lectern.kernel.errors import Conflict, Forbidden, NotFound, Overloaded
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import ANYONE, STAFF, Actor, Call, ClassState, Command, Decision

MAX_HELD_OF_ONE = 5
MAX_HELD = 300
_RETRY_AFTER_S = 30


class Send(msgspec.Struct, frozen=True, kw_only=True):
    """Write to the main room (`group` null) or to a breakout group."""

    text: str
    group: str | None = None


class Delete(msgspec.Struct, frozen=True, kw_only=True):
    """Take a message back."""

    id: str


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """Let the class read a message that is held."""

    id: str


class Mute(msgspec.Struct, frozen=True, kw_only=True):
    """Keep a learner from writing, or (`on` false) let them write again."""

    participant: str
    on: bool


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Whether learners may write to the main room, and whether staff read it before the class does."""

    open: bool
    moderated: bool


def send(state: ClassState, call: Call, data: Send) -> Decision:
    """Write a message where one belongs; staff belong everywhere, and are never held.

    Raises:
        Forbidden: staff took the right to write away (`chat_muted`).
        Conflict: the main room's chat is closed (`chat_closed`), five messages of this author wait already
            (`too_many_held`).
        Overloaded: staff have too much to read (`chat_queue_full`).
    """
    require_not_over(state)
    chat, author = state.of(CHAT), call.actor.participant_id
    text = wording(data.text, CHAT_CHARS, "text")
    if data.group is not None:
        _require_group(state, call.actor, data.group)
    held = False
    if not call.actor.is_staff:
        if author in chat.muted:
            raise Forbidden("chat_muted", "The host has stopped you from writing in this lesson.")
        if data.group is None:
            held = _is_held(state, author)
    sent = ChatSent(id=call.new_id(), text_ref=call.new_id(), group=data.group, held=held)
    event = NewEvent(payload=sent, actor=author, texts={sent.text_ref: text})
    return Decision((event,), {"id": sent.id})


def _is_held(state: ClassState, author: str) -> bool:
    chat = state.of(CHAT)
    if not chat.is_open:
        raise Conflict("chat_closed", "The host has closed the chat.")
    if not chat.is_moderated:
        return False
    if chat.held_of[author] >= MAX_HELD_OF_ONE:
        raise Conflict(
            "too_many_held",
            f"{MAX_HELD_OF_ONE} of your messages still wait for the host. Please wait for some of them.",
            limit=MAX_HELD_OF_ONE,
        )
    if len(chat.held) >= MAX_HELD:
        raise Overloaded(
            "chat_queue_full",
            "The host has a lot to read. Try again in a while.",
            retry_after_s=_RETRY_AFTER_S,
        )
    return True


def release(state: ClassState, call: Call, data: Release) -> Decision:
    """Let the class read a held message; releasing twice changes nothing."""
    require_not_over(state)
    message = state.of(CHAT).by_id.get(data.id)
    if message is None or message.is_deleted:
        raise _unknown()
    if not message.is_held:
        return Decision()
    return Decision((NewEvent(payload=ChatReleased(id=message.id), actor=call.actor.participant_id),))


def mute(state: ClassState, call: Call, data: Mute) -> Decision:
    """Keep a learner from writing anywhere in this lesson; saying it twice changes nothing.

    Raises:
        NotFound: no learner of this lesson (`learner_not_found`).
    """
    require_not_over(state)
    if not is_learner(state.of(LESSON).roles.get(data.participant, "")):
        raise NotFound("learner_not_found", "There is no such learner in this lesson.")
    if (data.participant in state.of(CHAT).muted) == data.on:
        return Decision()
    muted = ChatMuted(participant=data.participant, on=data.on)
    return Decision((NewEvent(payload=muted, actor=call.actor.participant_id),))


def rules(state: ClassState, call: Call, data: Rules) -> Decision:
    """Open or close the chat, have messages wait for staff or not; what waits already goes on waiting."""
    require_not_over(state)
    chat = state.of(CHAT)
    if (chat.is_open, chat.is_moderated) == (data.open, data.moderated):
        return Decision()
    payload = ChatRulesSet(open=data.open, moderated=data.moderated)
    return Decision((NewEvent(payload=payload, actor=call.actor.participant_id),))


def delete(state: ClassState, call: Call, data: Delete) -> Decision:
    """Erase a message's words; deleting twice changes nothing."""
    require_not_over(state)
    actor = call.actor
    message = state.of(CHAT).by_id.get(data.id)
    if message is None or not _reads(actor, message):
        raise _unknown()
    if not actor.is_staff and message.author != actor.participant_id:
        raise Forbidden("not_allowed", "Only its author, the presenter and the host can delete a message.")
    if message.is_deleted:
        return Decision()
    event = NewEvent(payload=ChatDeleted(id=message.id), actor=actor.participant_id)
    return Decision((event,), erase=(message.text_ref,))


def _reads(actor: Actor, message: Message) -> bool:
    if actor.is_staff or message.author == actor.participant_id:
        return True
    if message.group is None:
        return not message.is_held
    return actor.participant_id in (message.readers or frozenset())


def _unknown() -> NotFound:
    return NotFound("message_not_found", "There is no such message.")


def _require_group(state: ClassState, actor: Actor, group_id: str) -> None:
    group = state.of(BREAKOUT).groups.get(group_id)
    is_member = group is not None and actor.participant_id in group.members
    if group is None or not (is_member or actor.is_staff):
        raise NotFound("group_not_found", "You are in no such group.")
    if not state.of(BREAKOUT).is_open:
        raise Conflict("breakout_closed", "The groups have ended; write to everybody instead.")


COMMANDS = (
    Command("chat_send", Send, ANYONE, send),
    Command("chat_delete", Delete, ANYONE, delete),
    Command("chat_release", Release, STAFF, release),
    Command("chat_mute", Mute, STAFF, mute),
    Command("chat_rules", Rules, STAFF, rules),
)
