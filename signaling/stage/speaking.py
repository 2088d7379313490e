"""Who speaks, for each audience of a session: the main room, and every group. Pure."""

from collections.abc import Collection, Iterable

from signaling.plane.situation import Situation
from signaling.stage.idea import Track
from signaling.stage.rights import sends_now


def microphones(
    group: str | None, tracks: Iterable[Track], situation: Situation, taken: Collection[str]
) -> dict[str, str]:
    """Who is heard in a group (None: the main room), by track."""
    return {
        track.id: track.participant
        for track in tracks
        if track.kind == "audio"
        and not track.muted
        and situation.groups.get(track.participant) == group
        and sends_now(track.participant, track.source, situation, taken)
    }


def speaking_in(there: dict[str, str], sounding: Iterable[str]) -> tuple[str, ...]:
    """Participants of one audience whose `sounding` tracks the media process named, in its order.

    With less than two microphones there is nobody to tell apart: a lecture costs its viewers no messages.
    """
    if len(set(there.values())) < 2:
        return ()
    return tuple(dict.fromkeys(there[track] for track in sounding if track in there))


def is_crowded(tracks: Collection[Track], slots: Iterable[tuple[int, int]]) -> bool:
    """Whether somebody has fewer (video, audio) slots than there are tracks: then who spoke last decides."""
    on = [track.kind for track in tracks if not track.muted]
    pictures, sounds = on.count("video"), on.count("audio")
    return any(pictures > video or sounds > audio for video, audio in slots)
