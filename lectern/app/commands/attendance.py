"""Closed attendance: the keys that sign it, and whom it forgets."""

import argparse

from analytics.closing.canonical import sha256
from analytics.closing.signing import certificate_pem, spaced
from lectern.app.commands.operator import day, operator
from lectern.app.settings import Settings
from lectern.app.shared_keys import tell_attendance_key
from lectern.app.signing_keys import AttendanceKeys
from lectern.app.wired.analytics import forgetting_people
from lectern.app.wiring import built
from lectern.kernel.errors import NotFound, Rejected


async def list_keys(_arguments: argparse.Namespace, settings: Settings) -> None:
    """List the keys with their fingerprints."""
    for key in AttendanceKeys(settings.data / "secrets").listed():
        used = f"{day(key.made_utc_ms)} to {day(key.retired_utc_ms) if key.retired_utc_ms else 'now'}"
        print(f"{key.id}  {used}  {spaced(sha256(key.certificate))}")


async def rotate_keys(_arguments: argparse.Namespace, settings: Settings) -> None:
    """Sign with a new key from now on."""
    async with built(settings) as services:
        org = await services.accounts.org()
        keys = AttendanceKeys(settings.data / "secrets")
        key = keys.rotate(org.name)
        await tell_attendance_key(services.database, key.fingerprint)
    print(
        f"New records are signed by a new key. Tell its fingerprint to whoever checks records:\n"
        f"{spaced(key.fingerprint)}"
    )
    if settings.redis_url:
        print(f"Copy {keys.path} to the machines of the other servers; `lectern doctor` there misses it.")


async def export_key(arguments: argparse.Namespace, settings: Settings) -> None:
    """Print a certificate."""
    keys = AttendanceKeys(settings.data / "secrets").listed()
    found = [key for key in keys if arguments.key in (None, key.id)]
    if not found:
        raise NotFound("key_not_found", "There is no such key; `lectern attendance keys list` shows all.")
    print(certificate_pem(found[-1].certificate), end="")


async def forget(arguments: argparse.Namespace, settings: Settings) -> None:
    """Erase somebody from attendance."""
    if (arguments.guest is None) != (arguments.session is None):
        raise Rejected("session_missing", "A guest is named with the session: --guest NAME --session ID.")
    async with built(settings) as services:
        org = await services.accounts.org()
        asked_by = operator(org.id)
        forgetting = forgetting_people(services)
        if arguments.guest is not None:
            erased = await forgetting.guest(asked_by, arguments.session, arguments.guest)
        else:
            person = await services.doors.person_by_external_id(org.id, arguments.external_id)
            if person is None:
                raise NotFound("person_unknown", "Nobody has this employee number.")
            erased = await forgetting.person(asked_by, person, written_too=arguments.written_too)
    print(f"{erased} names and texts erased. Files that left the house still have them.")
