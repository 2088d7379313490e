"""The command line of closed records: `lectern attendance verify`, without settings or a database."""

import argparse
import sys
from pathlib import Path

from analytics.closing.signing import plain
from analytics.closing.verification import verified


def add_verify(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `verify` to `lectern attendance`."""
    summary = "Say what holds of a closed attendance record (JSONL or PDF), offline."
    sub = commands.add_parser(
        "verify",
        help=summary,
        description=f"{summary} Exit code 0: all of it, 1: not all, 2: it is no such file.",
    )
    sub.add_argument("file", type=Path)
    sub.add_argument(
        "--fingerprint",
        type=_digits,
        action="append",
        default=[],
        metavar="SHA256",
        help="of a certificate that you trust, told to you by another way; may be repeated",
    )
    sub.add_argument(
        "--head",
        type=_digits,
        metavar="SHA256",
        help="the head that was sent to you when the record was closed",
    )
    sub.add_argument(
        "--former",
        type=Path,
        metavar="FILE",
        help="the version before: what was changed since is computed, and compared with what the record says",
    )
    sub.set_defaults(offline=_verify)


def _digits(text: str) -> str:
    found = plain(text)
    if found is None:
        msg = "a SHA-256 has 64 hexadecimal digits; colons and blanks between them do not matter"
        raise argparse.ArgumentTypeError(msg)
    return found


def _verify(arguments: argparse.Namespace) -> int:
    outcome = verified(arguments.file, arguments.fingerprint, arguments.head, arguments.former)
    sys.stdout.write("\n".join(outcome.lines) + "\n")
    return outcome.exit_code
