"""What the terms of watching ask about viewers, answered by accounts and the viewing records."""

from dataclasses import dataclass

from analytics.neighbours import MediumKind, People
from analytics.view_intake import ViewIntake
from lectern.kernel.access import Principal


@dataclass(frozen=True, slots=True)
class Viewers:
    """`catalogue.terms_routes.Viewers`."""

    people: People
    intake: ViewIntake

    async def name_and_number(self, org_id: str, person_id: str) -> tuple[str, str] | None:
        """See `Viewers`."""
        card = (await self.people.cards(org_id, [person_id])).get(person_id)
        return None if card is None else (card.name, card.external_id)

    async def furthest_ms(self, who: Principal, medium: MediumKind, medium_id: str, version: int) -> int:
        """See `Viewers`."""
        return await self.intake.furthest_ms(who, medium, medium_id, version)

    async def opened(self, who: Principal, medium: MediumKind, medium_id: str, version: int) -> None:
        """See `Viewers`."""
        await self.intake.opened(who, medium, medium_id, version)
