"""What of learners the media plane must not record, answered by the rules of the lesson's replay."""

from dataclasses import dataclass, field

from catalogue.publishing_store import PublishingStore
from lectern.db.engine import Database
from signaling.plane.left_out import LeftOut


@dataclass(frozen=True, slots=True)
class LeftOutOfRules:
    """`signaling.plane.left_out.LeftOutOf`: the rules are fixed in the transaction that starts the lesson."""

    database: Database
    store: PublishingStore = field(default_factory=PublishingStore)

    async def __call__(self, session_id: str) -> LeftOut:
        """See the class. Raises Gone: the database is away."""
        async with self.database.read() as tx:
            rules = await self.store.rules(tx, session_id)
        return LeftOut(pictures=bool(rules.learners_unseen), sound=bool(rules.learners_unheard))
