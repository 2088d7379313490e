"""Folding events into class state, and projecting what changed to viewers. Pure.

The proof obligation of this module, for every command and every viewer: a snapshot taken before, plus the
wire events since, equals a snapshot taken now (`tests/class_proof.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import msgspec

from lectern.timeline.event import TextErased, TimelineEvent
from lectern.timeline.idea import Audience, ClassState, Entity, Idea, Registry, Texts, Touch, Viewer

WireEvent = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Put:
    """One entity as one audience (or one owner) sees it after an event."""

    touch: Touch
    entities: dict[Audience, Entity | None]
    refs: frozenset[str] = frozenset()
    """The words that stand in it."""

    def for_viewer(self, viewer: Viewer) -> Entity | None:
        """Return the entity as `viewer` sees it."""
        return self.entities.get(viewer.audience)


@dataclass(frozen=True, slots=True)
class Projected:
    """An event with everything that any viewer may be told of it."""

    event: TimelineEvent
    puts: tuple[Put, ...]

    def for_viewer(self, viewer: Viewer) -> WireEvent | None:
        """Return the wire event for `viewer`, or None if it is not their business."""
        seen: dict[str, Entity | None] = {}
        for put in self.puts:
            if put.touch.addresses(viewer):
                seen[put.touch.path] = put.for_viewer(viewer)
        if not seen:
            return None
        return {
            "seq": self.event.seq,
            "type": self.event.type,
            "utc_ms": self.event.utc_ms,
            "session_ms": self.event.session_ms,
            "actor": self.event.actor if self._shows_actor_to(viewer) else None,
            "put": [[path, entity] for path, entity in seen.items()],
        }

    def without_words(self, ref: str) -> "Projected":
        """Return this as if the words behind `ref` had never been told; a later event corrects the rest."""
        if ref not in self.event.texts and not any(ref in put.refs for put in self.puts):
            return self
        kept = {key: text for key, text in self.event.texts.items() if key != ref}
        event = msgspec.structs.replace(self.event, texts=kept)
        return Projected(event, tuple(put for put in self.puts if ref not in put.refs))

    def _shows_actor_to(self, viewer: Viewer) -> bool:
        payload = self.event.payload
        return payload is None or payload.ACTOR_SHOWN or viewer.audience is Audience.STAFF


@dataclass(slots=True)
class _Reading:
    """The words of a session, noting which were read."""

    words: Texts
    refs: set[str] = field(default_factory=set)

    def get(self, ref: str, /) -> str | None:
        self.refs.add(ref)
        return self.words.get(ref)


def apply(registry: Registry, state: ClassState, event: TimelineEvent) -> None:
    """Fold one event into `state`. Events come in order and without gaps.

    Raises:
        ValueError: the event is not the next one.
    """
    if event.seq != state.seq + 1:
        msg = f"event {event.seq} does not follow {state.seq}"
        raise ValueError(msg)
    state.texts.update(event.texts)
    if isinstance(event.payload, TextErased):
        state.texts.pop(event.payload.ref, None)
    if event.payload is not None:
        for idea in registry.ideas_of(event):
            idea.apply(state.slices[idea.name], event)
            state.taken_in[idea.name] = event.seq
    state.seq = event.seq


def project(registry: Registry, state: ClassState, event: TimelineEvent) -> Projected:
    """Draw what `event`, the last one folded into `state`, changed for each audience."""
    if isinstance(event.payload, TextErased):
        return Projected(event, tuple(_mentions(registry, state, event.payload.ref)))
    puts: list[Put] = []
    if event.payload is not None:
        for idea in registry.ideas_of(event):
            slice_ = state.slices[idea.name]
            puts.extend(_draw(idea, slice_, touch, state.texts) for touch in idea.touched(slice_, event))
    return Projected(event, tuple(puts))


@dataclass(slots=True)
class Alike:
    """What whole audiences see alike in one state, drawn once: a class that comes together costs one drawing.

    Good for as long as the state stays what it was.
    """

    _drawn: dict[tuple[str, Audience], dict[str, Entity | None] | None] = field(default_factory=dict)

    def of(
        self, idea: Idea[Any], slice_: Any, audience: Audience, texts: Texts
    ) -> dict[str, Entity | None] | None:
        """Return an idea's entities for anybody in `audience`; None where some of them are not for all."""
        key = idea.name, audience
        if key not in self._drawn:
            touches = tuple(idea.entities(slice_))
            is_for_all = all(touch.owner is None and touch.members is None for touch in touches)
            self._drawn[key] = (
                {
                    touch.path: idea.render(slice_, touch, audience, texts)
                    for touch in touches
                    if audience in touch.audiences
                }
                if is_for_all
                else None
            )
        return self._drawn[key]


def snapshot(
    registry: Registry, state: ClassState, viewer: Viewer, alike: Alike | None = None
) -> dict[str, Entity]:
    """Return every entity that `viewer` may see, by path. Those of `alike` are shared: not to be changed."""
    seen: dict[str, Entity | None] = {}
    for idea in registry.ideas:
        slice_ = state.slices[idea.name]
        personal = registry.personal.get(idea.name)
        own = () if personal is None else personal.own(slice_, viewer.participant_id)
        shared = None if alike is None else alike.of(idea, slice_, viewer.audience, state.texts)
        if shared is not None:
            seen.update(shared)
        for touch in own if shared is not None else chain(idea.entities(slice_), own):
            if touch.addresses(viewer):
                seen[touch.path] = idea.render(slice_, touch, viewer.audience, state.texts)
    return {path: entity for path, entity in seen.items() if entity is not None}


def apply_wire(entities: dict[str, Entity], event: WireEvent) -> None:
    """Apply a wire event to a viewer's entities, as every client does (web: `core/entities.ts`)."""
    for path, entity in event["put"]:
        if entity is None:
            entities.pop(path, None)
        else:
            entities[path] = entity


def _draw(idea: Idea[Any], slice_: Any, touch: Touch, texts: Texts) -> Put:
    audiences: Iterable[Audience] = Audience if touch.owner is not None else touch.audiences
    reading = _Reading(texts)
    entities = {audience: idea.render(slice_, touch, audience, reading) for audience in audiences}
    return Put(touch, entities, frozenset(reading.refs))


def _mentions(registry: Registry, state: ClassState, ref: str) -> Iterable[Put]:
    """Draw the entities in which the words behind `ref` stand, for all who may have them."""
    for idea in registry.ideas:
        slice_ = state.slices[idea.name]
        by_path: dict[str, list[Put]] = {}
        for touch in idea.entities(slice_):
            by_path.setdefault(touch.path, []).append(_draw(idea, slice_, touch, state.texts))
        for puts in by_path.values():
            if any(ref in put.refs for put in puts):
                yield from puts
