"""Which way media goes: a publisher only sends, a player only receives, whatever else they offer. Pure.

RFC 9725 section 4.2 lets publishers write `sendrecv` for `sendonly`; WHEP lets players write it for
`recvonly`.
"""

from collections.abc import Mapping
from typing import Final

_DIRECTIONS: Final = frozenset({"a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"})
_PUBLISHER: Final = {"a=sendrecv": "a=sendonly", "a=recvonly": "a=inactive"}
_PLAYER: Final = {"a=sendrecv": "a=recvonly"}


def as_publisher(sdp: str) -> str:
    """Return the offer with nothing to receive: no slots are fed to a publisher."""
    return _redirected(sdp, _PUBLISHER)


def as_player(sdp: str) -> str:
    """Return the offer with nothing that goes both ways; what is only sent stays, to be refused."""
    return _redirected(sdp, _PLAYER)


def _redirected(sdp: str, meanings: Mapping[str, str]) -> str:
    head, *sections = _sections(sdp)
    default = next((line for line in head if line in _DIRECTIONS), "a=sendrecv")
    lines = list(head)
    for section in sections:
        said = next((line for line in section if line in _DIRECTIONS), default)
        lines += [line for line in section if line not in _DIRECTIONS]
        lines.append(meanings.get(said, said))
    return "\r\n".join(lines) + "\r\n"


def _sections(sdp: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for line in sdp.splitlines():
        if line.startswith("m="):
            parts.append([])
        parts[-1].append(line.strip())
    return parts
