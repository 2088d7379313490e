"""Deciding about feedback."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from interactions.feedback.events import FeedbackGiven, FeedbackSet
from interactions.feedback.form import Answer
from interactions.feedback.idea import FEEDBACK, Feedback
from interactions.lesson.idea import standing_of
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict
from lectern.kernel.standing import removed
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import STAFF, Call, ClassState, Command, Decision

FEEDBACK_DAYS = 7
FEWEST = 5
"""How many forms show at once at the least, unless the installation says otherwise."""
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What the installation decided: for how many days feedback is taken, and the least batch."""

    days: int = FEEDBACK_DAYS
    fewest: int = FEWEST

    def until(self, feedback: Feedback) -> UtcMs | None:
        """Return when the last form is taken; None before the end of the lesson."""
        if feedback.ended_utc_ms is None:
            return None
        return UtcMs(feedback.ended_utc_ms + self.days * _DAY_MS)

    def takes_at(self, feedback: Feedback, now: UtcMs) -> bool:
        """Tell whether forms are taken now."""
        until = self.until(feedback)
        return feedback.on and until is not None and now <= until


class SetFeedback(msgspec.Struct, frozen=True, kw_only=True):
    """Ask for feedback or not, and in which language; null: each in their own."""

    on: bool
    lang: Literal["zh-CN", "en"] | None = None


@dataclass(frozen=True, slots=True)
class TakeIn:
    """An order: add a form to what lies beside the timeline; show what waits once there are `fewest`."""

    answer: Answer
    fewest: int


def set_feedback(state: ClassState, call: Call, data: SetFeedback) -> Decision:
    """Set the rules, before the lesson or in it.

    Raises:
        Conflict: the lesson is over, and people have been asked (`session_over`).
    """
    feedback = state.of(FEEDBACK)
    if feedback.ended_utc_ms is not None:
        raise Conflict("session_over", "The lesson is over.")
    if (feedback.on, feedback.lang) == (data.on, data.lang):
        return Decision()
    event = FeedbackSet(on=data.on, lang=data.lang)
    return Decision((NewEvent(payload=event, actor=call.actor.participant_id),))


def hand_in(state: ClassState, now: UtcMs, participant: str, answer: Answer, terms: Terms) -> Decision:
    """Take a form from somebody who came; one from each, whatever they answer it with.

    Raises:
        Conflict: not asked for (`feedback_off`), not yet (`feedback_too_early`), no longer (`feedback_over`),
            or handed in already (`feedback_given`).
        Forbidden: removed from the lesson (`removed`).
    """
    feedback = state.of(FEEDBACK)
    if standing_of(state, participant).removed:
        raise removed()
    if not feedback.on:
        raise Conflict("feedback_off", "No feedback is asked for in this session.")
    until = terms.until(feedback)
    if until is None:
        raise Conflict("feedback_too_early", "Feedback is asked for after the lesson.")
    if now > until:
        raise Conflict("feedback_over", "The time for feedback is over.")
    if participant in feedback.given:
        raise Conflict("feedback_given", "You have handed in your feedback already.")
    event = NewEvent(payload=FeedbackGiven(), actor=participant)
    return Decision((event,), orders=(TakeIn(answer, terms.fewest),))


COMMANDS = (Command("feedback_set", SetFeedback, STAFF, set_feedback),)
