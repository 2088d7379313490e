"""Mail addresses: which ones we write to. Pure."""

import re
from typing import Final

LONGEST: Final = 254
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
"""A dot-atom at a host name (RFC 5321 §4.1.2): no quoted parts, no comments, nothing that ends a header."""


def is_address(text: str) -> bool:
    """Tell whether `text` is one plain address, and nothing else."""
    local, _, _ = text.partition("@")
    return len(text) <= LONGEST and len(local) <= 64 and _ADDRESS.fullmatch(text) is not None
