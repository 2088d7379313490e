"""The words of the code that the documents must explain: error codes and log events, read from the source.

`python -m tests.docs.source_words` prints those that no document explains yet.
"""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "lectern",
    "accounts",
    "sessions",
    "signaling",
    "interactions",
    "catalogue",
    "analytics",
    "notices",
    "streaming",
    "recording",
    "mediaworker",
)
CODE_ARGUMENT = {
    "LecternError": 0,
    "ProtocolViolation": 0,
    "Rejected": 0,
    "Unauthenticated": 0,
    "Forbidden": 0,
    "NotFound": 0,
    "Conflict": 0,
    "Deleted": 0,
    "Overloaded": 0,
    "TooLarge": 0,
    "Gone": 0,
    "InternalFault": 0,
    "WrongMethod": 0,
    "WrongMediaType": 0,
    "ConditionMissing": 0,
    "ConditionFailed": 0,
    "LineError": 1,
}
"""Which argument of these calls is the code. If it is no literal, the module has it in pairs (`_pairs`)."""
LOGGERS = frozenset({"log", "_log"})
LEVELS = frozenset({"debug", "info", "warning", "error", "critical", "exception"})
_SNAKE = re.compile(r"[a-z]+(_[a-z0-9]+)+|internal|removed")


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Yield every module of the house, with its path."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def error_codes() -> frozenset[str]:
    """Return every code that can reach a person over HTTP, Socket.IO, or the command line."""
    found: set[str] = set()
    for _, module in sources():
        has_variable = False
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and _name(node.func) in CODE_ARGUMENT:
                position = CODE_ARGUMENT[_name(node.func)]
                code = node.args[position] if len(node.args) > position else None
                if isinstance(code, ast.Constant):
                    found.add(str(code.value))
                else:
                    has_variable = True
            elif isinstance(node, ast.ClassDef):
                names = [node.name, *map(_name, node.bases)]
                found |= _class_codes(node) if any(name.endswith("Invalid") for name in names) else set()
        if has_variable:
            found |= set(_pairs(module))
    return frozenset(found)


@functools.cache
def log_events() -> frozenset[str]:
    """Return the name of every log line."""
    return frozenset(
        node.args[0].value
        for _, module in sources()
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and _name(node.func.value) in LOGGERS
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    )


def first_column(document: str, heading: str) -> set[str]:
    """Return the words in back ticks of the first cells of the tables below `heading`."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    section = text.partition(f"\n{heading}\n")[2] if heading else text
    assert section, f"{document} has no {heading}"
    level = heading.partition(" ")[0]
    section = re.split(rf"\n{level} ", section)[0] if level else section
    cells = re.findall(r"^\| (`[^|]*`) \|", section, re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _class_codes(node: ast.ClassDef) -> set[str]:
    return {
        statement.value.value
        for statement in node.body
        if isinstance(statement, ast.Assign)
        and [_name(target) for target in statement.targets] == ["code"]
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    }


def _pairs(module: ast.Module) -> Iterator[str]:
    """Yield codes that stand beside their sentence in a tuple, or in a call of the module's own function."""
    own = {node.name for node in ast.walk(module) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(module):
        if isinstance(node, ast.Tuple):
            pair = node.elts[:2]
        elif isinstance(node, ast.Call) and _name(node.func) in own:
            pair = node.args[:2]
        else:
            continue
        texts = [str(part.value) for part in pair if isinstance(part, ast.Constant)]
        if len(texts) == 2 and _SNAKE.fullmatch(texts[0]) and " " in texts[1]:
            yield texts[0]


if __name__ == "__main__":
    print("codes:", sorted(error_codes() - first_column("errors.md", "")))
    print("events:", sorted(log_events() - first_column("operating.md", "## Log")))
