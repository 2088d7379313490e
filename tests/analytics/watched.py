"""Somebody has watched the beginning of a replay: written as the server would have."""

from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.play_record import NEVER, Device, tag_of
from analytics.view_store import MediumVersion, Place, ViewStore
from analytics.view_sums import Terms
from analytics.viewing import Played
from tests.lesson import START

_VIEWS = ViewStore()


async def has_watched(tx: AsyncConnection, session_id: str, subject: str, to_ms: int) -> None:
    """Let `subject` have watched the replay of a session up to `to_ms`, and nothing else of it."""
    named = MediumVersion("replay", session_id, 1)
    medium = await _VIEWS.register(tx, "org", session_id, named, Terms(to_ms, "UTC"))
    place = Place(medium.key, subject)
    await _VIEWS.lock_records(tx, [place])
    played = Played("i", 0, to_ms, START, to_ms, 1.0, visible=True, audible=True)
    await _VIEWS.write_records(tx, {place: NEVER.adding(tag_of("player"), Device.PC, [played])})
