"""The compiled twin of the hot path, in C: whether it was built, and which implementation runs.

`LECTERN_HOT_PATH` chooses `python` or `compiled`; without it the twin runs where it was built.
"""

import hashlib
import importlib
import os
from pathlib import Path
from typing import Any, Final, Literal

SOURCES: Final = tuple(sorted(Path(__file__).parent.glob("*.[ch]")))
Implementation = Literal["python", "compiled"]
VARIABLE: Final = "LECTERN_HOT_PATH"


def digest() -> str:
    """Says which sources a build was made from."""
    return hashlib.sha256(b"".join(source.read_bytes() for source in SOURCES)).hexdigest()


def load() -> Any:
    """The extension module (`_twin.pyi`). Raises ImportError where it was not built from these sources."""
    module = importlib.import_module("streaming.twin._twin")
    if getattr(module, "SOURCES_DIGEST", "") != digest():
        raise ImportError("the twin was built from other sources; run script/build-twin")
    return module


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
