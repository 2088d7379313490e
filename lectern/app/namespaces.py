"""What is said over Socket.IO, for the AsyncAPI document (`/api/asyncapi.json`, docs/asyncapi.json)."""

from typing import Any

from interactions.live.namespace import ClockMessage, ResyncMessage
from interactions.notes.desk import NotesClose, NotesOpen, NotesWrite
from interactions.page_state.report import PageStateMessage
from lectern import __version__
from lectern.edge.asyncapi import Message, Namespace, describe_namespaces
from lectern.timeline.idea import Registry
from signaling.namespace import OfferData, RestartData, SourceData

_WIRE_EVENT = {
    "type": "object",
    "required": ["seq", "type", "utc_ms", "session_ms", "actor", "put"],
    "properties": {
        "seq": {"type": "integer"},
        "type": {"type": "string"},
        "utc_ms": {"type": "integer"},
        "session_ms": {"type": "integer"},
        "actor": {"type": ["string", "null"]},
        "put": {
            "type": "array",
            "items": {"type": "array", "prefixItems": [{"type": "string"}, {}], "minItems": 2, "maxItems": 2},
        },
    },
}
_EVENTS = {"type": "array", "items": _WIRE_EVENT}
_SERVERS = {"type": "array", "items": {"type": "object", "required": ["urls"]}}
_SLOTS = {"type": "object", "additionalProperties": {"type": ["object", "null"]}}
_VIEW = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["size"],
        "properties": {"size": {"enum": ["large", "small", "hidden"]}},
    },
}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


_TEXT, _NUMBER = {"type": "string"}, {"type": "integer"}
NAMESPACES = (
    Namespace(
        "/class",
        "What happens in a class, and the commands that make it happen.",
        (
            Message(
                "command",
                "A command; its id makes a repetition harmless.",
                True,
                {"$ref": "#/components/schemas/AnyCommand"},
            ),
            Message("resync", "Ask for what happened since, or for a snapshot.", True, ResyncMessage),
            Message("clock", "Ask what time it is on the server.", True, ClockMessage),
            Message(
                "page_state", "How attentive the page was since it last said so.", True, PageStateMessage
            ),
            Message("notes_open", "Look at a group's notes from now on.", True, NotesOpen),
            Message("notes_write", "Change a group's notes.", True, NotesWrite),
            Message("notes_close", "Look at a group's notes no longer.", True, NotesClose),
            Message(
                "welcome",
                "First message: a snapshot, or the events since.",
                False,
                _object(
                    participant_id=_TEXT,
                    role=_TEXT,
                    resume_token=_TEXT,
                    seq=_NUMBER,
                    utc_ms=_NUMBER,
                    entities={"type": "object"},
                    events=_EVENTS,
                ),
            ),
            Message(
                "events",
                "What happened.",
                False,
                _object(**{"from": _NUMBER, "to": _NUMBER, "events": _EVENTS}),
            ),
            Message(
                "notes",
                "What others wrote in notes that this connection looks at.",
                False,
                _object(
                    **{"group": _TEXT, "from": _NUMBER, "to": _NUMBER},
                    updates={"type": "array", "items": _TEXT},
                    by={"type": "array", "items": _TEXT},
                ),
            ),
            Message("over", "This connection is no longer wanted.", False, _object(code=_TEXT)),
        ),
    ),
    Namespace(
        "/signal",
        "One peer connection per tab, negotiated once.",
        (
            Message("offer", "An SDP offer; the acknowledgement carries the answer.", True, OfferData),
            Message(
                "restart", "An ICE restart of the transport; the answer is acknowledged.", True, RestartData
            ),
            Message("source", "A source was switched on or off.", True, SourceData),
            Message("view", "How large the client draws what it receives, by receiving mid.", True, _VIEW),
            Message("bye", "Close the transport.", True, _object()),
            Message(
                "ready",
                "First message: TURN servers, if there are any.",
                False,
                _object(ice_servers=_SERVERS),
            ),
            Message("slots", "Which track feeds which receiving m-line.", False, _SLOTS),
            Message(
                "layers",
                "Which simulcast layers somebody needs, by sending mid: stop the others.",
                False,
                {"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}},
            ),
            Message(
                "speakers",
                "Who speaks now, the one to look at first; never stored.",
                False,
                _object(participants={"type": "array", "items": _TEXT}),
            ),
            Message("reset", "The transport is gone: offer again.", False, _object(reason=_TEXT)),
        ),
    ),
)


def async_api(registry: Registry) -> dict[str, Any]:
    """Return the AsyncAPI document of this release."""
    return describe_namespaces(
        NAMESPACES, {name: command.data for name, command in registry.commands.items()}, version=__version__
    )
