"""What sessions need to know of people; the accounts answer, through `lectern.app`."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A person, as far as a session cares."""

    id: str
    external_id: str
    name: str
    department_id: str | None
    department: str | None
    may_present: bool
    may_host: bool
    administers: bool = False


class People(Protocol):
    """Looks people up."""

    async def by_id(self, ids: Collection[str]) -> dict[str, PersonFacts]:
        """Return people by id; unknown ids are left out."""

    async def by_external_id(self, org_id: str, external_ids: Collection[str]) -> dict[str, PersonFacts]:
        """Return people by HR number; unknown numbers are left out."""
