"""Which published track feeds which slot of whom. Pure.

A participant hears and sees the main room, or the group they are in. Slots keep the track they have as
long as it is wanted, so that nothing switches without need.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from signaling.plane.situation import Situation
from signaling.stage.idea import Track

_VIDEO_ORDER = {"screen": 0, "camera": 1}


@dataclass(frozen=True, slots=True)
class Slot:
    """A receiving m-line of a transport."""

    mid: str
    kind: str


def in_main_room(track: Track, situation: Situation) -> bool:
    """Tell whether the main room (and its recording) gets `track`."""
    return track.participant not in situation.groups and track.participant in situation.may_speak


def reaches(track: Track, listener: str, situation: Situation) -> bool:
    """Tell whether `listener` gets `track`: same room, not their own, and allowed to be heard there."""
    if track.participant == listener or track.muted or not situation.live:
        return False
    group = situation.groups.get(listener)
    if group is not None:
        return situation.groups.get(track.participant) == group
    return in_main_room(track, situation)


def assign(
    listener: str,
    slots: Iterable[Slot],
    tracks: Collection[Track],
    now: Mapping[str, str | None],
    situation: Situation,
) -> dict[str, str | None]:
    """Return the track of each slot of `listener`, given what the slots carry `now`.

    Screens come before cameras, earlier tracks before later ones; what does not fit is left out.
    """
    wanted = [track for track in tracks if reaches(track, listener, situation)]
    wanted.sort(key=lambda track: _VIDEO_ORDER.get(track.source, 0))
    result: dict[str, str | None] = {}
    slots = list(slots)
    for kind in ("video", "audio"):
        mids = [slot.mid for slot in slots if slot.kind == kind]
        chosen = [track.id for track in wanted if track.kind == kind][: len(mids)]
        kept = {mid: track for mid in mids if (track := now.get(mid)) in chosen}
        free = [track for track in chosen if track not in kept.values()]
        for mid in mids:
            result[mid] = kept[mid] if mid in kept else free.pop(0) if free else None
    return result
