"""The command line: `lectern serve`, `session create`, `token`, `settings`, and tools for developers.

Here is its grammar alone. What carries a command out is imported once it is given (`lectern.app.commands`):
a worker needs nothing of the server, and is there in half the time.
"""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import uvloop
from pydantic import ValidationError

from analytics.closing.command import add_verify
from lectern.app import logs
from lectern.app.settings import Settings
from lectern.kernel.errors import LecternError

Run = Callable[[argparse.Namespace, Settings], Coroutine[Any, Any, None]]


def parser() -> argparse.ArgumentParser:
    """Return the grammar of the command line."""
    top = argparse.ArgumentParser(prog="lectern", description="Live training on your own servers.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: str, summary: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=summary, description=summary)
        sub.set_defaults(run=run)
        return sub

    sub = command("serve", "serving:serve", "Run the server with its media process and worker.")
    sub.add_argument("--demo", action="store_true", help="with a demo organisation, on this machine only")
    sub = command(
        "setup", "upkeep:setup", "Make the organisation and its first administrator; prints the password."
    )
    sub.add_argument("--org", required=True, metavar="NAME")
    sub.add_argument("--admin", required=True, metavar="LOGIN")
    sub.add_argument("--name", metavar="NAME", help="the administrator's own name")
    sub = command("worker", "working:worker", "Take media jobs and do them.")
    sub.add_argument(
        "--server", metavar="URL", help="work for this server with LECTERN_WORKER_TOKEN and nothing else"
    )
    _worker_token_commands(
        commands.add_parser("worker-token", help="Tokens of media workers elsewhere.").add_subparsers(
            required=True
        )
    )
    command(
        "carry",
        "working:carry",
        "Only carry recordings into the bucket: for machines with media processes alone.",
    )
    command("doctor", "upkeep:doctor", "Say what is missing or blocked here, and what to do.")
    command("asyncapi", "describing:protocol", "Print the AsyncAPI document of the Socket.IO namespaces.")
    sub = command(
        "backup", "upkeep:backup", "Copy the whole installation into a new folder; the server may run."
    )
    sub.add_argument("folder", type=Path)
    sub = command("restore", "upkeep:restore", "Put a backup in place where no installation is yet.")
    sub.add_argument("folder", type=Path)
    command("settings", "describing:settings", "List every setting with default, unit and meaning.")
    session = commands.add_parser("session", help="Work with sessions.").add_subparsers(required=True)
    sub = session.add_parser("create", help="Plan a session that starts by itself; prints JSON.")
    sub.add_argument("--title", required=True)
    sub.set_defaults(run="lessons:create")
    sub = session.add_parser("fetch", help="Bring a session's files back from the bucket; prints how many.")
    sub.add_argument("id", metavar="ID")
    sub.set_defaults(run="lessons:fetch")
    sub = command("token", "tokens:join", "Print a join token.")
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
    sub.set_defaults(run="upkeep:rebuild_views")
    sub = command(
        "migrate", "upkeep:migrate", "Bring the database's schema forward (or back, for developers)."
    )
    sub.add_argument("--to", default="head", metavar="REVISION")
    sub.add_argument("--down", action="store_true")
    sub = command(
        "revision", "upkeep:revision", "Write a migration for what changed in the tables (developers)."
    )
    sub.add_argument("message")
    sub.add_argument("--id", required=True)
    return top


def _attendance_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add_verify(commands)
    keys = commands.add_parser("keys", help="The keys that sign records.").add_subparsers(required=True)
    for name, run, summary in (
        ("list", "attendance:list_keys", "List the keys with their fingerprints; the last one signs."),
        ("rotate", "attendance:rotate_keys", "Sign with a new key from now on; old records stay verifiable."),
        (
            "export",
            "attendance:export_key",
            "Print the certificate of the key that signs, or of another (PEM).",
        ),
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
    sub.set_defaults(run="attendance:forget")


def _worker_token_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    summary = "Make a token for a media worker on another machine; prints it, this once."
    sub = commands.add_parser("create", help=summary, description=summary)
    sub.add_argument("name", metavar="NAME", help="of the machine, for people")
    sub.set_defaults(run="tokens:create_for_worker")
    sub = commands.add_parser("list", help="List the tokens.", description="List the tokens.")
    sub.set_defaults(run="tokens:list_of_workers")
    summary = "Take a token back: its workers' jobs go to others."
    sub = commands.add_parser("revoke", help=summary, description=summary)
    sub.add_argument("id", metavar="ID")
    sub.set_defaults(run="tokens:revoke_of_worker")


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command; errors that a person can mend are one line and exit code 1."""
    arguments = parser().parse_args(argv)
    if (offline := getattr(arguments, "offline", None)) is not None:
        verify: Callable[[argparse.Namespace], int] = _imported(offline)
        sys.exit(verify(arguments))
    try:
        settings = Settings()
    except ValidationError as error:
        problems = "\n".join(f"  {_setting(each['loc'])}{each['msg']}" for each in error.errors())
        sys.exit(f"lectern: these settings are not valid:\n{problems}")
    logs.configure(json=settings.log_json)
    os.umask(0o077)  # database, recordings and videos are nobody's business but this user's
    run: Run = _imported(f"lectern.app.commands.{arguments.run}")
    try:
        uvloop.run(run(arguments, settings))
    except LecternError as error:
        sys.exit(f"lectern: {error.message}")
    except KeyboardInterrupt:
        sys.exit(130)


def _imported(name: str) -> Any:
    """Return what carries a command out, `module:function`. Modules are no garbage: the collector waits."""
    gc.disable()
    try:
        return resolve_name(name)
    finally:
        gc.enable()


def _setting(location: tuple[int | str, ...]) -> str:
    """Return which variable is wrong; none where several do not fit together."""
    return f"LECTERN_{str(location[0]).upper()}: " if location else ""
