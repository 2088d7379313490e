"""Who speaks, from the audio levels that publishers send along (RFC 6464). Pure.

Every packet's level goes into the `Voice` of its track; ten times a second `Speakers` takes what voices heard
since, smooths it, and decides with hysteresis: quick to notice somebody, slow to forget them, slower still to
put somebody else first. What changed is announced at most every ANNOUNCE_INTERVAL_S per room.

                 loud for ATTACK_S                     quiet for RELEASE_S
    silent ────────────────────────▶ speaking ────────────────────────▶ silent
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from streaming.control.messages import ActiveSpeakers

SILENCE_DBOV: Final = 127
SPEAKS_FROM_DBOV: Final = 45
"""At least as loud as this (levels are -dBov: 0 is loudest); speech of a normal microphone is at 20 to 35."""
SPEAKS_UNTIL_DBOV: Final = 55
ATTACK_S: Final = 0.15
RELEASE_S: Final = 1.0
"""Longer than the pauses between words."""
RISE: Final = 0.6
FALL: Final = 0.25
"""How much of the way to a new level the smoothed one goes per tick."""
LEAD_DB: Final = 6.0
LEAD_S: Final = 0.5
"""How much louder, and for how long, somebody must be to be put first while the first still speaks."""
ANNOUNCE_INTERVAL_S: Final = 0.25
MAX_ANNOUNCED: Final = 12


class Voice:
    """Levels of one track's packets since the last tick, and what is known of it."""

    __slots__ = ("_count", "_sum", "level", "loud_since", "quiet_since", "speaks")

    def __init__(self) -> None:
        self._sum = 0
        self._count = 0
        self.level = float(SILENCE_DBOV)
        self.speaks = False
        self.loud_since: float | None = None
        self.quiet_since: float | None = None

    def receive_level(self, level: int) -> None:
        """A packet came; `level` is 0 (loud) to 127 (silent)."""
        self._sum += level
        self._count += 1

    def tick(self, now: float) -> None:
        """Take what came since the last tick; nothing (DTX, muted, gone) is silence."""
        heard = self._sum / self._count if self._count else SILENCE_DBOV
        self._sum = self._count = 0
        self.level += (heard - self.level) * (RISE if heard < self.level else FALL)
        if self.level <= SPEAKS_FROM_DBOV:
            self.loud_since = now if self.loud_since is None else self.loud_since
            self.quiet_since = None
            self.speaks = self.speaks or now - self.loud_since >= ATTACK_S
        elif self.level > SPEAKS_UNTIL_DBOV:
            self.loud_since = None
            self.quiet_since = now if self.quiet_since is None else self.quiet_since
            self.speaks = self.speaks and now - self.quiet_since < RELEASE_S


@dataclass(slots=True)
class _RoomSpeakers:
    first: str | None = None
    rival: str | None = None
    rival_since: float = 0.0
    announced: tuple[str, ...] = ()
    announced_at: float = float("-inf")


class Speakers:
    """All rooms of a media process."""

    def __init__(self) -> None:
        self._rooms: dict[str, _RoomSpeakers] = {}

    def listen(self, rooms: Mapping[str, Mapping[str, Voice]], now: float) -> list[ActiveSpeakers]:
        """Take in a tick of all voices, by room and track id; returns what servers should hear.

        A room whose last microphone is gone is announced silent, if it was not.
        """
        news = [self._tick(room, voices, now) for room, voices in rooms.items()]
        gone = [room for room in self._rooms if room not in rooms]
        silent = [ActiveSpeakers(room, ()) for room in gone if self._rooms.pop(room).announced]
        return [*(notice for notice in news if notice is not None), *silent]

    def _tick(self, room: str, voices: Mapping[str, Voice], now: float) -> ActiveSpeakers | None:
        state = self._rooms.setdefault(room, _RoomSpeakers())
        for voice in voices.values():
            voice.tick(now)
        speaking = {track: voice.level for track, voice in voices.items() if voice.speaks}
        self._choose_first(state, speaking, now)
        known = {track: at for at, track in enumerate(state.announced)}
        # Behind the first nobody overtakes: the order says who came, not who is louder for a syllable.
        order = sorted(
            speaking, key=lambda track: (track != state.first, known.get(track, len(known)), speaking[track])
        )[:MAX_ANNOUNCED]
        return self._announce(room, state, tuple(order), now)

    def _choose_first(self, state: _RoomSpeakers, speaking: dict[str, float], now: float) -> None:
        loudest = min(speaking, key=speaking.__getitem__, default=None)
        if loudest is None or state.first not in speaking:
            state.first, state.rival = loudest, None
        elif loudest == state.first or speaking[state.first] - speaking[loudest] < LEAD_DB:
            state.rival = None
        elif loudest != state.rival:
            state.rival, state.rival_since = loudest, now
        elif now - state.rival_since >= LEAD_S:
            state.first, state.rival = loudest, None

    def _announce(
        self, room: str, state: _RoomSpeakers, order: tuple[str, ...], now: float
    ) -> ActiveSpeakers | None:
        if order == state.announced or now - state.announced_at < ANNOUNCE_INTERVAL_S:
            return None
        state.announced, state.announced_at = order, now
        return ActiveSpeakers(room, order)
