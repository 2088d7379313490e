"""The processes of a running server, as /proc shows them: which is which, and what they use."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_NAMES = {
    "streaming.process": "media",
    "recording.packager": "packager",
    "worker": "worker",
    "serve": "server",
}


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used: CPU seconds since it began, and resident memory now."""

    cpu_s: float
    memory_bytes: int


def family(pid: int) -> dict[int, str]:
    """Return name by pid of a process and all its descendants; helpers are named after their program."""
    parents = {child: parent for child in _pids() if (parent := _parent(child)) is not None}
    found = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return {member: name for member in found if (name := _name(member))}
        found |= more


def pid_of(server_pid: int, name: str) -> int | None:
    """Return the process of that name in a server's family, if it runs."""
    return next((pid for pid, found in family(server_pid).items() if found == name), None)


def usage(pid: int) -> Usage | None:
    """Return what a process has used; None if it is gone."""
    try:
        fields = _stat(pid)
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None
    return Usage((int(fields[11]) + int(fields[12])) / _TICKS_PER_S, resident * _PAGE_BYTES)


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on: the name before it may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def _parent(pid: int) -> int | None:
    try:
        return int(_stat(pid)[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _name(pid: int) -> str | None:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    for word in words:
        if word in _NAMES:
            return _NAMES[word]
    return Path(words[0]).name if words[0] else None
