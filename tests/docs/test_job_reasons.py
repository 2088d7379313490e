"""Every reason that a job can stop for has words in both languages, and what to do."""

import ast
import re

from tests.docs.source_words import ROOT

WORDS = (ROOT / "web" / "src" / "words" / "job_reasons.ts").read_text(encoding="utf-8")
PASSED_ON = {"storage_unavailable", "server_away", "disk_full", "database_away"}
"""Codes of `Gone` that a worker waits for, and gives up with in the end (`MediaWork._ask`)."""
WRITTEN = {"worker_lost", "held", "cancelled"}
"""Codes that the rows themselves write (`lectern.jobs.store`)."""


def _raised() -> set[str]:
    found: set[str] = set()
    for package in ("lectern", "mediaworker", "catalogue"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _name(node.func) in ("JobFailed", "MediaFailedError"):
                    found |= {
                        one.value
                        for one in node.args[:1]
                        if isinstance(one, ast.Constant) and isinstance(one.value, str)
                    }
    return found


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_every_reason_has_words_and_what_to_do() -> None:
    store = (ROOT / "lectern" / "jobs" / "store.py").read_text(encoding="utf-8")
    assert {code for code in WRITTEN if f'"{code}"' not in store} == set()
    for language in WORDS.split("export const ")[1:]:
        said = set(
            re.findall(r"^    ([a-z_]+): \{ why: '.+', todo: '.+', owner: '.+' \},$", language, re.MULTILINE)
        )
        assert said - {"other"} == _raised() | PASSED_ON | WRITTEN


def test_the_collector_sees_reasons() -> None:
    assert {"disk_error", "clip_invalid", "range_invalid", "job_invalid", "internal"} <= _raised()
