"""What happens to questions of the pool while a group works on them."""

from typing import ClassVar

import msgspec

from lectern.timeline.event import Event


class GivenQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question as a group gets it. `asker` is told what is said of it; with `anonymous` nobody else."""

    id: str
    text_ref: str
    asker: str
    anonymous: bool = False


class PoolClass(msgspec.Struct, frozen=True, kw_only=True):
    """A class that questions can be put into."""

    id: str
    name_ref: str


class GroupPoolGiven(Event, frozen=True, kw_only=True):
    """A group gets questions, and classes to choose from, besides those that it has."""

    TYPE: ClassVar[str] = "group_pool_given"
    group: str
    questions: tuple[GivenQuestion, ...]
    classes: tuple[PoolClass, ...] = ()


class GroupPoolClassed(Event, frozen=True, kw_only=True):
    """The group has one more class, which the actor thought of."""

    TYPE: ClassVar[str] = "group_pool_classed"
    group: str
    id: str
    name_ref: str


class GroupPoolClassRenamed(Event, frozen=True, kw_only=True):
    """The class `id` of the group has another name."""

    TYPE: ClassVar[str] = "group_pool_class_renamed"
    group: str
    id: str
    name_ref: str


class GroupPoolClassDropped(Event, frozen=True, kw_only=True):
    """The group has the class `id` no longer; what was in it is in none."""

    TYPE: ClassVar[str] = "group_pool_class_dropped"
    group: str
    id: str


class GroupPoolSorted(Event, frozen=True, kw_only=True):
    """A question is in the class `into` of its group; null: in none."""

    TYPE: ClassVar[str] = "group_pool_sorted"
    group: str
    question: str
    into: str | None


class GroupPoolVoted(Event, frozen=True, kw_only=True):
    """The actor gives a question one of their votes in the group, or (`on` false) takes it back."""

    TYPE: ClassVar[str] = "group_pool_voted"
    ACTOR_SHOWN: ClassVar[bool] = False
    group: str
    question: str
    on: bool


class GroupPoolClarified(Event, frozen=True, kw_only=True):
    """The actor adds what makes a question clearer; the group, staff and whoever asked read it."""

    TYPE: ClassVar[str] = "group_pool_clarified"
    group: str
    question: str
    text_ref: str


class GroupPoolMarked(Event, frozen=True, kw_only=True):
    """The group brings this question back as one of its top ones, or (`on` false) does not."""

    TYPE: ClassVar[str] = "group_pool_marked"
    group: str
    question: str
    on: bool


class GroupPoolShown(Event, frozen=True, kw_only=True):
    """The whole class sees what the group of this id made of its questions, or (`on` false) no longer."""

    TYPE: ClassVar[str] = "group_pool_shown"
    id: str
    on: bool


class TakenQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What the pool takes over: `tags_ref` holds all tags from now on (null: as before), `voters` are new."""

    id: str
    tags_ref: str | None = None
    voters: tuple[str, ...] = ()


class GroupPoolTaken(Event, frozen=True, kw_only=True):
    """Classes and votes of the group of this id are those of the pool as well, from now on."""

    TYPE: ClassVar[str] = "group_pool_taken"
    id: str
    questions: tuple[TakenQuestion, ...]
