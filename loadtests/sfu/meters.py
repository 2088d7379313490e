"""What the server and its core spend, from /proc."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class CpuTime:
    """Seconds in user and kernel mode."""

    user_s: float
    kernel_s: float

    @property
    def total_s(self) -> float:
        """Both."""
        return self.user_s + self.kernel_s

    def __sub__(self, other: "CpuTime") -> "CpuTime":
        """Spent since `other`."""
        return CpuTime(self.user_s - other.user_s, self.kernel_s - other.kernel_s)


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = _stat(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found.extend(children.get(one, []))
    return found


def cpu_time(pids: Iterable[int]) -> CpuTime:
    """Of all threads of some processes, those that have ended among them."""
    user = kernel = 0
    for one in pids:
        fields = _stat(one)
        user += int(fields[11])
        kernel += int(fields[12])
    return CpuTime(user / _TICKS_PER_S, kernel / _TICKS_PER_S)


def memory_bytes(pids: Iterable[int]) -> int:
    """Resident memory of some processes."""
    return sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) * _PAGE for one in pids)


def core_busy_s(core: int) -> float:
    """How long a core has not been idle, whoever used it; time that the host took from us included."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *values = line.split()
        if name == f"cpu{core}":
            user, nice, system, _, _, irq, softirq, steal, *_ = map(int, values)
            return (user + nice + system + irq + softirq + steal) / _TICKS_PER_S
    msg = f"there is no core {core}"
    raise OSError(msg)


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third (state) on, so that field n of proc(5) is number n - 3."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
