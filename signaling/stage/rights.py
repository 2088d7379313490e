"""Who may send what: what the m-lines of an offer may carry, and what of it is taken in right now.

The first is decided by the role in the token, once per offer. The second follows the class (invited on stage,
in a group, the twelve places) and is enforced in the media process, which knows no roles.
"""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from lectern.kernel.errors import Conflict, Forbidden, ProtocolViolation
from lectern.kernel.roles import SessionRole
from lectern.kernel.stage import MAX_ON_STAGE, on_stage
from signaling.plane.situation import Situation
from signaling.stage.idea import Track

WATCHES_ONLY: frozenset[str] = frozenset()
_EVERYTHING = frozenset({"mic", "camera", "screen"})
MAY_SEND: Mapping[SessionRole, frozenset[str]] = MappingProxyType(
    {
        SessionRole.PRESENTER: _EVERYTHING,
        SessionRole.HOST: _EVERYTHING,
        SessionRole.LEARNER: frozenset({"mic", "camera"}),
        SessionRole.SCREEN: frozenset({"mic"}),
    }
)
"""What the m-lines of an offer may carry. Whether a learner is heard and seen, `sends_now` decides."""


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


def places(situation: Situation, tracks: Iterable[Track]) -> tuple[str, ...]:
    """Everybody who holds a place on stage; staff hold one while they have a track."""
    publishing = (track.participant for track in tracks if track.participant in situation.staff)
    return on_stage(situation.presenters, situation.invited, publishing)


def sends_now(participant: str, source: str, situation: Situation, taken: Collection[str]) -> bool:
    """Tell whether what `participant` sends as `source` is taken in, given `places` of this moment.

    A group hears its members, on stage or not, and sees staff who visit it too. In the main room a place is
    needed; other staff (`taken` does not name them) get one while there is one.
    """
    if participant in situation.removed:
        return False
    if participant in situation.groups:
        return source == "mic" or participant in situation.staff
    if participant in situation.staff:
        return participant in tuple(taken)[:MAX_ON_STAGE] or (
            participant not in taken and len(taken) < MAX_ON_STAGE
        )
    if participant not in situation.may_speak or participant not in tuple(taken)[:MAX_ON_STAGE]:
        return False
    return source == "mic" or (source == "camera" and participant in situation.with_camera)


def without_right(tracks: Collection[Track], situation: Situation) -> list[Track]:
    """Tracks that are on although their publishers may not send them now."""
    taken = places(situation, tracks)
    return [t for t in tracks if not t.muted and not sends_now(t.participant, t.source, situation, taken)]


def check_sends(participant: str, source: str, situation: Situation, tracks: Iterable[Track]) -> None:
    """Insist that `participant` may switch `source` on now.

    Raises:
        Forbidden: not on stage, or not with this source (`not_allowed`).
        Conflict: one of the staff, but all places are taken (`stage_full`).
    """
    if sends_now(participant, source, situation, places(situation, tracks)):
        return
    if participant in situation.staff and participant not in situation.removed:
        raise Conflict(
            "stage_full",
            f"All {MAX_ON_STAGE} places on stage are taken. Take somebody off stage first.",
            limit=MAX_ON_STAGE,
        )
    raise Forbidden("not_allowed", "Raise your hand; the host lets you on stage.")
