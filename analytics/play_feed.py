"""Every stretch that anybody played, of all media: raw events for other systems (ANA-12)."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from pydantic import BaseModel, Field

from analytics.neighbours import Audit, MediumKind, PersonCard
from analytics.play_record import PlayRecord
from analytics.view_reports import ViewReports
from analytics.view_routes import CursorQuery, PlaysModel, plays_model
from analytics.view_store import Place, Watchable
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission
from lectern.kernel.errors import Forbidden, ProtocolViolation

PAGE = 200
_MOST_MS = 2**53


class FeedQuery(CursorQuery):
    """Which stretches: those that began from `from_utc_ms` on and before `to_utc_ms`."""

    from_utc_ms: int = Field(0, ge=0, le=_MOST_MS)
    to_utc_ms: int = Field(_MOST_MS, ge=0, le=_MOST_MS)


class FedModel(PlaysModel):
    """What one viewer played of one version of a medium."""

    medium: MediumKind
    id: str
    version: int
    session_id: str


class FeedPage(BaseModel):
    """A page of the feed; it may hold fewer items than others, or none, while `next` asks for more."""

    items: list[FedModel]
    next: str | None


@dataclass(frozen=True, slots=True)
class PlayFeed:
    """Reads records in the order of their keys: what is written meanwhile is on its page, or on none yet."""

    reports: ViewReports
    audit: Audit

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        return [
            Route("GET", "/api/v1/plays", self.read, "Everything that was played", FeedPage, query=FeedQuery)
        ]

    async def read(self, request: Request) -> FeedPage:
        """Return a page of records.

        Raises:
            Forbidden: `who` may not see everybody's viewing. ProtocolViolation: a cursor of somebody else's.
        """
        who, query = request.who, request.query
        who.require(Permission.VIEWS_READ)
        if not who.sees_everybody:
            raise Forbidden("not_allowed", "These figures are about everybody. Ask an administrator.")
        after = _place(query.cursor)
        if after is None:
            span = {"from_utc_ms": query.from_utc_ms, "to_utc_ms": query.to_utc_ms}
            await self.audit.audit(who, "plays_read", who.org_id, span)
        async with self.reports.database.read() as tx:
            rows = await self.reports.store.feed(tx, who.org_id, after=after, limit=PAGE)
        cards = await self.reports.people.cards(who.org_id, {subject for _, subject, _ in rows})
        items = [
            _fed(medium, subject, within, cards)
            for medium, subject, record in rows
            for within in [_within(record, query.from_utc_ms, query.to_utc_ms)]
            if within.sittings
        ]
        last = Place(rows[-1][0].key, rows[-1][1]) if len(rows) == PAGE else None
        return FeedPage(items=items, next=None if last is None else _cursor(last))


def _within(record: PlayRecord, from_utc_ms: int, to_utc_ms: int) -> PlayRecord:
    began = (
        stretch
        for stretch in record.stretches
        if from_utc_ms <= record.base_utc_ms + stretch.after_ms < to_utc_ms
    )
    return record.within(began)


def _fed(medium: Watchable, subject: str, record: PlayRecord, cards: Mapping[str, PersonCard]) -> FedModel:
    plays = plays_model(subject, cards.get(subject), None, record)
    named = medium.named
    return FedModel(
        subject=plays.subject,
        person=plays.person,
        stretches=plays.stretches,
        medium=named.listed,
        id=named.medium_id,
        version=named.version,
        session_id=medium.session_id,
    )


def _place(cursor: str) -> Place | None:
    if not cursor:
        return None
    try:
        key, subject = msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=tuple[int, str])
    except (binascii.Error, ValueError):
        raise ProtocolViolation("query_invalid", "This cursor is not one of ours.") from None
    return Place(key, subject)


def _cursor(place: Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(list(place))).decode()
