"""Whether a lesson's replay shows itself when the lesson is over, or somebody decides. Pure.

Everything is recorded; what learners see of it is a decision. A replay that is *held* is played by those who
may edit it, and nobody else: lists name it without addresses, and addresses given out before open nothing.
"""

from dataclasses import dataclass

import msgspec

from catalogue.media import Replay
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict

TAIL_MS = 60_000
"""Who follows the broadcast is some seconds behind: they see a held lesson to its end."""


class ReplayRules(msgspec.Struct, frozen=True, kw_only=True):
    """What an organisation, or one lesson, asks of replays; None: as the organisation, which says no.

    `by_decision`: held when the lesson is over, until somebody publishes it. The others leave out what
    learners show (cameras), what they say, and who they are; they count from the lesson's start and stay.
    """

    by_decision: bool | None = None
    learners_unseen: bool | None = None
    learners_unheard: bool | None = None
    learners_unnamed: bool | None = None

    @property
    def about_learners(self) -> tuple[bool | None, ...]:
        """What counts from the lesson's start."""
        return (self.learners_unseen, self.learners_unheard, self.learners_unnamed)


def in_force(own: ReplayRules, of_org: ReplayRules) -> ReplayRules:
    """Return the rules of a lesson with none left open."""
    return ReplayRules(
        **{
            name: next(
                (rule for rule in (getattr(own, name), getattr(of_org, name)) if rule is not None), False
            )
            for name in ReplayRules.__struct_fields__
        }
    )


def at_start(own: ReplayRules, of_org: ReplayRules) -> ReplayRules:
    """Return the rules of a lesson that begins: what is about learners is fixed from here on."""
    return msgspec.structs.replace(in_force(own, of_org), by_decision=own.by_decision)


def changed(own: ReplayRules, wanted: ReplayRules, *, has_begun: bool) -> ReplayRules:
    """Return the rules of a lesson as somebody wants them.

    Raises:
        Conflict: once it has begun, what is about learners stays, afterwards too (`lesson_running`): they
        came on these terms.
    """
    if not has_begun:
        return wanted
    both = zip(own.about_learners, wanted.about_learners, strict=True)
    if any(new not in (None, old) for old, new in both):
        raise Conflict(
            "lesson_running", "What is recorded of learners can be changed before the lesson begins."
        )
    return msgspec.structs.replace(own, by_decision=wanted.by_decision)


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a replay is held, and who decided that; None: the rules."""

    held: bool = False
    decided_by: str | None = None
    decided_utc_ms: int | None = None


UNDECIDED = Decision()


def at_end(rules: ReplayRules, before: Decision, now: UtcMs) -> Decision:
    """Return the decision when a lesson is over: one that went on once more is decided upon once more."""
    return Decision(held=True, decided_utc_ms=now) if rules.by_decision and not before.held else before


def at_close(before: Decision, *, holds_aside: bool, now: UtcMs) -> Decision:
    """Return the decision when a replay is complete: what may hold something aside is looked at first."""
    return Decision(held=True, decided_utc_ms=now) if holds_aside and not before.held else before


def decided(replay: Replay | None, *, held: bool, by: str, now: UtcMs) -> Decision:
    """Return what somebody decides.

    Raises:
        Conflict: the lesson is not over, so there is nothing to decide upon (`lesson_not_over`).
    """
    if replay is None or replay.ended_utc_ms is None:
        raise Conflict(
            "lesson_not_over", "Decide when the lesson is over. Until then, set what happens at its end."
        )
    return Decision(held, by, now)


def insist_on_publication(decision: Decision) -> None:
    """Refuse what is held.

    Raises:
        Conflict: `replay_held`.
    """
    if decision.held:
        raise held_back()


def held_back() -> Conflict:
    """Return the refusal of whatever is made of a held replay."""
    return Conflict("replay_held", "This replay is not published yet. Who gave the lesson decides.")
