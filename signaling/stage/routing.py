"""Which published track feeds which slot of whom, and what of it. Pure.

A participant hears and sees the main room, or the group they are in. When there are more cameras than slots,
or more microphones, the last ones to speak are chosen (last-N). Slots keep the track they have as long as it
is chosen, and who is chosen stays so until somebody more urgent comes: nothing switches without need.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lectern.kernel.stage import MAX_ON_STAGE
from signaling.plane.situation import Situation
from signaling.stage.idea import Track
from signaling.stage.rights import places, sends_now

SOUND: Final = 0
SCREEN: Final = 1
PRESENTER: Final = 2
OTHERS: Final = 3
SMALL_LAYER: Final = 0
SIZES: Final = frozenset({"large", "small", "hidden"})


@dataclass(frozen=True, slots=True)
class Slot:
    """A receiving m-line of a transport."""

    mid: str
    kind: str


@dataclass(frozen=True, slots=True)
class Feed:
    """What a slot gets: a track, how much it matters when bandwidth is short (0 most), and how much of it."""

    track: str | None = None
    priority: int = OTHERS
    max_layer: int | None = None
    hidden: bool = False


EMPTY: Final = Feed()


def in_main_room(track: Track, situation: Situation, taken: Collection[str]) -> bool:
    """Tell whether the main room (and its recording) gets `track`; `taken` are the places on stage."""
    return is_for_main_room(track.participant, track.source, situation) and sends_now(
        track.participant, track.source, situation, taken
    )


def is_for_main_room(participant: str, source: str, situation: Situation) -> bool:
    """Tell whether a source belongs to the main room: nothing of a group does but a voice to all."""
    return participant not in situation.groups or _is_voice_to_all(participant, source, situation)


def recorded_for(participant: str, source: str, situation: Situation) -> str | None:
    """Return whose recording holds a source: "" the main room's, else a group's; None: nobody's."""
    if is_for_main_room(participant, source, situation):
        return ""
    group = situation.groups[participant]
    return group if group in situation.recorded_groups else None


def _is_voice_to_all(participant: str, source: str, situation: Situation) -> bool:
    return source == "mic" and participant in situation.heard_everywhere


def reaches(track: Track, listener: str, situation: Situation, taken: Collection[str]) -> bool:
    """Tell whether `listener` gets `track`: same room, not their own, and allowed to be heard there."""
    if track.participant == listener or track.muted or not situation.live:
        return False
    group = situation.groups.get(listener)
    if group is not None:
        is_here = situation.groups.get(track.participant) == group or _is_voice_to_all(
            track.participant, track.source, situation
        )
        return is_here and sends_now(track.participant, track.source, situation, taken)
    return in_main_room(track, situation, taken)


def assign(
    listener: str,
    slots: Iterable[Slot],
    tracks: Collection[Track],
    now: Mapping[str, str | None],
    situation: Situation,
    *,
    speakers: Sequence[str] = (),
) -> dict[str, str | None]:
    """Return the track of each slot of `listener`, given what the slots carry `now`.

    `speakers` are those who spoke lately, the latest first. Of the pictures, screens come first, then the
    presenters' cameras, those of `speakers`, and what is shown already; of the sounds, up to half of the
    slots are the presenters', so that a class which talks over the lesson does not silence it.
    """
    taken = places(situation, tracks)
    wanted = [track for track in tracks if reaches(track, listener, situation, taken)]
    latest = {who: at for at, who in enumerate(speakers[:MAX_ON_STAGE])}
    shown = {track for track in now.values() if track is not None}
    result: dict[str, str | None] = {}
    slots = list(slots)
    for kind in ("video", "audio"):
        mids = [slot.mid for slot in slots if slot.kind == kind]
        offered = [track for track in wanted if track.kind == kind]
        kept_for = _presenters_sound(offered, situation)[: len(mids) // 2]

        def urgency(track: Track, kept_for: Sequence[str] = kept_for) -> tuple[int, int]:
            if track.source == "screen":
                return 0, 0
            if track.id in kept_for or (
                track.source == "camera" and track.participant in situation.presenters
            ):
                return 1, 0
            if track.participant in latest:
                return 2, latest[track.participant]
            return (3, 0) if track.id in shown else (4, 0)

        chosen = [track.id for track in sorted(offered, key=urgency)][: len(mids)]
        kept = {mid: track for mid in mids if (track := now.get(mid)) in chosen}
        free = [track for track in chosen if track not in kept.values()]
        for mid in mids:
            result[mid] = kept[mid] if mid in kept else free.pop(0) if free else None
    return result


def _presenters_sound(offered: Iterable[Track], situation: Situation) -> list[str]:
    """Sounds that have a slot before all others: whoever speaks to all groups, then the presenters."""
    leading = situation.heard_everywhere | set(situation.presenters)
    sounds = [t for t in offered if t.source == "mic" and t.participant in leading]
    return [t.id for t in sorted(sounds, key=lambda t: t.participant not in situation.heard_everywhere)]


def feeds(
    routes: Mapping[str, str | None],
    tracks: Mapping[str, Track],
    situation: Situation,
    sizes: Mapping[str, str],
) -> dict[str, Feed]:
    """Return what each slot gets, given how large (`SIZES`) the listener draws it; unknown is large."""
    return {
        mid: EMPTY if (track := tracks.get(id_ or "")) is None else _feed(track, situation, sizes.get(mid))
        for mid, id_ in routes.items()
    }


def _feed(track: Track, situation: Situation, size: str | None) -> Feed:
    if track.kind == "audio":
        return Feed(track.id, SOUND)
    if track.source == "screen":
        priority = SCREEN
    else:
        priority = PRESENTER if track.participant in situation.presenters else OTHERS
    return Feed(track.id, priority, SMALL_LAYER if size == "small" else None, size == "hidden")


def remembered(spoke: Sequence[str], speaking: Iterable[str]) -> tuple[str, ...]:
    """Those who spoke lately, the latest first, after `speaking` (the loudest first) were heard."""
    return tuple(dict.fromkeys([*speaking, *spoke]))[:MAX_ON_STAGE]
