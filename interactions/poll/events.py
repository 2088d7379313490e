"""What happens to a poll."""

from typing import ClassVar

import msgspec

from interactions.answers.draft import Show
from interactions.answers.form import Kind
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import Event


class AskedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """One of the groups whose answers are counted by themselves; `name_ref` is its name."""

    id: str
    name_ref: str


class PollOpened(Event, frozen=True, kw_only=True):
    """A poll takes votes. The fields from `kind` on came later: without them it is a single choice.

    `right` and `accepted_refs` say what is right (see `interactions.answers`), `point_refs` what it is about;
    `rerun_of` is the first poll that asked the same, `item` the prepared question it was made from, and
    `survey` is shared by polls that were opened together. `group` is the one breakout group that is asked
    (else everybody); of an open poll to everybody, `groups` are counted by themselves as well.
    `full_marks` is what the right answer gets where parts of it count; 0: it is right or wrong as a whole.
    """

    TYPE: ClassVar[str] = "poll_opened"
    id: str
    question_ref: str
    option_refs: tuple[str, ...]
    show: Show
    kind: Kind = "single"
    match_refs: tuple[str, ...] = ()
    right: tuple[int, ...] = ()
    accepted_refs: tuple[str, ...] = ()
    low: int = 1
    high: int = 5
    most: int | None = None
    explanation_ref: str | None = None
    point_refs: tuple[str, ...] = ()
    anonymous: bool = False
    instant: bool = False
    closes_utc_ms: UtcMs | None = None
    rerun_of: str | None = None
    item: str | None = None
    survey: str | None = None
    group: str | None = None
    groups: tuple[AskedGroup, ...] = ()
    full_marks: int = 0


class PollVoted(Event, frozen=True, kw_only=True):
    """The actor answered; a later answer replaces it. Each is an attempt, and all are kept.

    `option` is the choice of a single choice (0 is the first), else -1; `picks` is the answer of any kind,
    `text_ref` a written one, `group` the group that the actor was in, if it counts. `correct` is None where
    nothing is right or wrong, `marks` are of the poll's `full_marks` (None if it has none). In an anonymous
    poll there is none of it: it says that the actor answered, once, and nothing else.
    """

    TYPE: ClassVar[str] = "poll_voted"
    ACTOR_SHOWN: ClassVar[bool] = False
    poll: str
    option: int = -1
    picks: tuple[int, ...] = ()
    text_ref: str | None = None
    correct: bool | None = None
    group: str | None = None
    marks: int | None = None


class PollExtended(Event, frozen=True, kw_only=True):
    """There is more time: for everybody, or for `participant` alone.

    `closes_utc_ms` is theirs; `due_utc_ms` is when the last time of anybody is up.
    """

    TYPE: ClassVar[str] = "poll_extended"
    ACTOR_SHOWN: ClassVar[bool] = False
    id: str
    closes_utc_ms: UtcMs
    due_utc_ms: UtcMs
    participant: str | None = None


class PollClosed(Event, frozen=True, kw_only=True):
    """The poll takes no more votes; `reason` is staff or time. The end of the lesson closes it silently."""

    TYPE: ClassVar[str] = "poll_closed"
    id: str
    reason: str = "staff"


class PollCounted(Event, frozen=True, kw_only=True):
    """The ballots of a closed anonymous poll were counted and destroyed.

    With fewer than `FEWEST_SHOWN` of them `shown` is False, and nothing of what they said is here.
    """

    TYPE: ClassVar[str] = "poll_counted"
    id: str
    ballots: int
    shown: bool
    counts: tuple[int, ...] = ()
    right: int = 0
    text_refs: tuple[str, ...] = ()


class PollPublished(Event, frozen=True, kw_only=True):
    """Everybody may see the result, the right answer and the explanation."""

    TYPE: ClassVar[str] = "poll_published"
    id: str
