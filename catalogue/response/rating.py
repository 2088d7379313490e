"""Stars and a comment: who has watched enough to give them, and what they come to. Pure.

A rating belongs to one person and one medium. Given anonymously it is kept under a keyed hash of both,
another one than that of a named rating, without the person and without a time, and shows together with
others (decisions/0040-what-viewers-answer.md).
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from catalogue.series import Key
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Rejected

FEW_MS: Final = 30_000
FEW_SHARE: Final = 0.1
LONGEST_COMMENT: Final = 1_000
LONGEST_REASON: Final = 300
MOST_STARS: Final = 5


@dataclass(frozen=True, slots=True)
class Rating:
    """What one person thinks of a medium. What shows of it may be older: `shown_stars` None is nothing yet.

    `person_id` is None of an anonymous one, which is `waiting` until it shows together with others. The
    comment of a hidden one (`hidden_by`) is for staff and its author.
    """

    medium: str
    medium_id: str
    rater: str
    id: str
    org_id: str
    session_id: str
    version: int
    person_id: str | None
    stars: int
    comment: str
    waiting: bool
    shown_stars: int | None = None
    shown_comment: str = ""
    shown_utc_ms: int | None = None
    month: str | None = None
    hidden_by: str | None = None
    hidden_utc_ms: int | None = None
    hidden_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Stars:
    """How often one star to five were given."""

    counts: tuple[int, ...] = (0,) * MOST_STARS

    @property
    def count(self) -> int:
        """How many gave any."""
        return sum(self.counts)

    @property
    def mean(self) -> float | None:
        """Their mean, 1 to 5; None of nobody."""
        given = sum(at * times for at, times in enumerate(self.counts, start=1))
        return given / self.count if self.count else None

    def plus(self, other: "Stars") -> "Stars":
        """Return both together."""
        return Stars(tuple(one + two for one, two in zip(self.counts, other.counts, strict=True)))


NO_STARS: Final = Stars()


def stars_of(given: Iterable[tuple[int, int]]) -> Stars:
    """Return what pairs of stars and how often they were given come to."""
    counts = [0] * MOST_STARS
    for stars, times in given:
        counts[stars - 1] += times
    return Stars(tuple(counts))


def together(parts: Iterable[Stars]) -> Stars:
    """Return the sum."""
    whole = Stars()
    for part in parts:
        whole = whole.plus(part)
    return whole


def has_watched(coverage: float, duration_ms: int) -> bool:
    """Tell whether somebody who covered this share of a medium has seen enough to judge: 30 s, or a tenth."""
    return coverage > 0 and coverage >= min(FEW_SHARE, FEW_MS / max(1, duration_ms))


def checked_comment(comment: str) -> str:
    """Return a comment in the form in which it is kept.

    Raises:
        Rejected: it is too long (`comment_too_long`).
    """
    words = comment.strip()
    if len(words) > LONGEST_COMMENT:
        raise Rejected("comment_too_long", "This comment is too long.", limit=LONGEST_COMMENT)
    return words


def checked_reason(reason: str) -> str:
    """Return why a comment is hidden, in the form in which it is kept.

    Raises:
        Rejected: there is none, or it is too long (`reason_needed`).
    """
    words = " ".join(reason.split())
    if not words or len(words) > LONGEST_REASON:
        raise Rejected("reason_needed", "Say in a sentence why the comment is hidden.", limit=LONGEST_REASON)
    return words


UNNAMED: Final = "unnamed."
"""What everything begins with under which anonymous ratings are kept."""
NOBODY_SAYS: Final = "–"
"""Who hid the comment of an anonymous rating that had a name, and why: nobody says."""


def rater_of(secret: bytes, key: Key, person_id: str) -> str:
    """Return under what a person's rating with their name is kept."""
    return _hashed(secret, "rating", key.medium, key.id, person_id)


def unnamed_of(secret: bytes, named: str) -> str:
    """Return under what an anonymous rating is kept whose named one would be kept under `named`.

    Without `secret` nobody tells whose it is, nor that both are one person's: the medium and the person are
    in `named`, and nothing of it is in the result (EVA-16). So what was kept before can be rewritten without
    knowing whose it is.
    """
    return UNNAMED + _hashed(secret, "anonymous rating", named)


def _hashed(secret: bytes, *parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), key=secret[:64], digest_size=24).hexdigest()


@dataclass(frozen=True, slots=True)
class RatingKeys:
    """The secrets that say under what ratings are kept: those that were are still looked under."""

    secrets: Mapping[str, bytes]
    current: str

    def rater(self, key: Key, person_id: str, *, named: bool) -> str:
        """Return under what a new rating is kept."""
        secret = self.secrets[self.current]
        rater = rater_of(secret, key, person_id)
        return rater if named else unnamed_of(secret, rater)

    def unnamed(self, rater: str) -> str:
        """Return under what an anonymous rating is kept from now on, which earlier releases kept so."""
        return unnamed_of(self.secrets[self.current], rater)

    def raters(self, key: Key, person_id: str) -> Collection[str]:
        """Return under what a rating may be kept, with a name or without, by any secret that was."""
        named = [rater_of(secret, key, person_id) for secret in self.secrets.values()]
        return [*named, *(unnamed_of(secret, each) for secret in self.secrets.values() for each in named)]


def month_at(utc_ms: int, zone: str) -> str:
    """Return the month of a moment where the organisation is, like "2026-11"."""
    return datetime.fromtimestamp(utc_ms / 1_000, UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m")


def given(before: Rating, *, stars: int, comment: str, person_id: str | None) -> Rating:
    """Return a rating with what its author says now; `person_id` None: without their name.

    What an anonymous one showed goes on showing until the next ones show with it; what stood there under a
    name goes at once.
    """
    if person_id is not None:
        return replace(before, stars=stars, comment=comment, person_id=person_id, waiting=True)
    if before.person_id is not None:
        before = replace(before, shown_stars=None, shown_comment="", shown_utc_ms=None, month=None)
    is_new = (stars, comment) != (before.shown_stars, before.shown_comment)
    return replace(before, stars=stars, comment=comment, person_id=None, waiting=is_new)


def as_another(rating: Rating, fresh: str) -> Rating:
    """Return a rating whose author gave, or took back, their name: as if it were another one.

    Whoever noted the named one must not find the anonymous one by it (EVA-16), nor the other way round: not
    by its id, and not by who hid it, when and why. It stays hidden, if it was. Its `rater` differs anyway.
    """
    hidden = None if rating.hidden_by is None else NOBODY_SAYS
    return replace(rating, id=fresh, hidden_by=hidden, hidden_utc_ms=None, hidden_reason=hidden)


def shown(rating: Rating, now: UtcMs, month: str) -> Rating:
    """Return a rating that shows what its author says."""
    return replace(
        rating,
        waiting=False,
        shown_stars=rating.stars,
        shown_comment=rating.comment,
        shown_utc_ms=now,
        month=month,
    )


def months_of(period: str) -> Collection[str]:
    """Return the months of "2026-11", "2026-Q4" or "2026"."""
    year, _, rest = period.partition("-")
    if rest.startswith("Q"):
        first = (int(rest[1:]) - 1) * 3
        return [f"{year}-{month:02}" for month in range(first + 1, first + 4)]
    return [period] if rest else [f"{year}-{month:02}" for month in range(1, 13)]
