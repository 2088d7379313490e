"""What a question of some kind may be answered with, what is right, and how answers add up.

An answer is `picks`, numbers whose meaning follows from the kind, or a text:

* single: one option; multiple: one or more options, in rising order;
* rating: one value of the scale;
* ranking: every option once, the best first;
* matching: for every option on the left one of those on the right, none of them twice;
* text: no picks.

Counts belong to the options in their order (rating: to the values of the scale). They are sums over answers,
so one answer is added or taken away at the cost of that answer alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, TypeAlias
from unicodedata import normalize

from lectern.kernel.errors import Rejected

Kind = Literal["single", "multiple", "rating", "ranking", "text", "matching"]
Picks: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The shape of a question, without its words.

    `options` and `matches` are how many there are on the left and on the right; `low` and `high` bound a
    rating; `most` bounds how many options a multiple choice takes (None: all).
    """

    kind: Kind
    options: int = 0
    matches: int = 0
    low: int = 1
    high: int = 5
    most: int | None = None

    @property
    def places(self) -> int:
        """How many counts a result has."""
        match self.kind:
            case "rating":
                return self.high - self.low + 1
            case "text":
                return 0
            case _:
                return self.options

    def checked(self, picks: Sequence[int]) -> Picks:
        """Return an answer in its one form.

        Raises:
            Rejected: a number that means nothing here (`option_unknown`), or too few, too many or repeated
                ones (`answer_invalid`).
        """
        answer = tuple(sorted(picks)) if self.kind == "multiple" else tuple(picks)
        self._insist_on_known(answer)
        fewest, most = self._lengths()
        if not fewest <= len(answer) <= most or len(set(answer)) != len(answer):
            raise Rejected(
                "answer_invalid", "This answer does not fit the question.", kind=self.kind, most=most
            )
        return answer

    def points(self, picks: Picks, right: Picks) -> tuple[tuple[int, int], ...]:
        """Return what one answer adds: `(place, amount)`.

        A ranking gives its first option as many points as there are options, and one less to every next; a
        matching counts the pairs that are right; all others count answers.
        """
        match self.kind:
            case "rating":
                return tuple((pick - self.low, 1) for pick in picks)
            case "ranking":
                return tuple((pick, self.options - place) for place, pick in enumerate(picks))
            case "matching":
                return tuple((at, 1) for at, pick in enumerate(picks) if right[at : at + 1] == (pick,))
            case "text":
                return ()
            case _:
                return tuple((pick, 1) for pick in picks)

    def full_marks(self, right: Picks) -> int:
        """Return how many marks the right answer gets where parts count, 0 where an answer has no parts.

        Marks are given for every right option (multiple), every right pair (matching), every two options that
        are in the right order (ranking).
        """
        if not right:
            return 0
        match self.kind:
            case "multiple" | "matching":
                return len(right)
            case "ranking":
                return len(right) * (len(right) - 1) // 2
            case _:
                return 0

    def marks(self, picks: Picks, right: Picks) -> int:
        """Return how many of the `full_marks` an answer gets; see docs/data-dictionary.md, "Points"."""
        match self.kind:
            case "multiple":
                hits = len(set(picks) & set(right))
                return max(0, hits - (len(picks) - hits))
            case "matching":
                return sum(pick == partner for pick, partner in zip(picks, right, strict=True))
            case "ranking":
                place = {option: at for at, option in enumerate(right)}
                return sum(place[one] < place[other] for one, other in combinations(picks, 2))
            case _:
                return 0

    def tally(self, answers: Iterable[Picks], right: Picks) -> list[int]:
        """Return the counts of many answers."""
        counts = [0] * self.places
        for picks in answers:
            for place, amount in self.points(picks, right):
                counts[place] += amount
        return counts

    def _insist_on_known(self, answer: Picks) -> None:
        known = {
            "rating": range(self.low, self.high + 1),
            "matching": range(self.matches),
            "text": range(0),
        }.get(self.kind, range(self.options))
        if any(pick not in known for pick in answer):
            raise Rejected("option_unknown", "This poll has no such option.", options=len(known))

    def _lengths(self) -> tuple[int, int]:
        match self.kind:
            case "single" | "rating":
                return 1, 1
            case "multiple":
                return 1, self.options if self.most is None else self.most
            case "text":
                return 0, 0
            case _:
                return self.options, self.options


def is_right(right: Picks, picks: Picks) -> bool:
    """Tell whether an answer in its one form is the right one, as a whole."""
    return picks == right


def same_words(text: str, accepted: Iterable[str]) -> bool:
    """Tell whether `text` is one of the accepted answers; width, case, blanks and a last full stop aside."""
    return plain(text) in {plain(each) for each in accepted}


def plain(text: str) -> str:
    """Return what two answers must share to count as the same."""
    return " ".join(normalize("NFKC", text).casefold().split()).rstrip(".。")
