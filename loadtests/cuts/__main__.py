"""How well proposed cuts hit the true boundaries of scripted lessons: `script/bench cuts [--lessons 20] …`.

Sound and pictures are really encoded, heard and seen by the worker's code, and cut by the server's. The first
ten seeds are those that the weights were chosen with; the others were held out.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import msgspec

from catalogue.proposal.lessons import propose
from lectern.manifest.signals import Signals
from loadtests.cuts.judging import (
    Judged,
    cuts_of,
    every_seven_minutes,
    happened_in,
    judged,
    largest_changes,
    longest_pauses,
)
from loadtests.cuts.making import make
from loadtests.cuts.script import Script, scripted
from loadtests.figures import Figure, machine, report
from mediaworker.signals.work import run

CHOSEN_WITH = 10
"""Seeds up to this one were looked at."""
OTHERS: dict[str, Callable[[Signals], list[int]]] = {
    "a pause every seven minutes": every_seven_minutes,
    "the longest pauses": longest_pauses,
    "the largest changes of the picture": largest_changes,
}
FIXED_DB = -38


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How well proposed cuts hit true boundaries.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--lessons", type=int, default=20, help="how many; lesson n has seed n")
    parser.add_argument("--from", type=int, default=1, dest="first", metavar="SEED", help="the first seed")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="make the lessons here, or use those here")
    parser.add_argument(
        "--fixed", action="store_true", help="compare with ffmpeg's silencedetect at a fixed threshold too"
    )
    return parser.parse_args()


def _fixed(session: Path, signals: Signals) -> Signals:
    """The same lesson with utterances by `silencedetect` at one threshold."""
    playlist = session / "hls" / "audio" / "index.m3u8"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostats", "-allowed_extensions", "ALL"]
    command += ["-i", str(playlist), "-af", f"silencedetect=noise={FIXED_DB}dB:d=0.3", "-f", "null", "-"]
    words = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    begins = [0, *(round(float(end) * 1000) for end in re.findall(r"silence_end: ([0-9.]+)", words))]
    ends = [round(float(begin) * 1000) for begin in re.findall(r"silence_start: (-?[0-9.]+)", words)]
    spans = zip(begins, [*ends, signals.duration_ms], strict=False)
    return msgspec.structs.replace(
        signals, utterances=tuple((begin, end) for begin, end in spans if end - begin > 0)
    )


def _shares(name: str, result: Judged, goal: float | None) -> list[Figure]:
    return [
        Figure(
            f"{name}: boundaries with a cut within 3 s",
            100 * result.hit / max(1, result.boundaries),
            "%",
            goal,
            at_least=True,
        ),
        Figure(f"{name}: cuts that are boundaries", 100 * result.good / max(1, result.cuts), "%"),
        Figure(f"{name}: cuts inside an utterance", result.in_utterance, "", None if goal is None else 0),
    ]


def main() -> None:
    """Run it."""
    given = _given()
    about = machine()
    halves = {True: Judged(), False: Judged()}
    others = dict.fromkeys([*OTHERS, *([f"silencedetect at {FIXED_DB} dB"] if given.fixed else [])], Judged())
    heard_s = lesson_s = slowest_s = 0.0
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as temporary:
        for seed in range(given.first, given.first + given.lessons):
            script = scripted(seed)
            session = (given.keep or Path(temporary)) / f"lesson-{seed}"
            signals, took_s = _signals(session, script)
            heard_s, lesson_s = heard_s + took_s, lesson_s + (script.duration_ms / 1000 if took_s else 0)
            begun = time.monotonic()
            proposal = propose(signals, happened_in(script))
            slowest_s = max(slowest_s, time.monotonic() - begun)
            result = judged(script, cuts_of(proposal, script.duration_ms))
            halves[seed <= CHOSEN_WITH] += result
            for name, way in OTHERS.items():
                others[name] += judged(script, way(signals))
            if given.fixed:
                by_fixed = propose(_fixed(session, signals), happened_in(script))
                name = f"silencedetect at {FIXED_DB} dB"
                others[name] += judged(script, cuts_of(by_fixed, script.duration_ms))
            said = f"lesson {seed}: {script.duration_ms // 60_000} min, {result.hit} of {result.boundaries}"
            print(f"{said}, {result.cuts} cuts", file=sys.stderr)
    figures = _figures(halves, others, slowest_s)
    if lesson_s:
        figures.append(Figure("signals ÷ duration of the replay", heard_s / lesson_s, "×"))
    print(report("cuts", about, figures, given.json))


def _signals(session: Path, script: Script) -> tuple[Signals, float]:
    """What the worker hears and sees in the lesson, and how long that took it; 0 if it was there."""
    if not (session / "hls" / "replay.json").exists():
        make(session, script)
    is_there = (session / "derived/signals/1/result.json").exists()
    begun = time.monotonic()
    found = run("derived/signals/1", files=session, progress=lambda _: None, cancelled=lambda: False)
    return found, 0.0 if is_there else time.monotonic() - begun


def _figures(halves: dict[bool, Judged], others: dict[str, Judged], slowest_s: float) -> list[Figure]:
    both = halves[True] + halves[False]
    figures = _shares("proposal", both, 90)
    figures.append(Figure("proposal: cuts in an open poll or a group phase", both.in_closed, "", 0))
    for name, half in (("chosen with", halves[True]), ("held out", halves[False])):
        if half.boundaries:
            figures += _shares(f"proposal, seeds {name}", half, 90)
    for name, result in others.items():
        figures += _shares(name, result, None)
    figures.append(Figure("boundaries", both.boundaries, ""))
    figures.append(Figure("slowest proposal of a lesson", slowest_s * 1000, "ms"))
    figures.append(
        Figure("proposal of twelve hours, a pause every four seconds", _twelve_hours_s() * 1000, "ms", 1000)
    )
    return figures


def _twelve_hours_s() -> float:
    """CPU seconds for a replay of twelve hours in which somebody pauses every four seconds."""
    duration_ms = 12 * 3_600_000
    spoken = tuple((at, at + 3_000) for at in range(0, duration_ms, 4_000))
    scenes = tuple((at, at % 7 / 7) for at in range(20_000, duration_ms, 20_000))
    signals = Signals(duration_ms, 1_000, (), spoken, scenes)
    begun = time.process_time()
    propose(signals, [])
    return time.process_time() - begun


if __name__ == "__main__":
    main()
