"""What the catalogue asks of other packages; `lectern.app` wires it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.media import Replay
from catalogue.series import Key, Seen
from lectern.kernel.access import SessionGrant
from lectern.kernel.errors import Forbidden


class Titles(Protocol):
    """Knows what sessions are called."""

    async def session_title(self, tx: AsyncConnection, session_id: str) -> str:
        """Return the session's title, read in the transaction that appends its first event."""


@dataclass(frozen=True, slots=True)
class Led:
    """A session, by its presenter and host."""

    org_id: str
    by: tuple[str | None, str | None]


class Leaders(Protocol):
    """Knows who leads sessions."""

    async def led(self, tx: AsyncConnection, session_id: str) -> Led | None:
        """Return who leads a session; None: there is no such session."""

    async def led_by(self, tx: AsyncConnection, org_id: str, person_id: str) -> Collection[str]:
        """Return the sessions that a person presents or hosts."""


class Rosters(Protocol):
    """Knows who should attend."""

    async def on_roster(self, session_id: str, person_id: str) -> bool:
        """Tell whether the person is on the session's roster."""


class Seats(Protocol):
    """Knows who became which participant of a session."""

    async def participant_of(self, grant: SessionGrant) -> str | None:
        """Return the participant that the holder of a token has become; None if they were never there."""


class Links(Protocol):
    """Knows whether somebody who came by a link may still do what it said."""

    async def refuse_lapsed(self, grant: SessionGrant) -> None:
        """Refuse whoever was sent out, or whose link was taken back.

        Raises:
            Forbidden: they may not any more.
        """


class NoLinks:
    """`Links` of a house that nobody enters by a link."""

    async def refuse_lapsed(self, grant: SessionGrant) -> None:
        """See `Links`."""
        raise Forbidden("link_ended", "This link has ended. Ask for a new one.")


@dataclass(frozen=True, slots=True)
class Circle:
    """Where a person belongs: their department and those above it, and the sessions that expect them."""

    departments: frozenset[str] = frozenset()
    sessions: frozenset[str] = frozenset()


class People(Protocol):
    """Knows the people of an organisation."""

    async def reviewers(self, tx: AsyncConnection, org_id: str) -> Mapping[str, str]:
        """Return the names of those who may review, by person."""

    async def names(self, tx: AsyncConnection, org_id: str, person_ids: Collection[str]) -> Mapping[str, str]:
        """Return what people are called, by id; of those that are known."""

    async def circle(self, tx: AsyncConnection, org_id: str, person_id: str) -> Circle:
        """Return where a person belongs."""

    async def circles_of(
        self, tx: AsyncConnection, org_id: str, person_ids: Collection[str], lessons: Collection[str]
    ) -> Mapping[str, Circle]:
        """Return where people belong, of lessons those named alone; who is unknown is left out."""

    async def presenter(self, tx: AsyncConnection, session_id: str) -> str | None:
        """Return the name of who gave a lesson; None if nobody is named."""

    async def presenter_id(self, tx: AsyncConnection, session_id: str) -> str | None:
        """Return the person who gave a lesson; None if nobody is named."""

    async def targets(
        self, tx: AsyncConnection, org_id: str, kind: str, ids: Collection[str]
    ) -> Mapping[str, str]:
        """Return what departments, persons or lessons of the organisation are called, by id."""


class News(Protocol):
    """Tells people that something waits for them, in the transaction in which it begins to."""

    async def review_asked(
        self, tx: AsyncConnection, about: "ReviewNews", reviewers: Collection[str]
    ) -> None:
        """Tell reviewers that a microcourse waits for one of them."""

    async def reviewed(self, tx: AsyncConnection, about: "ReviewNews", people: Collection[str]) -> None:
        """Tell those who made it how the review ended; whoever else was asked need not do it any more."""


class PublishingNews(Protocol):
    """Tells people that a replay was decided upon, in the transaction of the decision."""

    async def replay_shown(self, tx: AsyncConnection, replay: Replay) -> None:
        """Have who gave the lesson, and who may watch it now, told of it, once."""

    async def replay_held(self, tx: AsyncConnection, replay: Replay) -> None:
        """Take back what they were told, as far as that can be."""


@dataclass(frozen=True, slots=True)
class BinNews:
    """A medium that is put into the bin or taken out, and all `reviews` that were ever asked of it."""

    org_id: str
    session_id: str
    key: Key
    reviews: Collection[str] = ()


class NewsOfBin(Protocol):
    """Knows what people were told, or are about to be, of what goes into the bin and comes back."""

    async def put_in(self, tx: AsyncConnection, about: BinNews) -> None:
        """Take back what they were told, as far as that can be; what waits to be told is not."""

    async def taken_out(self, tx: AsyncConnection, about: BinNews) -> None:
        """Have what they were told hold again, and tell what waited."""


@dataclass(frozen=True, slots=True)
class ReviewNews:
    """A review, as people are told of it. `said`: what the reviewer wrote, in one piece."""

    org_id: str
    review_id: str
    session_id: str
    microcourse_id: str
    title: str
    approved: bool = False
    said: str = ""


class Progress(Protocol):
    """Knows how far somebody has come in what they watched."""

    async def seen(self, tx: AsyncConnection, subject: str, media: Collection[Key]) -> Mapping[Key, Seen]:
        """Return how much of each medium a person watched, of the version of which they watched most."""


class Uses(Protocol):
    """Knows who would miss a medium."""

    async def watched_by(self, tx: AsyncConnection, media: Collection[Key]) -> Mapping[Key, int]:
        """Return how many people watched something of each medium; of those that anybody watched."""

    async def readers(self, tx: AsyncConnection, org_id: str) -> int:
        """Return how many API keys of an organisation may read media."""
