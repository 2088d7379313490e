"""The compiled twin of the hot path, in C: whether it was built, and which implementation runs.

`LECTERN_HOT_PATH` chooses `python` or `compiled`; without it the twin runs where it was built.
"""

import importlib
import os
from typing import TYPE_CHECKING, Final, Literal, cast

if TYPE_CHECKING:
    from types import ModuleType

    from streaming.twin import _twin

Implementation = Literal["python", "compiled"]
VARIABLE: Final = "LECTERN_HOT_PATH"


def load() -> "type[_twin]":
    """The extension module. Raises ImportError where it was not built, or not for this Python."""
    module: ModuleType = importlib.import_module("streaming.twin._twin")
    return cast("type[_twin]", module)


def _choose(wanted: str) -> tuple[Implementation, str]:
    """What runs, and what is wrong with that, for whoever set `LECTERN_HOT_PATH`."""
    if wanted not in {"", "python", "compiled"}:
        return "python", f"{VARIABLE} must be python or compiled; it is {wanted!r}"
    if wanted == "python":
        return "python", ""
    try:
        load()
    except ImportError as error:
        if wanted == "compiled":
            return (
                "python",
                f"{VARIABLE}=compiled, but it was not built (script/build-twin says why): {error}",
            )
        return "python", ""
    return "compiled", ""


IMPLEMENTATION, PROBLEM = _choose(os.environ.get(VARIABLE, ""))
"""PROBLEM is empty unless the choice of `LECTERN_HOT_PATH` could not be granted."""
