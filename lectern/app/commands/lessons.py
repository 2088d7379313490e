"""Sessions: planned, and brought back from the bucket."""

import argparse

from lectern.app.serve import as_json
from lectern.app.settings import Settings
from lectern.app.storage import fetch_session
from lectern.app.wiring import built


async def create(arguments: argparse.Namespace, settings: Settings) -> None:
    """Plan a session that starts by itself; print JSON."""
    async with built(settings) as services:
        org = await services.accounts.org()
        session = await services.sessions.create(
            org_id=org.id,
            title=arguments.title,
            starts_utc_ms=None,
            zone=org.zone,
            presenter_person_id=None,
            host_person_id=None,
            guests_allowed=True,
            auto_start=True,
        )
    answer = {
        "id": session.id,
        "join_url": f"{settings.url}/room/{session.id}",
        "whip_url": f"{settings.url}/whip/{session.id}",
        "whep_url": f"{settings.url}/whep/{session.id}",
    }
    print(as_json(answer))


async def fetch(arguments: argparse.Namespace, settings: Settings) -> None:
    """Bring a session's files back; print how many."""
    print(await fetch_session(settings, arguments.id))
