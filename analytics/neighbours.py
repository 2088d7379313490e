"""What the analytics ask of other packages; `lectern.app` wires it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.kernel.access import Principal, SessionGrant
from lectern.kernel.clock import UtcMs
from lectern.manifest.clock_map import ClockMap

MediumKind = Literal["replay", "microcourse"]
"""Media of the library: what statistics are about."""
PlayedKind = MediumKind | Literal["group_recording"]
"""What is played and counted. What a group recorded is in no statistics: it has figures of its own alone."""


class PersonCard(msgspec.Struct, frozen=True, gc=False):
    """A person as reports show them."""

    id: str
    external_id: str
    name: str
    department_id: str | None
    department: str | None


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session as reports show it; `zone` is an IANA name."""

    org_id: str
    title: str
    zone: str
    starts_utc_ms: int
    presenter_person_id: str | None = None
    host_person_id: str | None = None
    ended_utc_ms: int | None = None
    planned_minutes: int | None = None
    """How long it was to last, as calendars say it; None: nobody said."""


@dataclass(frozen=True, slots=True)
class Held:
    """A session that has begun, at `began_utc_ms`."""

    id: str
    zone: str
    began_utc_ms: int


class People(Protocol):
    """Knows who people are."""

    async def cards(self, org_id: str, person_ids: Collection[str]) -> Mapping[str, PersonCard]:
        """Return the cards of those who exist, by id; people who left the company among them."""


class Sessions(Protocol):
    """Knows sessions and who should attend them."""

    async def facts(self, session_id: str) -> SessionFacts:
        """Return what a session is. Raises `NotFound` (`session_not_found`)."""

    async def expected(self, session_id: str) -> Sequence[str]:
        """Return the ids of the people on the roster."""

    async def expects(self, session_id: str, person_id: str) -> bool:
        """Tell whether somebody is on the roster."""

    async def set_length(self, tx: AsyncConnection, session_id: str, minutes: int | None) -> None:
        """Set how long a session was to last; None: nobody said."""


class ShownPart(Protocol):
    """A part of a microcourse that shows a part of its replay. All in milliseconds."""

    @property
    def at_ms(self) -> int:
        """Where it begins in the microcourse."""

    @property
    def replay_ms(self) -> int:
        """Where it begins in the replay."""

    @property
    def duration_ms(self) -> int:
        """How long it is in both."""


class Recordings(Protocol):
    """Knows how a session's replay lies on its clock, and what microcourses show of it."""

    async def clock(self, tx: AsyncConnection, session_id: str) -> ClockMap | None:
        """Return the map between session and replay; None while there is no finished replay."""

    async def shown(self, tx: AsyncConnection, microcourse_id: str, version: int) -> Sequence[ShownPart]:
        """Return what a version of a microcourse shows of its replay, in its order; cards are in none.

        Raises `NotFound`.
        """


class Courses(Protocol):
    """Knows which sessions were held."""

    async def held(
        self, org_id: str, q: str, from_utc_ms: int, to_utc_ms: int, *, run_by: str | None = None
    ) -> Sequence[Held]:
        """Return the sessions that began in this time, with `q` in their title, in order.

        With `run_by`, only those which this person presents or hosts.
        """


class Seats(Protocol):
    """Knows who became which participant of a session."""

    async def participant_of(self, grant: SessionGrant) -> str | None:
        """Return the participant that the holder of a token has become; None if they were never here."""


class Audit(Protocol):
    """Writes down who did what."""

    async def audit(self, who: Principal, action: str, target: str, details: dict[str, Any]) -> None:
        """Add an entry to the audit log."""


