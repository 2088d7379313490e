"""What check-in asks of other packages; wired in `lectern.app`."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from lectern.kernel.access import SessionGrant


class SessionFacts(Protocol):
    """A session, as far as rights are concerned."""

    @property
    def org_id(self) -> str:
        """Whose it is."""

    @property
    def presenter_person_id(self) -> str | None:
        """Who presents it."""

    @property
    def host_person_id(self) -> str | None:
        """Who hosts it."""


class Card(Protocol):
    """A person as lists show them."""

    @property
    def id(self) -> str:
        """Their id."""

    @property
    def external_id(self) -> str:
        """Their number from HR."""

    @property
    def name(self) -> str:
        """Their name."""

    @property
    def department_id(self) -> str | None:
        """Where they belong."""

    @property
    def department(self) -> str | None:
        """What that is called."""


class Sessions(Protocol):
    """Knows sessions."""

    async def session(self, session_id: str) -> SessionFacts:
        """Return a session. Raises NotFound."""

    async def person_by_external_id(self, org_id: str, external_id: str) -> str | None:
        """Return a person's id."""


class People(Protocol):
    """Knows people, and who should come."""

    async def cards(self, org_id: str, person_ids: Collection[str]) -> Mapping[str, Card]:
        """Return the cards of those who exist, by id."""

    async def expected(self, session_id: str) -> Sequence[str]:
        """Return the ids of the people on the roster."""


class Seats(Protocol):
    """Knows who became which participant."""

    async def participant_of(self, grant: SessionGrant) -> str | None:
        """Return the participant that the holder of a token has become; None if they were never here."""
