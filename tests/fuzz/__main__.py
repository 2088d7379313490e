"""Fuzz one target: python -m tests.fuzz NAME [--seconds N] [--merge].

Begins with the committed corpus and the target's seeds, keeps what it finds under build/fuzz/NAME. An input
that breaks something is written there as `crash-…` and ends the run with an error. With --merge, afterwards
the smallest set of inputs that covers as much becomes the committed corpus.
"""

import argparse
import shlex
import sys
from pathlib import Path

import atheris

from tests.fuzz.registry import NAMES
from tests.fuzz.registry import target as target_called

INSTRUMENTED = ["streaming", "signaling", "recording", "interactions", "lectern.kernel", "notices"]

CORPUS = Path(__file__).parent / "corpus"
FOUND = Path(__file__).parents[2] / "build" / "fuzz"
MAX_INPUT_BYTES = 4096


def arguments() -> argparse.Namespace:
    """The command line; see the module."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz one target.")
    parser.add_argument("target", choices=sorted(NAMES))
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--merge", action="store_true", help="make the committed corpus smaller and better")
    parser.add_argument("--engine", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser.parse_args()


def engine_restart(folder: Path, name: str) -> str:
    """An executable for the engine to start itself with: it merges in processes of its own."""
    script = folder / "again"
    command = shlex.join([sys.executable, "-m", "tests.fuzz", name, "--engine"])
    script.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    script.chmod(0o700)
    return str(script)


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    chosen = arguments()
    with atheris.instrument_imports(include=INSTRUMENTED):
        target = target_called(chosen.target)
    if chosen.engine is not None:
        atheris.Setup([sys.argv[0], *chosen.engine], target.run)
        atheris.Fuzz()
    corpus, found = CORPUS / target.name, FOUND / target.name
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    place = FOUND / f"{target.name}.run"  # the engine never returns, so nothing temporary would be cleaned
    seeds = place / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (seeds / f"seed-{number}").write_bytes(seed)
    options = [f"-max_len={MAX_INPUT_BYTES}", f"-artifact_prefix={found}/", "-timeout=20"]
    if chosen.merge:
        options += ["-merge=1", str(corpus), str(found), str(seeds)]
    else:
        options += [f"-max_total_time={chosen.seconds}", "-print_final_stats=1", str(found)]
        options += [str(corpus), str(seeds)]
    atheris.Setup([engine_restart(place, target.name), *options], target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
