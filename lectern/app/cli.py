"""The command line: `lectern serve`, `session create`, `token`, `settings`, and tools for developers."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop
from pydantic import ValidationError

from analytics.closing.canonical import sha256
from analytics.closing.command import add_verify
from analytics.closing.signing import certificate_pem, spaced
from lectern.app import logs
from lectern.app.backup import backup, restore
from lectern.app.demo import refuse_beyond_loopback
from lectern.app.doctor import examine
from lectern.app.namespaces import async_api
from lectern.app.serve import as_json, serve
from lectern.app.settings import Settings
from lectern.app.shared_keys import tell_attendance_key
from lectern.app.signing_keys import AttendanceKeys
from lectern.app.storage import fetch_session
from lectern.app.tables import metadata
from lectern.app.wired.analytics import following, forgetting_people
from lectern.app.wiring import built, registry
from lectern.app.worker import carry, work, work_by_token
from lectern.db.engine import Database
from lectern.db.migrate import downgrade, upgrade, write_revision
from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import LecternError, NotFound, Rejected
from lectern.kernel.ids import new_secret
from lectern.kernel.roles import OrgRole
from signaling.entry.routes import NewJoinToken

Run = Callable[[argparse.Namespace, Settings], Coroutine[Any, Any, None]]


def parser() -> argparse.ArgumentParser:
    """Return the grammar of the command line."""
    top = argparse.ArgumentParser(prog="lectern", description="Live training on your own servers.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Run, summary: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=summary, description=summary)
        sub.set_defaults(run=run)
        return sub

    sub = command("serve", _serve, "Run the server with its media process and worker.")
    sub.add_argument("--demo", action="store_true", help="with a demo organisation, on this machine only")
    sub = command("setup", _setup, "Make the organisation and its first administrator; prints the password.")
    sub.add_argument("--org", required=True, metavar="NAME")
    sub.add_argument("--admin", required=True, metavar="LOGIN")
    sub.add_argument("--name", metavar="NAME", help="the administrator's own name")
    sub = command("worker", _worker, "Take media jobs and do them.")
    sub.add_argument(
        "--server", metavar="URL", help="work for this server with LECTERN_WORKER_TOKEN and nothing else"
    )
    _worker_token_commands(
        commands.add_parser("worker-token", help="Tokens of media workers elsewhere.").add_subparsers(
            required=True
        )
    )
    command(
        "carry", _carry, "Only carry recordings into the bucket: for machines with media processes alone."
    )
    command("doctor", _doctor, "Say what is missing or blocked here, and what to do.")
    command("asyncapi", _asyncapi, "Print the AsyncAPI document of the Socket.IO namespaces.")
    sub = command("backup", _backup, "Copy the whole installation into a new folder; the server may run.")
    sub.add_argument("folder", type=Path)
    sub = command("restore", _restore, "Put a backup in place where no installation is yet.")
    sub.add_argument("folder", type=Path)
    command("settings", _settings, "List every setting with default, unit and meaning.")
    session = commands.add_parser("session", help="Work with sessions.").add_subparsers(required=True)
    sub = session.add_parser("create", help="Plan a session that starts by itself; prints JSON.")
    sub.add_argument("--title", required=True)
    sub.set_defaults(run=_session_create)
    sub = session.add_parser("fetch", help="Bring a session's files back from the bucket; prints how many.")
    sub.add_argument("id", metavar="ID")
    sub.set_defaults(run=_session_fetch)
    sub = command("token", _token, "Print a join token.")
    sub.add_argument("--session", required=True, metavar="ID")
    sub.add_argument("--role", required=True, choices=["presenter", "host", "learner", "screen"])
    who = sub.add_mutually_exclusive_group(required=True)
    who.add_argument("--person", metavar="EXTERNAL_ID")
    who.add_argument("--name", help="a guest")
    sub.add_argument("--ttl", type=int, default=12 * 3600, metavar="SECONDS")
    _attendance_commands(
        commands.add_parser("attendance", help="Closed attendance records.").add_subparsers(required=True)
    )
    views = commands.add_parser("views", help="Viewing.").add_subparsers(required=True)
    summary = (
        "Make all sums of viewing again from the viewers' records, in the organisation's present time zone; "
        "the server may run."
    )
    sub = views.add_parser("rebuild", help=summary, description=summary)
    sub.set_defaults(run=_views_rebuild)
    sub = command("migrate", _migrate, "Bring the database's schema forward (or back, for developers).")
    sub.add_argument("--to", default="head", metavar="REVISION")
    sub.add_argument("--down", action="store_true")
    sub = command("revision", _revision, "Write a migration for what changed in the tables (developers).")
    sub.add_argument("message")
    sub.add_argument("--id", required=True)
    return top


def _attendance_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add_verify(commands)
    keys = commands.add_parser("keys", help="The keys that sign records.").add_subparsers(required=True)
    for name, run, summary in (
        ("list", _keys_list, "List the keys with their fingerprints; the last one signs."),
        ("rotate", _keys_rotate, "Sign with a new key from now on; old records stay verifiable."),
        ("export", _keys_export, "Print the certificate of the key that signs, or of another (PEM)."),
    ):
        sub = keys.add_parser(name, help=summary, description=summary)
        sub.set_defaults(run=run)
    sub.add_argument("--key", metavar="ID")
    summary = (
        "Erase somebody's name, number, department and words from attendance and all closed records; "
        "the chains still hold."
    )
    sub = commands.add_parser("forget", help=summary, description=summary)
    whom = sub.add_mutually_exclusive_group(required=True)
    whom.add_argument("external_id", nargs="?", metavar="EXTERNAL_ID", help="a person's number from HR")
    whom.add_argument("--guest", metavar="NAME", help="a guest of --session, by name or id")
    sub.add_argument("--session", metavar="ID", help="to which the guest came")
    sub.add_argument(
        "--written-too",
        action="store_true",
        help="also what the person wrote as staff about others: reasons and answers",
    )
    sub.set_defaults(run=_forget)


def _worker_token_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    summary = "Make a token for a media worker on another machine; prints it, this once."
    sub = commands.add_parser("create", help=summary, description=summary)
    sub.add_argument("name", metavar="NAME", help="of the machine, for people")
    sub.set_defaults(run=_worker_token_create)
    sub = commands.add_parser("list", help="List the tokens.", description="List the tokens.")
    sub.set_defaults(run=_worker_token_list)
    summary = "Take a token back: its workers' jobs go to others."
    sub = commands.add_parser("revoke", help=summary, description=summary)
    sub.add_argument("id", metavar="ID")
    sub.set_defaults(run=_worker_token_revoke)


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command; errors that a person can mend are one line and exit code 1."""
    arguments = parser().parse_args(argv)
    if (offline := getattr(arguments, "offline", None)) is not None:
        sys.exit(offline(arguments))
    try:
        settings = Settings()
    except ValidationError as error:
        problems = "\n".join(f"  {_setting(each['loc'])}{each['msg']}" for each in error.errors())
        sys.exit(f"lectern: these settings are not valid:\n{problems}")
    logs.configure(json=settings.log_json)
    os.umask(0o077)  # database, recordings and videos are nobody's business but this user's
    try:
        uvloop.run(arguments.run(arguments, settings))
    except LecternError as error:
        sys.exit(f"lectern: {error.message}")
    except KeyboardInterrupt:
        sys.exit(130)


