"""What feedback asks of other packages; wired in `lectern.app`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lectern.kernel.access import SessionGrant


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session, as far as its feedback is concerned."""

    id: str
    org_id: str
    title: str
    presenter_person_id: str | None
    host_person_id: str | None


class Facts(Protocol):
    """Knows sessions and people."""

    async def session(self, session_id: str) -> SessionFacts:
        """Return a session. Raises NotFound."""

    async def titles(self, session_ids: Collection[str]) -> Mapping[str, str]:
        """Return what sessions are called, by id."""

    async def run_by(self, org_id: str, person_id: str) -> Sequence[str]:
        """Return the sessions that a person presents or hosts."""

    async def attendees(self, session_id: str) -> Collection[str]:
        """Return the learners (participants) who were there while the lesson was live."""

    async def participant_of(self, grant: SessionGrant) -> str | None:
        """Return the participant that the holder of a token has become; None if they were never here."""

    async def participant_of_person(self, session_id: str, person_id: str) -> str | None:
        """Return the participant that a person was."""

    async def person_by_external_id(self, org_id: str, external_id: str) -> str | None:
        """Return a person's id by the number from HR."""

    async def names(self, org_id: str, person_ids: Collection[str]) -> Mapping[str, str]:
        """Return what people of an organisation are called, by id."""


Cell = str | int | float | None


class Sheets(Protocol):
    """Writes tables as files that spreadsheets open without harm: (name, headings, rows)."""

    def csv(self, table: tuple[str, Sequence[str], Sequence[Sequence[Cell]]]) -> bytes:
        """Return one table as CSV."""

    def xlsx(self, tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[Cell]]]]) -> bytes:
        """Return a workbook."""

    def disposition(self, *parts: str, ending: str) -> str:
        """Return the `Content-Disposition` of such a file."""
