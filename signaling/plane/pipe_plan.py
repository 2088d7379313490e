"""Which track crosses from which media process to which, and how. Pure.

Pipes form a star: every sibling of a session has one to the session's home, none to another sibling. What one
sibling publishes and another wants goes through home, which most often needs it anyway, for the recording.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from msgspec.structs import replace

from streaming.control.extensions import FORWARDED
from streaming.control.messages import Codec, MediaSection

FEEDBACK: Final = ("nack", "nack pli")
RTX_PAYLOAD_TYPES: Final = (*range(127, 95, -1), *range(63, 34, -1))
"""Dynamic ones that RTCP multiplexing leaves free (RFC 5761 section 4)."""

NodeT = TypeVar("NodeT", bound=Hashable)
Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Crossing:
    """Tracks on the pipe between home and one sibling: `out` from home, `back` to home."""

    out: frozenset[str] = frozenset()
    back: frozenset[str] = frozenset()


def crossings(
    home: NodeT, owners: Mapping[str, NodeT], wanted: Mapping[NodeT, Collection[str]]
) -> dict[NodeT, Crossing]:
    """Return what crosses to and from each sibling.

    `owners` says where each track is published, `wanted` who needs which (viewers' slots, and at home the
    recording). Each track crosses to a sibling once, and only if it is needed there.
    """
    out = {
        node: frozenset(track for track in tracks if track in owners and owners[track] != node)
        for node, tracks in wanted.items()
        if node != home
    }
    needed_at_home = frozenset(wanted.get(home, ())).union(*out.values())
    back: dict[NodeT, set[str]] = {}
    for track in needed_at_home:
        owner = owners.get(track, home)
        if owner != home:
            back.setdefault(owner, set()).add(track)
    return {
        node: Crossing(out.get(node, frozenset()), frozenset(back.get(node, ())))
        for node in out.keys() | back.keys()
    }


def piped_section(section: MediaSection) -> MediaSection:
    """How a publisher's m-line looks on a pipe: repairable, by RTX of its own, whatever its publisher can.

    Extensions that are forwarded are numbered anew, for a publisher may have left out some.
    """
    return replace(
        section,
        mid="",
        codecs=_repairable(section.codecs),
        header_extensions={uri: number for number, uri in enumerate(sorted(FORWARDED), 1)},
        ssrcs=(),
    )


def _repairable(codecs: Sequence[Codec]) -> tuple[Codec, ...]:
    taken = {codec.pt for codec in codecs}
    free = [number for number in RTX_PAYLOAD_TYPES if number not in taken]
    return tuple(replace(codec, rtcp_fb=FEEDBACK, rtx_pt=free.pop(0) if free else None) for codec in codecs)


def meeting_point(here: Sequence[Address], there: Sequence[Address]) -> tuple[Address, Address] | None:
    """Return the addresses of both ends of a pipe, None if no two can reach each other.

    On one host both use the same address. Otherwise the first ones of the same family do.
    """
    pairs = [(a, b) for a in here for b in there if (":" in a[0]) == (":" in b[0])]
    return min(pairs, key=lambda pair: pair[0][0] != pair[1][0], default=None)
