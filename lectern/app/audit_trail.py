"""What staff change of other people's record, written to the audit log in the transaction that changes it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.store import AccountStore
from interactions.checkin.events import CheckinCorrected, CheckinWithdrawn
from lectern.timeline.event import RosterChanged, TimelineEvent
from lectern.timeline.store import Head
from sessions.store import SessionStore


class AuditTrail:
    """A `Follower` of the timeline: corrected check-ins, withdrawn rounds, and who changed the roster.

    A reason may be an illness: it stays among the timeline's words, which can be erased, and is named here.
    """

    def __init__(self, accounts: AccountStore, sessions: SessionStore) -> None:
        self._accounts = accounts
        self._sessions = sessions

    async def follow(self, tx: AsyncConnection, head: Head, events: Sequence[TimelineEvent]) -> None:
        """See `lectern.timeline.engine.Follower`."""
        for event in events:
            match event.payload:
                case CheckinCorrected() as corrected:
                    details = {
                        "round": corrected.id,
                        "participant": corrected.participant,
                        "person": corrected.person,
                        "before": corrected.before,
                        "after": corrected.after,
                        "reason_ref": corrected.reason_ref,
                    }
                    await self._write(tx, head, event, "checkin_corrected", details=details, by=corrected.by)
                case RosterChanged(by=str(by)) as changed:
                    for action, persons in (
                        ("roster_extended", changed.added),
                        ("roster_shortened", changed.removed),
                    ):
                        if persons:
                            details = dict[str, Any](
                                person=persons[0] if len(persons) == 1 else None,
                                people=len(persons),
                                expected=changed.expected,
                                reason_ref=changed.reason_ref,
                            )
                            await self._write(tx, head, event, action, details=details, by=by)
                case CheckinWithdrawn() as withdrawn:
                    await self._write(tx, head, event, "checkin_withdrawn", details={"round": withdrawn.id})

    async def _write(
        self,
        tx: AsyncConnection,
        head: Head,
        event: TimelineEvent,
        action: str,
        *,
        details: dict[str, Any],
        by: str | None = None,
    ) -> None:
        actor = by
        if actor is None and event.actor is not None:
            actor = await self._sessions.subject_of(tx, event.actor) or event.actor
        await self._accounts.audit(
            tx,
            org_id=head.org_id,
            actor=actor or "",
            action=action,
            target=head.session_id,
            now=event.utc_ms,
            details=details,
        )