def _setting(location: tuple[int | str, ...]) -> str:
    """Return which variable is wrong; none where several do not fit together."""
    return f"LECTERN_{str(location[0]).upper()}: " if location else ""


async def _serve(arguments: argparse.Namespace, settings: Settings) -> None:
    if arguments.demo:
        refuse_beyond_loopback(settings)
    await serve(settings, demo=arguments.demo)


async def _setup(arguments: argparse.Namespace, settings: Settings) -> None:
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


async def _worker(arguments: argparse.Namespace, settings: Settings) -> None:
    if arguments.server:
        settings = settings.model_copy(update={"worker_server": arguments.server})
    await (work_by_token(settings) if settings.worker_server else work(settings))


async def _worker_token_create(arguments: argparse.Namespace, settings: Settings) -> None:
    async with built(settings) as services:
        org = await services.accounts.org()
        _, text = await services.workers.tokens.make(_operator(org.id), arguments.name)
    print(text)


async def _worker_token_list(_arguments: argparse.Namespace, settings: Settings) -> None:
    async with built(settings) as services:
        org = await services.accounts.org()
        for token in await services.workers.tokens.listed(org.id):
            state = f"taken back {_day(token.revoked_utc_ms)}" if token.revoked_utc_ms else "in force"
            print(f"{token.id}  {_day(token.created_utc_ms)}  {state}  {token.name}")


async def _worker_token_revoke(arguments: argparse.Namespace, settings: Settings) -> None:
    async with built(settings) as services:
        org = await services.accounts.org()
        await services.workers.tokens.revoke(_operator(org.id), arguments.id)