class Medium(Protocol):
    """A replay or a microcourse that can be played."""

    @property
    def org_id(self) -> str:
        """Whose it is."""

    @property
    def session_id(self) -> str:
        """What it was recorded in."""

    @property
    def version(self) -> int:
        """The newest version."""

    @property
    def duration_ms(self) -> int:
        """How long it is."""

    @property
    def no_skipping(self) -> bool:
        """Whether the asker has to watch it in order."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What learners said of a lesson: `forms` handed in by `attendees`; `positive` of `graded` gave 4 or 5.

    `means` are mean grades by dimension (`teacher`, `course`, `organisation`), on five points, and
    `recommendation` is the net promoter score, -100..100. Where too few graded to stay anonymous, there is
    none of them, and `graded` and `positive` are 0.
    """

    forms: int = 0
    attendees: int = 0
    graded: int = 0
    positive: int = 0
    means: Mapping[str, float] = field(default_factory=dict)
    recommendation: float | None = None


class Reactions(Protocol):
    """Knows what learners said of lessons."""

    async def of(self, org_id: str, session_ids: Collection[str]) -> Mapping[str, Reaction]:
        """Return it by session; sessions that nobody was asked about may be missing."""


@dataclass(frozen=True, slots=True)
class MediumResponse:
    """What viewers answered a medium with; `stars` counts one star to five."""

    session_id: str | None
    stars: tuple[int, ...] = (0, 0, 0, 0, 0)
    comments: int = 0
    favourites: int = 0
    shares: int = 0


class Responses(Protocol):
    """Knows what viewers answered media with."""

    async def of(
        self, org_id: str, period: str, people: Collection[str] | None
    ) -> Mapping[tuple[str, str], MediumResponse]:
        """Return it by kind and id of media and series; with `people` of them alone: nothing anonymous."""


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """A series, by its title and the kind and id of what is in it."""

    title: str
    media: tuple[tuple[str, str], ...]


class Shelf(Protocol):
    """Knows how the library is arranged, and who belongs to which department."""

    async def in_category(self, org_id: str, category_id: str) -> Collection[tuple[str, str]]:
        """Return kind and id of what stands in a category or below it. Raises `NotFound`."""

    async def series(self, org_id: str) -> Mapping[str, SeriesFacts]:
        """Return the series of an organisation, by id."""

    async def lessons(self, org_id: str, session_ids: Collection[str]) -> Mapping[str, str]:
        """Return what sessions are called, by id."""

    async def members(self, org_id: str, department_id: str) -> Collection[str]:
        """Return the people of a department and of those below it. Raises `NotFound`."""


class Position(NamedTuple):
    """Where somebody stopped in a version of a medium, `age_ms` ago."""

    who: Principal
    medium: MediumKind
    medium_id: str
    position_ms: int
    age_ms: int = 0
    version: int = 1


class Media(Protocol):
    """Knows what can be watched, by whom, and keeps where they stopped."""

    async def find(
        self, who: Principal, medium: MediumKind, medium_id: str, *, version: int | None = None
    ) -> Medium:
        """Return a medium that `who` may watch, in `version` if it was ever shown.

        Raises `NotFound`, `Conflict` (not ready to be played).
        """

    async def remember_positions(
        self, tx: AsyncConnection, positions: Sequence[Position], *, now: UtcMs
    ) -> None:
        """Note where viewers stopped."""

    async def inside(
        self,
        tx: AsyncConnection,
        org_id: str,
        medium: MediumKind,
        medium_id: str,
        person_ids: Collection[str],
    ) -> Collection[str]:
        """Return those people whom a medium is for: for others it does not exist."""

    async def titles(
        self, tx: AsyncConnection, org_id: str, medium: MediumKind, medium_ids: Collection[str]
    ) -> Mapping[str, str]:
        """Return what media are called, by id, also those that were deleted; erased of old are left out."""


class AllMedia(Media, Protocol):
    """Knows what can be watched, what groups recorded among it."""

    async def find(
        self, who: Principal, medium: PlayedKind, medium_id: str, *, version: int | None = None
    ) -> Medium:
        """Return what `who` may watch, see `Media`; a group's recording is named by replay and group."""
