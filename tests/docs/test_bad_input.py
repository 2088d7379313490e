"""The table of bad input names tests that are there."""

import ast
import re

from tests.docs.source_words import ROOT

PAGE = (ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[a-z_/0-9]+\.py)::([a-z_0-9]+|\*)`", PAGE)


def _tests_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


def test_every_row_is_shown_by_tests_that_are_there() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")][1:]
    assert [row for row in rows if "`tests/" not in row] == []
    missing = [f"{path}::{name}" for path, name in NAMED if name != "*" and name not in _tests_of(path)]
    assert missing == []
    assert all(_tests_of(path) for path, name in NAMED if name == "*")


def test_every_named_test_is_seen() -> None:
    assert len(NAMED) == PAGE.count("::")
