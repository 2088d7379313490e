"""Each command is carried out by something, and what runs beside the server imports none of it."""

import argparse
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pkgutil import resolve_name

from lectern.app.cli import parser
from tests.scripted_lesson.server import CHECKOUT

_BESIDE = "import lectern.app.cli, lectern.app.commands.working, sys; print(*sys.modules)"


def _commands(grammar: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Every command that can be given, those of several words too."""
    below = [a for a in grammar._actions if isinstance(a, argparse._SubParsersAction)]
    if not below:
        yield grammar
    for action in below:
        for command in action.choices.values():
            yield from _commands(command)


def test_each_command_is_carried_out_by_something() -> None:
    found = list(_commands(parser()))
    assert len(found) > 20
    for command in found:
        run, offline = command.get_default("run"), command.get_default("offline")
        assert (run is None) != (offline is None), command.prog
        if run is not None:
            assert inspect.iscoroutinefunction(resolve_name(f"lectern.app.commands.{run}")), command.prog
        else:
            assert callable(resolve_name(offline)), command.prog


def test_a_worker_imports_nothing_of_the_server() -> None:
    said = subprocess.run(
        [sys.executable, "-c", _BESIDE], cwd=CHECKOUT, check=True, capture_output=True, text=True
    )
    imported = set(said.stdout.split())
    assert "lectern.app.worker" in imported
    assert not imported & {
        "lectern.app.serve",
        "lectern.app.wiring",
        "lectern.app.demo",
        "aiohttp.web",
        "pyhanko",
    }
