"""Deciding about chat."""

import msgspec

from interactions.breakout.idea import BREAKOUT
from interactions.chat.events import ChatDeleted, ChatSent
from interactions.chat.idea import CHAT
from interactions.lesson.idea import require_not_over
from interactions.wording import CHAT_CHARS, wording
from lectern.kernel.errors import Conflict, Forbidden, NotFound
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import ANYONE, Actor, Call, ClassState, Command, Decision


class Send(msgspec.Struct, frozen=True, kw_only=True):
    """Write to the main room (`group` null) or to a breakout group."""

    text: str
    group: str | None = None


class Delete(msgspec.Struct, frozen=True, kw_only=True):
    """Take a message back."""

    id: str


def send(state: ClassState, call: Call, data: Send) -> Decision:
    """Write a message where one belongs; staff belong everywhere."""
    require_not_over(state)
    if data.group is not None:
        _require_group(state, call.actor, data.group)
    text = wording(data.text, CHAT_CHARS, "text")
    sent = ChatSent(id=call.new_id(), text_ref=call.new_id(), group=data.group)
    event = NewEvent(payload=sent, actor=call.actor.participant_id, texts={sent.text_ref: text})
    return Decision((event,), {"id": sent.id})


def delete(state: ClassState, call: Call, data: Delete) -> Decision:
    """Erase a message's words; deleting twice changes nothing."""
    require_not_over(state)
    chat, actor = state.of(CHAT), call.actor
    message = chat.by_id.get(data.id)
    is_reader = message is not None and (
        message.group is None or actor.is_staff or actor.participant_id in (message.readers or frozenset())
    )
    if message is None or not is_reader:
        raise NotFound("message_not_found", "There is no such message.")
    if not actor.is_staff and message.author != actor.participant_id:
        raise Forbidden("not_allowed", "Only its author, the presenter and the host can delete a message.")
    if message.is_deleted:
        return Decision()
    event = NewEvent(payload=ChatDeleted(id=message.id), actor=actor.participant_id)
    return Decision((event,), erase=(message.text_ref,))


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
)