def _operator(org_id: str) -> Principal:
    """Whoever has a shell on the server."""
    return Principal(org_id, "command line", frozenset({Permission.ADMIN}))


async def _carry(_arguments: argparse.Namespace, settings: Settings) -> None:
    await carry(settings)


async def _doctor(_arguments: argparse.Namespace, settings: Settings) -> None:
    findings = await examine(settings)
    for finding in findings:
        print(
            f"{'✓' if finding.good else '✗'} {finding.what}"
            + (f"\n  → {finding.remedy}" if finding.remedy else "")
        )
    if not all(finding.good for finding in findings):
        sys.exit(1)


async def _asyncapi(_arguments: argparse.Namespace, _settings: Settings) -> None:
    print(as_json(async_api(registry())))


async def _backup(arguments: argparse.Namespace, settings: Settings) -> None:
    for remark in await asyncio.to_thread(backup, settings, arguments.folder, _show_step):
        print(remark)


async def _restore(arguments: argparse.Namespace, settings: Settings) -> None:
    await asyncio.to_thread(restore, settings, arguments.folder, _show_step)


def _show_step(step: str) -> None:
    print(f"copying {step} …", flush=True)


async def _settings(_arguments: argparse.Namespace, _settings: Settings) -> None:
    for name, field in Settings.model_fields.items():
        print(f"LECTERN_{name.upper()} = {field.default!s}\n    {field.description}")


async def _session_create(arguments: argparse.Namespace, settings: Settings) -> None:
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


async def _session_fetch(arguments: argparse.Namespace, settings: Settings) -> None:
    print(await fetch_session(settings, arguments.id))


async def _token(arguments: argparse.Namespace, settings: Settings) -> None:
    wanted = NewJoinToken(
        role=arguments.role, external_id=arguments.person, name=arguments.name, ttl_s=arguments.ttl
    )
    async with built(settings) as services:
        print(
            await services.entry.issue(
                await services.doors.session(arguments.session), wanted, "lectern token"
            )
        )


async def _keys_list(_arguments: argparse.Namespace, settings: Settings) -> None:
    for key in AttendanceKeys(settings.data / "secrets").listed():
        used = f"{_day(key.made_utc_ms)} to {_day(key.retired_utc_ms) if key.retired_utc_ms else 'now'}"
        print(f"{key.id}  {used}  {spaced(sha256(key.certificate))}")


async def _keys_rotate(_arguments: argparse.Namespace, settings: Settings) -> None:
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


async def _keys_export(arguments: argparse.Namespace, settings: Settings) -> None:
    keys = AttendanceKeys(settings.data / "secrets").listed()
    found = [key for key in keys if arguments.key in (None, key.id)]
    if not found:
        raise NotFound("key_not_found", "There is no such key; `lectern attendance keys list` shows all.")
    print(certificate_pem(found[-1].certificate), end="")


async def _forget(arguments: argparse.Namespace, settings: Settings) -> None:
    if (arguments.guest is None) != (arguments.session is None):
        raise Rejected("session_missing", "A guest is named with the session: --guest NAME --session ID.")
    async with built(settings) as services:
        org = await services.accounts.org()
        operator = _operator(org.id)
        forgetting = forgetting_people(services)
        if arguments.guest is not None:
            erased = await forgetting.guest(operator, arguments.session, arguments.guest)
        else:
            person = await services.doors.person_by_external_id(org.id, arguments.external_id)
            if person is None:
                raise NotFound("person_unknown", "Nobody has this employee number.")
            erased = await forgetting.person(operator, person, written_too=arguments.written_too)
    print(f"{erased} names and texts erased. Files that left the house still have them.")


def _day(utc_ms: int) -> str:
    return datetime.fromtimestamp(utc_ms / 1000, UTC).date().isoformat()


async def _views_rebuild(_arguments: argparse.Namespace, settings: Settings) -> None:
    async with built(settings) as services:
        count = await following(services).sum_all_up_anew()
    print(f"Summed up anew: {count} versions of replays and microcourses.")


async def _migrate(arguments: argparse.Namespace, settings: Settings) -> None:
    database = Database(settings.database)
    try:
        await (downgrade if arguments.down else upgrade)(database, metadata, arguments.to)
    finally:
        await database.close()


async def _revision(arguments: argparse.Namespace, settings: Settings) -> None:
    database = Database(settings.database)
    try:
        await upgrade(database, metadata)
        await write_revision(database, metadata, arguments.message, arguments.id)
    finally:
        await database.close()
