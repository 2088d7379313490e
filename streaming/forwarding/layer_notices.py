"""What servers hear about the layers of a track: what each slot gets, and what its publisher should send."""

from collections.abc import Iterator

from streaming.control import messages as m
from streaming.forwarding.slot import Slot
from streaming.forwarding.track import Track


def slot_media(slot: Slot) -> m.SlotMedia | None:
    """The news of one slot, None when nothing changed since it was asked last."""
    media = slot.media()
    if media == slot.announced:
        return None
    slot.announced = media
    paused, rid = media
    return m.SlotMedia(slot.transport, slot.mid, paused, rid)


def layers_wanted(transport: str, mid: str, track: Track, now: float) -> m.LayersWanted | None:
    """Which layers the publisher should send, None when it knows already or has only one."""
    if len(track.layers) == 1:
        return None
    needed = {layer for slot in track.slots if (layer := slot.wanted_layer) is not None}
    news = track.demand.update(needed, now)
    if news is None:
        return None
    return m.LayersWanted(transport, mid, tuple(layer.rid for layer in track.layers if layer.index in news))


def waiting_for(track: Track) -> Iterator[tuple[Slot, int]]:
    """Slots that need a keyframe, and of which layer."""
    for slot in track.unsettled:
        if slot.has_keys and slot.target is not None and slot.layer is not slot.target:
            yield slot, slot.target.index
