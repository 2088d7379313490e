"""How long a replay, a finished one and a microcourse take: `script/bench replay [--only PART] …`.

The lesson is made first (`lesson_source`): an hour with camera and screen, its timestamps those of an hour.
`--kill N` kills a worker at a random moment N times, over a short lesson, and counts what was published.
`sync` records over a bad network, in virtual time, and compares sound with picture. `end` (a lesson of ten
minutes and one of three hours) and `behind` run a real server. `wake` has workers wait
for jobs, with a token and with the database. `groups` packages groups that were recorded.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec

from loadtests.figures import Figure, machine, report
from loadtests.replay.groups import group_figures
from loadtests.replay.killing import kill_often
from loadtests.replay.lesson_source import Shape, make_lesson
from loadtests.replay.live_figures import behind_figures, end_figures
from loadtests.replay.sync import sync_figures
from loadtests.replay.wake import wake_figures
from mediaworker import pipeline, steps
from mediaworker.media_job import Compose, MediaJob, MediaResult, Microcourse
from mediaworker.steps import Stage, Step
from mediaworker.transcoder import Progress

CUT_MS = (1_001_234, 1_301_234)
"""Five minutes that begin and end between two keyframes."""
PARTS = ("compose", "cut", "kill", "sync", "end", "behind", "wake", "groups")
ENDED_MIN = (10, 180)


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How long a finished replay and a microcourse take to make.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--only", choices=PARTS, action="append", help="may be repeated")
    parser.add_argument("--minutes", type=int, default=60, help="length of the lesson")
    parser.add_argument("--kill", type=int, default=50, metavar="N", help="how often a worker is killed")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="make the lesson here, or use the one here")
    return parser.parse_args()


@contextmanager
def _timed(spent: dict[str, float]) -> Iterator[None]:
    """Note how long each step of a job takes."""

    def noted(step: Step) -> Step:
        def do(stage: Stage, progress: Progress) -> None:
            begun = time.monotonic()
            step.do(stage, progress)
            spent[step.name] = time.monotonic() - begun

        return replace(step, do=do)

    before = steps.STEPS
    steps.STEPS = tuple(noted(step) for step in before)
    try:
        yield
    finally:
        steps.STEPS = before


def _made(job: MediaJob, session: Path, spent: dict[str, float]) -> tuple[float, MediaResult]:
    begun = time.monotonic()
    with _timed(spent):
        result = pipeline.run(job, files=session, progress=lambda _: None, cancelled=lambda: False)
    return time.monotonic() - begun, result


def _composed(session: Path, duration_s: int) -> list[Figure]:
    spent: dict[str, float] = {}
    took_s, result = _made(Compose(output="download/1"), session, spent)
    size_mib = result.bytes / 2**20
    return [
        Figure("finished replay ÷ its duration", took_s / duration_s, "×", 0.5),
        Figure("finished replay", took_s, "s"),
        *(Figure(f"finished replay: {name}", value, "s") for name, value in spent.items()),
        Figure("finished replay: size of the MP4", size_mib, "MiB"),
    ]


def _cut(session: Path, duration_s: int) -> list[Figure]:
    start_ms, end_ms = CUT_MS
    if duration_s * 1000 < end_ms:
        start_ms, end_ms = 1_234, min(301_234, duration_s * 1000 - 777)
    spent: dict[str, float] = {}
    job = Microcourse(
        output="microcourses/m/1", start_ms=start_ms, end_ms=end_ms, title="接待第一次来访的客户",
        subtitle="销售部", source="download/1", outro="谢谢观看",
    )  # fmt: skip
    took_s, _ = _made(job, session, spent)
    otherwise = msgspec.structs.replace(job, output="microcourses/m/2", arrangement="side_by_side")
    otherwise_s, _ = _made(otherwise, session, {})
    shown_ms = end_ms - start_ms
    length = f"{shown_ms / 60_000:g}-minute microcourse"
    return [
        Figure(f"cutting a {length}", took_s, "s", 15),
        *(Figure(f"cutting a {length}: {name}", value, "s") for name, value in spent.items()),
        Figure(f"a {length} in another arrangement ÷ its duration", otherwise_s * 1000 / shown_ms, "×"),
    ]


def _killed(count: int, seed: int, root: Path) -> list[Figure]:
    def say(words: str) -> None:
        print(words, file=sys.stderr)

    outcome = kill_often(count, random.Random(seed), root=root, say=say)
    print(*outcome.faults, sep="\n", file=sys.stderr)
    return [
        Figure("workers killed", outcome.killed, ""),
        Figure("workers killed: not exactly one output", outcome.wrong, "", 0),
        Figure("workers killed: orphan files", outcome.orphans, "", 0),
        Figure("workers killed: until an idle one went on", outcome.longest_s, "s", 30),
    ]


def main() -> None:
    """Run it."""
    given = _given()
    wanted = given.only or PARTS
    about, figures = machine(), list[Figure]()
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as temporary:
        session = (given.keep or Path(temporary)) / "session"
        duration_s = given.minutes * 60
        if {"compose", "cut"} & set(wanted):
            begun = time.monotonic()
            if not (session / "hls" / "replay.json").exists():
                make_lesson(session, Shape(duration_s, (duration_s // 12, duration_s * 11 // 12)))
            duration_s = json.loads((session / "hls" / "replay.json").read_bytes())["duration_ms"] // 1000
            print(f"lesson of {duration_s} s made in {time.monotonic() - begun:.0f} s", file=sys.stderr)
            composed = _composed(session, duration_s)
            figures += composed if "compose" in wanted else []
        if "cut" in wanted:
            figures += _cut(session, duration_s)
        if "kill" in wanted:
            figures += _killed(given.kill, given.seed, Path(temporary))
    if "sync" in wanted:
        figures += sync_figures()
    if "end" in wanted:
        figures += end_figures(ENDED_MIN)
    if "behind" in wanted:
        figures += behind_figures()
    if "wake" in wanted:
        figures += wake_figures()
    if "groups" in wanted:
        figures += group_figures()
    print(report("replay", about, figures, given.json))


if __name__ == "__main__":
    main()
