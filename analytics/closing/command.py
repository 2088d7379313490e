"""The grammar of `lectern attendance verify`, which needs neither settings nor a database.

What carries it out (`offline`) is named here and imported once it is asked for.
"""

import argparse
from pathlib import Path

from analytics.closing.signing import plain


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
    sub.set_defaults(offline="analytics.closing.verification:verify")


def _digits(text: str) -> str:
    found = plain(text)
    if found is None:
        msg = "a SHA-256 has 64 hexadecimal digits; colons and blanks between them do not matter"
        raise argparse.ArgumentTypeError(msg)
    return found
