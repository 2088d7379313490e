"""All that one viewer ever played of one version of a medium, in a few dozen bytes. Pure.

This is the truth that every figure about viewing can be made of again. A player reports every few seconds;
what follows on exactly what came before (in the medium and in time, played in the same way) becomes one
stretch, and nothing is lost by that: every figure is the same for the pieces and for the whole.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum

import msgspec

from analytics.spans import Spans, union
from analytics.viewing import FASTEST, GAP_MS, SLOWEST, Given, Pace, Played

MOST_STRETCHES = 2_000
"""Of one viewer in one version of a medium. Jumping every five seconds, one needs three hours for it."""
_NEAR = 50
"""Among how many stretches before it a repeated one is looked for: those of a player hardly overlap."""
_TAG_BYTES = 8
_VISIBLE, _AUDIBLE, _SPEED = 1, 2, 4
_SPEED_STEPS = 1_000
_CAPTIONS = 1 << 16
"""Above every speed: records from before captions were reported read as without any."""


class Device(IntEnum):
    """On what somebody watched. The numbers are stored: they never change."""

    PC = 0
    PHONE = 1
    IN_APP = 2
    TV = 3


class Stretch(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One stretch of continuous playing; `after_ms` counts from the record's beginning, see `how_of`."""

    from_ms: int
    to_ms: int
    after_ms: int
    wall_ms: int
    how: int

    @property
    def is_effective(self) -> bool:
        """Whether the page was visible, and the sound could be heard or captions be read."""
        return bool(self.how & _VISIBLE and self.how & (_AUDIBLE | _CAPTIONS))

    @property
    def is_visible(self) -> bool:
        """Whether the page was in front."""
        return bool(self.how & _VISIBLE)

    @property
    def is_audible(self) -> bool:
        """Whether the sound could be heard."""
        return bool(self.how & _AUDIBLE)

    @property
    def has_captions(self) -> bool:
        """Whether captions were on."""
        return bool(self.how & _CAPTIONS)

    @property
    def speed(self) -> float:
        """Media time per real time."""
        return self.how % _CAPTIONS // _SPEED / _SPEED_STEPS

    def leads_to(self, other: "Stretch") -> bool:
        """Tell whether `other` goes on exactly where this ends."""
        return (
            self.to_ms == other.from_ms
            and self.after_ms + self.wall_ms == other.after_ms
            and self.how == other.how
        )

    def holds(self, other: "Stretch") -> bool:
        """Tell whether `other` is a part of this."""
        return (
            self.how == other.how
            and self.from_ms <= other.from_ms
            and self.to_ms >= other.to_ms
            and self.after_ms <= other.after_ms
            and self.after_ms + self.wall_ms >= other.after_ms + other.wall_ms
        )


class Sitting(msgspec.Struct, array_like=True, frozen=True):
    """What one player on one page played, in the order of time.

    `shift_ms` was added to the player's clock to make it the server's.
    """

    tag: bytes
    device: int
    stretches: tuple[Stretch, ...]
    shift_ms: int = 0


