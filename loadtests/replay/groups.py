"""What groups that are recorded cost the packager, and the disk: a lesson with them, and the same without.

Sixteen seconds of a microphone are encoded and repeated under their own times; everybody's is open all the
time, which is more than people do. The packager runs here, and its CPU time is what is compared.
"""

import tempfile
import time
from pathlib import Path

from lectern.manifest import (
    Clock,
    Fragment,
    Line,
    RecordingEnded,
    RecordingStarted,
    TrackStarted,
    encode_line,
)
from loadtests.figures import Figure
from loadtests.replay.recorded_lesson import LOOP_S, sound_by_second
from recording.codec_config import CodecConfig
from recording.fmp4 import AUDIO_TIMESCALE, init_segment, media_segment
from recording.packager import Packager

GROUPS, MEMBERS, SECONDS = 5, 4, 600
UTC_MS = 1_795_312_800_000


def group_figures() -> list[Figure]:
    """Package both lessons."""
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as temporary:
        without, with_groups = Path(temporary) / "without", Path(temporary) / "with"
        write_groups(without / "rec" / "1", 0)
        write_groups(with_groups / "rec" / "1", GROUPS)
        alone_s, together_s = _packaged_s(without), _packaged_s(with_groups)
        hours = GROUPS * SECONDS / 3_600
        made = sum(_mib(folder) for folder in (with_groups / "hls").glob("group-*"))
        sent = _mib(with_groups / "rec") / MEMBERS
    return [
        Figure("groups recorded, members with an open microphone in each", MEMBERS, ""),
        Figure("packager's CPU for an hour of one group", (together_s - alone_s) / hours, "s"),
        Figure("packager's CPU for one group ÷ its duration", (together_s - alone_s) / hours / 3_600, "×"),
        Figure("disk: rendered sound of an hour of one group", made / hours, "MiB"),
        Figure("disk: fragments of an hour of one open microphone", sent / hours, "MiB"),
    ]


def write_groups(folder: Path, groups: int) -> None:
    """Write a recording (`…/rec/1`) in which this many groups are recorded, and nothing of the main room."""
    sound, config = sound_by_second(), CodecConfig("opus")
    names = [(group, f"g{group}-m{member}") for group in range(groups) for member in range(MEMBERS)]
    lines: list[Line] = [RecordingStarted(session_ms=0, utc_ms=UTC_MS)]
    folder.mkdir(parents=True)
    for group, name in names:
        (folder / name).mkdir()
        started = TrackStarted(name, "mic", "audio", name, "opus", AUDIO_TIMESCALE, 0.0, group=f"g{group}")
        lines.append(started)
    for second in range(SECONDS):
        heard, at_ms = sound[second % LOOP_S], second * 1000.0
        data = init_segment(config) + media_segment(second + 1, second * AUDIO_TIMESCALE, heard)
        for _, name in names:
            file = f"{name}/{second + 1:06d}.mp4"
            (folder / file).write_bytes(data)
            lines.append(Fragment(name, file, at_ms, 1000.0, len(data), config.name, keyframes=(at_ms,)))
        lines.append(Clock(at_ms + 200.0))
    lines.append(RecordingEnded(SECONDS * 1000.0))
    (folder / "manifest.jsonl").write_bytes(b"".join(map(encode_line, lines)))


def _packaged_s(session: Path) -> float:
    begun = time.process_time()
    Packager(session).finish()
    return time.process_time() - begun


def _mib(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*.m*4*")) / 2**20
