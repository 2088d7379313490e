"""What must not be taken."""

from collections.abc import Callable

import pytest


def refused(check: Callable[[str], object], text: str) -> None:
    """`check` refuses `text`, and does not repeat a secret that may be in it."""
    with pytest.raises(ValueError, match="LECTERN_STORAGE") as refusal:
        check(text)
    assert "secret" not in str(refusal.value)