class PlayRecord(msgspec.Struct, array_like=True, frozen=True):
    """All that one viewer played; `base_utc_ms` is when the first report that arrived had begun."""

    base_utc_ms: int = 0
    sittings: tuple[Sitting, ...] = ()

    @property
    def stretches(self) -> Iterator[Stretch]:
        """Every stretch."""
        return (stretch for sitting in self.sittings for stretch in sitting.stretches)

    @property
    def size(self) -> int:
        """How many stretches there are."""
        return sum(len(sitting.stretches) for sitting in self.sittings)

    @property
    def covered(self) -> Spans:
        """W: the union of what was played, in media time, holes of up to a second closed."""
        return union(((each.from_ms, each.to_ms) for each in self.stretches), gap_ms=GAP_MS)

    @property
    def effort(self) -> Spans:
        """The wall time of effective watching, from `base_utc_ms` on; two tabs at once count once."""
        return union(
            (each.after_ms, each.after_ms + each.wall_ms) for each in self.stretches if each.is_effective
        )

    @property
    def first_utc_ms(self) -> int | None:
        """When the first stretch began; None if nothing was played."""
        first = min((each.after_ms for each in self.stretches), default=None)
        return None if first is None else self.base_utc_ms + first

    @property
    def last_utc_ms(self) -> int:
        """When the last stretch ended; 0 if nothing was played."""
        last = max((each.after_ms + each.wall_ms for each in self.stretches), default=-self.base_utc_ms)
        return self.base_utc_ms + last

    def shift_of(self, tag: bytes) -> int | None:
        """Return what is added to a player's clock to make it the server's (ms); None: not known yet."""
        return next((each.shift_ms for each in self.sittings if each.tag == tag), None)

    def pace_of(self, tag: bytes) -> Pace:
        """Sum up what a player has reported so far."""
        stretches = next((each.stretches for each in self.sittings if each.tag == tag), ())
        if not stretches:
            return Pace()
        walls = [
            (self.base_utc_ms + each.after_ms, self.base_utc_ms + each.after_ms + each.wall_ms)
            for each in stretches
        ]
        return Pace(
            union(walls),
            min(start for start, _ in walls),
            max(end for _, end in walls),
            sum((each.to_ms - each.from_ms) / each.speed for each in stretches),
        )

    def given_beside(self, tag: bytes) -> Given | None:
        """Sum up what all players were given; None if there is none but that of `tag`."""
        if all(each.tag == tag for each in self.sittings):
            return None
        start = self.base_utc_ms
        walls = ((start + each.after_ms, start + each.after_ms + each.wall_ms) for each in self.stretches)
        return Given(union(walls), sum(each.to_ms - each.from_ms for each in self.stretches))

    def holds(self, tag: bytes, played: Played) -> bool:
        """Tell whether this was reported before by the same player."""
        if not SLOWEST <= played.speed <= FASTEST:
            return False
        asked = _stretch(played, self.base_utc_ms)
        for sitting in self.sittings:
            if sitting.tag == tag:
                until = bisect_right(sitting.stretches, asked.after_ms, key=_began)
                return any(each.holds(asked) for each in sitting.stretches[max(0, until - _NEAR) : until])
        return False

    def adding(
        self, tag: bytes, device: Device, played: Sequence[Played], *, shift_ms: int = 0
    ) -> "PlayRecord":
        """Return this and what a player played more; the order of reports makes no difference.

        `shift_ms` is in the times of `played` already; it is kept for what the player reports next.
        """
        if not played:
            return self
        base = self.base_utc_ms if self.sittings else min(each.started_utc_ms for each in played)
        new = [_stretch(each, base) for each in played]
        others = [each for each in self.sittings if each.tag != tag]
        before = next((each for each in self.sittings if each.tag == tag), Sitting(tag, device, ()))
        joined = Sitting(tag, before.device, _joined([*before.stretches, *new]), shift_ms)
        return PlayRecord(base, tuple(sorted((*others, joined), key=lambda each: each.tag)))

    def within(self, chosen: Iterable[Stretch]) -> "PlayRecord":
        """Return this with the `chosen` stretches alone; sittings without any fall away."""
        kept = set(chosen)
        parts = (
            msgspec.structs.replace(each, stretches=tuple(one for one in each.stretches if one in kept))
            for each in self.sittings
        )
        return PlayRecord(self.base_utc_ms, tuple(part for part in parts if part.stretches))


NEVER = PlayRecord()
"""Nothing was played."""

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(PlayRecord)


def packed(record: PlayRecord) -> bytes:
    """Return a record as it is stored."""
    return _ENCODER.encode(record)


def unpacked(data: bytes) -> PlayRecord:
    """Return a stored record.

    Raises:
        msgspec.ValidationError, msgspec.DecodeError: it is none.
    """
    return _DECODER.decode(data)


def tag_of(player: str) -> bytes:
    """Return a player's short name: players of one viewer in one medium are few."""
    return hashlib.blake2b(player.encode(), digest_size=_TAG_BYTES).digest()


def how_of(speed: float, *, visible: bool, audible: bool, captions: bool = False) -> int:
    """Return speed (in thousandths), visibility, audibility and captions in one number."""
    flags = visible * _VISIBLE + audible * _AUDIBLE + captions * _CAPTIONS
    return round(speed * _SPEED_STEPS) * _SPEED + flags


def _began(stretch: Stretch) -> int:
    return stretch.after_ms


def _stretch(played: Played, base_utc_ms: int) -> Stretch:
    start, end = played.wall
    how = how_of(played.speed, visible=played.visible, audible=played.audible, captions=played.captions)
    return Stretch(played.from_ms, played.to_ms, start - base_utc_ms, end - start, how)


def _joined(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    for each in sorted(stretches, key=lambda one: (one.after_ms, one.from_ms, one.to_ms, one.how)):
        if found and found[-1].leads_to(each):
            last = found[-1]
            found[-1] = Stretch(
                last.from_ms, each.to_ms, last.after_ms, last.wall_ms + each.wall_ms, last.how
            )
        else:
            found.append(each)
    return tuple(found)


_IN_APP = ("micromessenger", "wxwork", "dingtalk", "lark/", "feishu", "qq/", "alipayclient")
_TV = (
    "smarttv",
    "smart-tv",
    "appletv",
    "googletv",
    "android tv",
    "hbbtv",
    "bravia",
    "crkey",
    "tizen",
    "web0s",
)
_PHONE = ("mobi", "android", "iphone", "ipad", "ipod", "harmonyos")


def device_of(user_agent: str) -> Device:
    """Return what kind of device a browser's `User-Agent` speaks of; the text itself is not kept."""
    said = user_agent.lower()
    for device, marks in ((Device.IN_APP, _IN_APP), (Device.TV, _TV), (Device.PHONE, _PHONE)):
        if any(mark in said for mark in marks):
            return device
    return Device.PC
