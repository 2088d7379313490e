"""Seconds until the files of a closed attendance are there: `script/bench papers [--json FILE]`.

The record has 2,000 people with check-ins, reasons and names in both scripts, and is made in the child
process that the server uses. Progress is told meanwhile; the longest silence is a figure, too.
"""

import asyncio
import time
from itertools import pairwise
from typing import Any

from analytics.closing.chain import Entry, seal
from analytics.closing.freezing import row_of
from analytics.closing.press import Form, Press
from loadtests.figures import Figure, arguments, machine, report
from tests.analytics.closing.lessons import HEADER, line
from tests.analytics.closing.records import key, salts

PEOPLE = 2_000
GOALS: dict[Form, float] = {"csv": 5, "xlsx": 10, "pdf": 30}


def record() -> bytes:
    """Return a closed record of everybody."""
    statuses = (("on_time", "late"), ("absent", "on_time"), ("make_up", "absent"))
    lines = [
        line(f"员工{n} Person {n}", f"p{n}", n % 61, statuses[n % 3], decided=n % 50 == 0)
        for n in range(PEOPLE)
    ]
    entries = [row_of(one) for one in lines]
    header = Entry(HEADER | {"expected": PEOPLE, "edition": 1, "previous": None}, {"closed_by": "沈慧"})
    return seal(header, entries, salts(1 + sum(len(e.private) for e in entries)), key()).encoded()


async def figures() -> list[Figure]:
    """Make every kind of file once."""
    whole, press, found = record(), Press(), list[Figure]()
    for form, goal in GOALS.items():
        told = [time.monotonic()]

        def tell(_done: int, _of: int, told: Any = told) -> None:
            told.append(time.monotonic())

        made = await press.make(form, "zh-CN", whole, key() if form == "pdf" else None, 0, tell=tell)
        told.append(time.monotonic())
        found += [
            Figure(f"{form} of {PEOPLE} people", told[-1] - told[0], "s", goal),
            Figure(f"{form} of {PEOPLE} people: size", len(made) / 1024, "KiB"),
        ]
        if form == "pdf":
            silence = max(after - before for before, after in pairwise(told))
            found.append(Figure("pdf: longest time without news of how far it is", silence, "s"))
    return found


def main() -> None:
    """Run it."""
    given = arguments("Seconds until the files of a closed attendance of 2,000 people are there.")
    print(report("papers", machine(), asyncio.run(figures()), given.json))


if __name__ == "__main__":
    main()
