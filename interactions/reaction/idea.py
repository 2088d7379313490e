"""Reactions as a slice of class state: the sums that everybody sees, and what was counted already."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

from interactions.reaction.events import ReactionsCounted
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import Event, TimelineEvent
from lectern.timeline.idea import Audience, Entity, Texts, Touch

KINDS = ("like", "heart", "clap", "laugh", "wow")
REMEMBERED_KEYS = 16
"""Of each participant: a client has one command under way, and a participant a few clients."""


@dataclass(slots=True)
class Reactions:
    """The sums by kind; the keys of each participant's latest commands; when the last event was."""

    totals: Counter[str] = field(default_factory=Counter)
    keys: dict[str, deque[str]] = field(default_factory=dict)
    last_utc_ms: UtcMs | None = None

    def knows(self, participant_id: str, key: str) -> bool:
        """Tell whether this command was counted already."""
        return key in self.keys.get(participant_id, ())


class ReactionIdea:
    """Folds and draws reactions."""

    name = "reaction"
    events: tuple[type[Event], ...] = (ReactionsCounted,)
    paths: tuple[str, ...] = ("reactions",)

    def empty(self) -> Reactions:
        """See `Idea`."""
        return Reactions()

    def apply(self, slice_: Reactions, event: TimelineEvent) -> None:
        """See `Idea`."""
        match event.payload:
            case ReactionsCounted(people=people):
                slice_.last_utc_ms = event.utc_ms
                for reacted in people:
                    slice_.totals.update(reacted.counts)
                    keys = slice_.keys.setdefault(reacted.participant, deque(maxlen=REMEMBERED_KEYS))
                    keys.append(reacted.key)

    def touched(self, slice_: Reactions, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        yield Touch("reactions")

    def entities(self, slice_: Reactions) -> Iterable[Touch]:
        """See `Idea`."""
        yield Touch("reactions")

    def render(self, slice_: Reactions, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        return {kind: slice_.totals[kind] for kind in KINDS}


def key_of(command_id: str) -> str:
    """Return the short form of a command's id that events carry: 12 hexadecimal digits."""
    return blake2b(command_id.encode(), digest_size=6).hexdigest()


REACTION = ReactionIdea()
