"""What a benchmark found: one table for people, one JSON document for machines."""

import argparse
import json
import math
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value. `goal` is the most (or with `at_least` the least) hoped for; None: only printed."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the goal was met; None without a goal."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    @property
    def row(self) -> dict[str, object]:
        """For machines."""
        return {
            "name": self.name,
            "value": self.value if math.isfinite(self.value) else None,
            "unit": self.unit,
            "goal": self.goal,
            "holds": self.holds,
        }


def machine() -> dict[str, object]:
    """Return what one needs to know of a machine to compare its figures with another's."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": model,
        "cores": os.cpu_count() or 0,
        "memory_gib": round(memory / 2**30, 1),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0..1) of the values do not exceed.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def report(bench: str, about: dict[str, object], figures: Sequence[Figure], path: Path | None) -> str:
    """Write the JSON document where one is wanted, and return the table."""
    if path is not None:
        document = {"bench": bench, "machine": about, "figures": [figure.row for figure in figures]}
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    wide = max(len(figure.name) for figure in figures)
    lines = [f"{'figure':<{wide}}  {'value':>10} {'unit':<5} {'goal':>8}  holds"]
    for figure in figures:
        goal = "" if figure.goal is None else f"{'≥ ' if figure.at_least else '≤ '}{figure.goal:g}"
        decimals = 1 if abs(figure.value) >= 10 else 2
        holds = "" if figure.holds is None else ("yes" if figure.holds else "NO")
        lines.append(
            f"{figure.name:<{wide}}  {figure.value:>10.{decimals}f} {figure.unit:<5} {goal:>8}  {holds}"
        )
    return "\n".join(lines)


def arguments(about: str) -> argparse.Namespace:
    """Read the command line that all benchmarks share."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    return parser.parse_args()
