"""What staff do to what others send: muting it. (Inviting and taking off stage are commands about hands.)

A muted source is dropped in the media process at once. Its owner may switch it on again; who should not is
taken off stage. Nobody can switch on the microphone or camera of somebody else.
"""

from typing import Literal

import msgspec

from lectern.timeline.event import NewEvent, TrackMuted
from lectern.timeline.idea import STAFF, Call, ClassState, Command, Decision
from signaling.stage.idea import STAGE


class Mute(msgspec.Struct, frozen=True, kw_only=True):
    """Whose microphone, camera or screen to switch off."""

    participant: str
    source: Literal["mic", "camera", "screen"]


def mute(state: ClassState, call: Call, data: Mute) -> Decision:
    """Mute a source; one that is muted or not there stays so."""
    on = (
        track.id
        for track in state.of(STAGE).tracks.values()
        if (track.participant, track.source, track.muted) == (data.participant, data.source, False)
    )
    actor = call.actor.participant_id
    return Decision(tuple(NewEvent(payload=TrackMuted(track=id_, muted=True), actor=actor) for id_ in on))


COMMANDS = (Command("stage_mute", Mute, STAFF, mute, takes_away=True),)
