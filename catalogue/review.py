"""Reviewing a microcourse: who may, what is said, and what an organisation asks for. Pure."""

from collections.abc import Collection, Sequence
from enum import StrEnum

import msgspec

from catalogue.media import Microcourse
from lectern.kernel.access import Principal
from lectern.kernel.errors import Forbidden, Rejected
from lectern.kernel.roles import OrgRole

REVIEWERS = frozenset({OrgRole.ADMIN, OrgRole.LINE_MANAGER})
"""Who reviews: not those who only teach, however much they may cut."""

MOST_POINTS = 50
_LONGEST_COMMENT = 2_000
_LONGEST_POINT = 500


class Verdict(StrEnum):
    """How a review ended; `waiting`: it has not."""

    WAITING = "waiting"
    APPROVED = "approved"
    SENT_BACK = "sent_back"
    TAKEN_BACK = "taken_back"


class Point(msgspec.Struct, frozen=True):
    """Something to be changed, at `at_ms` of the video; None: in all of it."""

    text: str
    at_ms: int | None = None


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked and said about one version."""

    id: str
    org_id: str
    microcourse_id: str
    version: int
    verdict: Verdict
    asked_by: str | None = None
    asked_utc_ms: int | None = None
    reviewer: str | None = None
    reviewed_utc_ms: int | None = None
    comment: str = ""
    points: tuple[Point, ...] = ()


class Terms(msgspec.Struct, frozen=True):
    """What an organisation asks of its catalogue.

    `review_needed`: what was not approved by a reviewer is not published. `replay_days`: for how many days
    after its lesson a replay is shown, where nothing else is set for it (REC-08); None: for good.
    """

    review_needed: bool = True
    replay_days: int | None = None


def may_review(who: Principal, org_id: str) -> bool:
    """Tell whether `who` is a person of the organisation who reviews."""
    is_person = who.grant is None and who.person_id is not None
    return who.org_id == org_id and is_person and bool(who.roles & REVIEWERS)


def insist_on_review(
    who: Principal, microcourse: Microcourse, reviewers: Collection[str], asked_by: str | None
) -> None:
    """Let pass whoever may judge this version: a reviewer, who had no hand in it unless nobody else is left.

    Raises:
        Forbidden: no reviewer (`not_a_reviewer`), or their own work (`review_own`).
    """
    if not may_review(who, microcourse.org_id):
        raise Forbidden("not_a_reviewer", "Administrators and managers review microcourses. Ask one of them.")
    hands = {microcourse.created_by, microcourse.made_by, asked_by}
    if who.person_id in hands and set(reviewers) - hands:
        raise Forbidden("review_own", "Somebody else reviews what you have made yourself.")


def checked_review(
    comment: str, points: Sequence[tuple[str, int | None]], duration_ms: int, *, sends_back: bool
) -> tuple[str, tuple[Point, ...]]:
    """Return what a reviewer says, in the form in which it is kept.

    Raises:
        Rejected: too long, a moment outside the video, or sent back without a word.
    """
    said = comment.strip()
    kept = tuple(Point(" ".join(text.split()), at_ms) for text, at_ms in points if text.strip())
    too_long = any(len(point.text) > _LONGEST_POINT for point in kept)
    if len(said) > _LONGEST_COMMENT or too_long or len(kept) > MOST_POINTS:
        raise Rejected(
            "review_too_long",
            f"A comment has at most {_LONGEST_COMMENT} characters, a review at most {MOST_POINTS} points of"
            f" {_LONGEST_POINT} characters.",
        )
    if any(point.at_ms is not None and not 0 <= point.at_ms <= duration_ms for point in kept):
        raise Rejected("point_outside", "A point is outside the video.", duration_ms=duration_ms)
    if sends_back and not said and not kept:
        raise Rejected("review_empty", "Say what has to be changed.")
    return said, kept
