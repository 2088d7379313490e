"""How much each participant took part beside answers and words: hands, stage, votes, reactions. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

READ: frozenset[str] = frozenset(
    {
        "hand_raised", "hand_granted", "hand_lowered", "participant_removed", "session_ended",
        "question_upvoted", "reactions_counted",
    }
)  # fmt: skip
"""The event types that this is made of."""


@dataclass(slots=True)
class TakingPart:
    """Counts by participant. `since` is when those who are on stage came there; `upvoted` the questions."""

    hands: Counter[str] = field(default_factory=Counter)
    stage_ms: Counter[str] = field(default_factory=Counter)
    since: dict[str, int] = field(default_factory=dict)
    upvoted: dict[str, set[str]] = field(default_factory=dict)
    reactions: Counter[str] = field(default_factory=Counter)

    def take_in(self, type_: str, utc_ms: int, actor: str | None, payload: Mapping[str, Any]) -> None:
        """Count one event; those of other types change nothing."""
        who = str(payload.get("participant") or actor)
        match type_:
            case "hand_raised":
                self.hands[who] += 1
            case "hand_granted":
                self.since.setdefault(who, utc_ms)
            case "hand_lowered" | "participant_removed":
                self._leave_stage((who,), utc_ms)
            case "session_ended":
                self._leave_stage(tuple(self.since), utc_ms)
            case "question_upvoted":
                wanted = self.upvoted.setdefault(who, set())
                (wanted.add if payload.get("on") else wanted.discard)(str(payload.get("id")))
            case "reactions_counted":
                for reacted in payload.get("people", ()):
                    self.reactions[str(reacted.get("participant"))] += sum(reacted.get("counts", {}).values())

    def on_stage_ms(self, participants: Iterable[str], now: int) -> int:
        """Return how long these have been on stage, the time that still runs included."""
        return sum(
            self.stage_ms[who] + (max(0, now - self.since[who]) if who in self.since else 0)
            for who in participants
        )

    def _leave_stage(self, participants: Iterable[str], utc_ms: int) -> None:
        for who in participants:
            since = self.since.pop(who, None)
            if since is not None:
                self.stage_ms[who] += max(0, utc_ms - since)
