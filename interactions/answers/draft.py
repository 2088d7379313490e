"""A question as it is prepared: its words, its shape, what is right, and how it is to be put."""

from typing import Literal

import msgspec

from interactions.answers.form import Form, Kind, Picks, plain
from interactions.wording import OPTION_CHARS, POLL_QUESTION_CHARS, wording, wording_or_none
from lectern.kernel.errors import Rejected

FEWEST_OPTIONS = 2
MOST_OPTIONS = 10
MOST_MATCHES = 12
MOST_ACCEPTED = 10
MOST_POINTS = 5
POINT_CHARS = 60
EXPLANATION_CHARS = 1_000
LOWEST, HIGHEST = 0, 10
SHORTEST_S, LONGEST_S = 5, 24 * 3_600

Show = Literal["live", "after_close", "staff_only"]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A question, ready to be put to a class.

    `right` holds the picks that are right (see `Form`; empty: none is), `accepted` the right texts. `points`
    are the knowledge points that it is about. `seconds` closes it by itself. `anonymous`: nobody can tell who
    answered what. `instant`: whoever answers is told at once whether it was right, and may try again.
    `partial`: what is partly right gets part of the point (`Form.marks`); else it is all or nothing.
    """

    question: str
    options: tuple[str, ...] = ()
    kind: Kind = "single"
    matches: tuple[str, ...] = ()
    right: Picks = ()
    accepted: tuple[str, ...] = ()
    low: int = 1
    high: int = 5
    most: int | None = None
    explanation: str | None = None
    points: tuple[str, ...] = ()
    show: Show = "live"
    seconds: int | None = None
    anonymous: bool = False
    instant: bool = False
    partial: bool = False

    @property
    def form(self) -> Form:
        """Its shape."""
        return Form(self.kind, len(self.options), len(self.matches), self.low, self.high, self.most)

    @property
    def is_scored(self) -> bool:
        """Whether there is a right answer."""
        return bool(self.right or self.accepted)


def checked(draft: Draft) -> Draft:
    """Return a draft whose words are as they are stored, and whose right answer is possible.

    Raises:
        Rejected: `text_empty`, `text_too_long`, `options_count_invalid`, `options_repeated`,
            `rating_scale_invalid`, `choices_limit_invalid`, `right_answer_invalid`, `duration_invalid`,
            `instant_without_answer`, `instant_anonymous`, `partial_impossible`.
    """
    chooses = draft.kind in {"single", "multiple", "ranking", "matching"}
    _insist_on_number(draft, chooses=chooses)
    options = tuple(wording(option, OPTION_CHARS, "options") for option in draft.options) if chooses else ()
    matches = (
        tuple(wording(match, OPTION_CHARS, "matches") for match in draft.matches)
        if draft.kind == "matching"
        else ()
    )
    for side in (options, matches):
        if len({plain(option) for option in side}) < len(side):
            raise Rejected("options_repeated", "Two options read the same. Please tell them apart.")
    _insist_on_scale(draft)
    refuse_duration(draft.seconds)
    clean = msgspec.structs.replace(
        draft,
        question=wording(draft.question, POLL_QUESTION_CHARS, "question"),
        options=options,
        matches=matches,
        most=draft.most if draft.kind == "multiple" else None,
        accepted=_accepted(draft) if draft.kind == "text" else (),
        explanation=wording_or_none(draft.explanation, EXPLANATION_CHARS, "explanation"),
        points=tuple(dict.fromkeys(wording(point, POINT_CHARS, "points") for point in draft.points)),
    )
    clean = msgspec.structs.replace(clean, right=_right(clean))
    if clean.instant and not clean.is_scored:
        raise Rejected("instant_without_answer", "Say which answer is right, so that learners can be told.")
    if clean.instant and clean.anonymous:
        raise Rejected("instant_anonymous", "An anonymous question cannot tell each learner the result.")
    if clean.partial and (clean.anonymous or not clean.form.full_marks(clean.right)):
        raise Rejected(
            "partial_impossible",
            "Parts of the point are given for multiple choice, ranking and matching with a right answer, "
            "not anonymous.",
        )
    return clean


def refuse_duration(seconds: int | None) -> None:
    """Refuse a time that no question may take.

    Raises:
        Rejected: it is out of range (`duration_invalid`).
    """
    if seconds is not None and not SHORTEST_S <= seconds <= LONGEST_S:
        raise Rejected(
            "duration_invalid",
            f"Choose a time between {SHORTEST_S} seconds and 24 hours.",
            least_s=SHORTEST_S,
            most_s=LONGEST_S,
        )


def _insist_on_number(draft: Draft, *, chooses: bool) -> None:
    if chooses and not FEWEST_OPTIONS <= len(draft.options) <= MOST_OPTIONS:
        raise Rejected(
            "options_count_invalid",
            f"A poll has {FEWEST_OPTIONS} to {MOST_OPTIONS} options.",
            fewest=FEWEST_OPTIONS,
            most=MOST_OPTIONS,
        )
    if draft.kind == "matching" and not len(draft.options) <= len(draft.matches) <= MOST_MATCHES:
        raise Rejected(
            "options_count_invalid",
            f"Give every option something to match, at most {MOST_MATCHES}.",
            fewest=len(draft.options),
            most=MOST_MATCHES,
        )
    if len(draft.points) > MOST_POINTS or len(draft.accepted) > MOST_ACCEPTED:
        raise Rejected(
            "options_count_invalid",
            f"At most {MOST_POINTS} knowledge points and {MOST_ACCEPTED} accepted answers.",
            most=MOST_ACCEPTED,
        )


def _insist_on_scale(draft: Draft) -> None:
    if draft.kind == "rating" and not LOWEST <= draft.low < draft.high <= HIGHEST:
        raise Rejected(
            "rating_scale_invalid",
            f"A scale lies between {LOWEST} and {HIGHEST}.",
            low=LOWEST,
            high=HIGHEST,
        )
    if draft.kind == "multiple" and draft.most is not None and not 1 <= draft.most <= len(draft.options):
        raise Rejected("choices_limit_invalid", "Learners may choose between one and all of the options.")


def _accepted(draft: Draft) -> tuple[str, ...]:
    return tuple(dict.fromkeys(wording(text, OPTION_CHARS, "accepted") for text in draft.accepted))


def _right(draft: Draft) -> Picks:
    if draft.kind == "text":
        return ()
    if not draft.right:
        if draft.kind == "matching":
            raise Rejected("right_answer_invalid", "Say what belongs together.")
        return ()
    impossible = Rejected("right_answer_invalid", "The right answer is not possible here.")
    if draft.kind == "rating":
        raise impossible
    try:
        return draft.form.checked(draft.right)
    except Rejected:
        raise impossible from None
