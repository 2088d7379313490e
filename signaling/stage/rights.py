"""Who may send what, decided by the role in the token; the media process knows no roles."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from lectern.kernel.errors import Forbidden, ProtocolViolation
from lectern.kernel.roles import SessionRole

WATCHES_ONLY: frozenset[str] = frozenset()
_EVERYTHING = frozenset({"mic", "camera", "screen"})
MAY_SEND: Mapping[SessionRole, frozenset[str]] = MappingProxyType(
    {
        SessionRole.PRESENTER: _EVERYTHING,
        SessionRole.HOST: _EVERYTHING,
        SessionRole.LEARNER: frozenset({"mic"}),
        SessionRole.SCREEN: frozenset({"mic"}),
    }
)
"""What the m-lines of an offer may carry. Whether a learner's microphone is heard, the hand decides."""


def check_sources(sources: Collection[str], may_send: frozenset[str]) -> None:
    """Insist that an offer sends no more than its role may, and nothing twice.

    Raises:
        Forbidden: a source that this role may not send (`not_allowed`).
        ProtocolViolation: a source on two m-lines (`sdp_invalid`).
    """
    foreign = sorted(set(sources) - may_send)
    if foreign:
        raise Forbidden("not_allowed", "Your role in this session does not send this.", sources=foreign)
    if len(set(sources)) < len(sources):
        raise ProtocolViolation(
            "sdp_invalid",
            "The browser's media offer cannot be answered.",
            reason="source_twice",
            hint="offer one sending m-line for each of mic, camera and screen",
        )
