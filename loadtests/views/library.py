"""The organisation that the viewing benchmark watches with: its people signed in, its replays ready."""

from dataclasses import dataclass

from sqlalchemy import insert

from accounts.credentials import fingerprint
from accounts.tables import web_sessions
from analytics.tables import view_openings
from catalogue.media import Replay
from catalogue.states import ReplayState
from catalogue.store import CatalogueStore
from lectern.app.settings import Settings
from lectern.app.wiring import built
from lectern.kernel.access import ALLOWED, Principal
from lectern.kernel.clock import utc_ms
from lectern.kernel.ids import new_id, new_secret
from lectern.kernel.roles import OrgRole
from loadtests.views.players import MEDIUM_MS

_DAY_MS = 86_400_000


@dataclass(slots=True)
class Library:
    """Cookies of people who are signed in, and what they can watch."""

    cookies: list[str]
    media: list[str]


async def stock(settings: Settings, people: int, media: int) -> Library:
    """Make people with cookies, and replays."""
    now = utc_ms()
    async with built(settings) as services:
        org = await services.accounts.org()
        admin = Principal(org.id, new_id(), ALLOWED[OrgRole.ADMIN], frozenset({OrgRole.ADMIN}))
        numbers = [f"V{number:06}" for number in range(people)]
        for start in range(0, people, 1_000):
            rows = "\n".join(f"{number},Viewer {number},Stores" for number in numbers[start : start + 1_000])
            await services.accounts.import_people(admin, f"external_id,name,department\n{rows}\n".encode())
        persons = []
        async with services.database.read() as tx:
            for start in range(0, people, 1_000):
                found = await services.accounts.store.persons_by_external_id(
                    tx, org.id, numbers[start : start + 1_000]
                )
                persons += list(found.values())
        cookies = [new_secret(32) for _ in persons]
        library = Library(cookies, [new_id() for _ in range(media)])
        async with services.database.write() as tx:
            signed_in = [
                {
                    "token_hash": fingerprint(cookie),
                    "org_id": org.id,
                    "person_id": person.id,
                    "created_utc_ms": now,
                    "expires_utc_ms": now + _DAY_MS,
                }
                for cookie, person in zip(cookies, persons, strict=True)
            ]
            await tx.execute(insert(web_sessions), signed_in)
            openings = [
                {
                    "medium": "replay",
                    "medium_id": library.media[number % media],
                    "version": 1,
                    "subject": person.id,
                    "org_id": org.id,
                    "first_utc_ms": now - _DAY_MS,
                }
                for number, person in enumerate(persons)
            ]
            await tx.execute(insert(view_openings), openings)
            for medium_id in library.media:
                await CatalogueStore().add_replay(tx, ready(org.id, medium_id, now))
    return library


def ready(org_id: str, medium_id: str, now: int) -> Replay:
    """Return a replay that can be watched."""
    return Replay(
        id=medium_id,
        org_id=org_id,
        session_id=new_id(),
        title=f"Lesson {medium_id[-6:]}",
        state=ReplayState.READY,
        version=1,
        duration_ms=MEDIUM_MS,
        recorded=None,
        download_job_id=None,
        created_utc_ms=now,
        ended_utc_ms=now,
        ready_utc_ms=now,
    )
