"""What keeps an installation whole: its making, its examination, its copies, its tables."""

import argparse
import asyncio
import sys

from lectern.app.backup import backup as back_up
from lectern.app.backup import restore as put_back
from lectern.app.doctor import examine
from lectern.app.settings import Settings
from lectern.app.tables import metadata
from lectern.app.wired.analytics import following
from lectern.app.wiring import built
from lectern.db.engine import Database
from lectern.db.migrate import downgrade, upgrade, write_revision
from lectern.kernel.ids import new_secret
from lectern.kernel.roles import OrgRole


async def setup(arguments: argparse.Namespace, settings: Settings) -> None:
    """Make the organisation and its first administrator; print the password."""
    password = new_secret(12)
    async with built(settings) as services:
        org = await services.accounts.set_up(arguments.org, settings.zone)
        await services.accounts.add_person(
            org.id,
            external_id=arguments.admin,
            name=arguments.name or arguments.admin,
            department_id=None,
            roles=(OrgRole.ADMIN, OrgRole.PRESENTER),
            login=arguments.admin,
            password=password,
        )
    print(f"{settings.url}\n{arguments.admin}  {password}")


async def doctor(_arguments: argparse.Namespace, settings: Settings) -> None:
    """Say what is missing or blocked here; exit code 1 if anything is."""
    findings = await examine(settings)
    for finding in findings:
        print(
            f"{'✓' if finding.good else '✗'} {finding.what}"
            + (f"\n  → {finding.remedy}" if finding.remedy else "")
        )
    if not all(finding.good for finding in findings):
        sys.exit(1)


async def backup(arguments: argparse.Namespace, settings: Settings) -> None:
    """Copy the whole installation."""
    for remark in await asyncio.to_thread(back_up, settings, arguments.folder, _show_step):
        print(remark)


async def restore(arguments: argparse.Namespace, settings: Settings) -> None:
    """Put a backup in place."""
    await asyncio.to_thread(put_back, settings, arguments.folder, _show_step)


async def rebuild_views(_arguments: argparse.Namespace, settings: Settings) -> None:
    """Sum viewing up anew."""
    async with built(settings) as services:
        count = await following(services).sum_all_up_anew()
    print(f"Summed up anew: {count} versions of replays and microcourses.")


async def migrate(arguments: argparse.Namespace, settings: Settings) -> None:
    """Bring the schema forward, or back."""
    database = Database(settings.database)
    try:
        await (downgrade if arguments.down else upgrade)(database, metadata, arguments.to)
    finally:
        await database.close()


async def revision(arguments: argparse.Namespace, settings: Settings) -> None:
    """Write a migration."""
    database = Database(settings.database)
    try:
        await upgrade(database, metadata)
        await write_revision(database, metadata, arguments.message, arguments.id)
    finally:
        await database.close()


def _show_step(step: str) -> None:
    print(f"copying {step} …", flush=True)
