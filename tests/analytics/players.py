"""What players may report: for tests that hold whatever is watched."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from analytics.play_record import NEVER, Device, PlayRecord, tag_of
from analytics.viewing import Played

NOW = 1_800_000_000_000
DURATION_MS = 180_000
LONG_AGO_MS = 200 * 86_400_000


@st.composite
def honest(draw: st.DrawFn) -> Played:
    """What a player that tells the truth may report."""
    from_ms = draw(st.integers(0, DURATION_MS - 1))
    to_ms = draw(st.integers(from_ms + 1, DURATION_MS))
    speed = draw(st.sampled_from([0.5, 1.0, 1.5, 2.0]))
    wall_ms = -(-(to_ms - from_ms) // speed)
    started = NOW - round(wall_ms) - draw(st.integers(0, 10**7))
    return Played(
        draw(st.uuids()).hex, from_ms, to_ms, started, round(wall_ms), speed,
        visible=draw(st.booleans()), audible=draw(st.booleans()), captions=draw(st.booleans()),
    )  # fmt: skip


@dataclass(frozen=True)
class Sent:
    """What one player reports at once."""

    player: str
    device: Device
    played: tuple[Played, ...]


@st.composite
def watching(draw: st.DrawFn, *, most_players: int = 2) -> list[Sent]:
    """What honest players of one viewer report in the end: no player plays twice at once.

    A player goes on where it was, in pieces that follow on each other, jumps, or pauses, perhaps for months.
    """
    found = []
    for number in range(draw(st.integers(0, most_players))):
        now = NOW - LONG_AGO_MS + draw(st.integers(0, LONG_AGO_MS // 2))
        device = draw(st.sampled_from(list(Device)))
        at = draw(st.integers(0, DURATION_MS - 1))
        visible, audible = draw(st.booleans()), draw(st.booleans())
        speed = draw(st.sampled_from([1.0, 2.0]))
        for piece in range(draw(st.integers(1, 6))):
            if draw(st.integers(0, 3)) == 0:
                at = draw(st.integers(0, DURATION_MS - 1))
            now += draw(st.sampled_from([0, 0, 0, 700, 3_600_000, 40 * 86_400_000]))
            length = min(DURATION_MS - at, draw(st.sampled_from([2, 1_000, 4_000, 60_000])))
            if length < speed:
                at, length = 0, 4_000
            wall = round(length / speed)
            played = Played(
                f"{number}.{piece}", at, at + length, now, wall, speed, visible=visible, audible=audible
            )
            found.append(Sent(f"player {number}", device, (played,)))
            now, at = now + wall, (at + length) % DURATION_MS
    return found


def recorded(sent: Sequence[Sent]) -> PlayRecord:
    """Return the record of all that was sent, one after the other."""
    record = NEVER
    for each in sent:
        record = record.adding(tag_of(each.player), each.device, each.played)
    return record
