"""What the recorder wrote, line by line: the contract between recorder, packager and workers.

`sessions/<id>/rec/<n>/manifest.jsonl` holds one JSON object a line, append-only and fsynced. A fragment is
named in it only after its file is complete on disk. `docs/recording.md` describes every line.
"""

from lectern.manifest.clock_map import ClockMap, ClockPiece
from lectern.manifest.journal import ManifestReader, encode_line
from lectern.manifest.lines import (
    Clock,
    Fragment,
    Line,
    Missing,
    RecordingEnded,
    RecordingStarted,
    TrackEnded,
    TrackStarted,
)
from lectern.manifest.replay import (
    Replay,
    ReplayGap,
    ReplayGroup,
    ReplaySpan,
    ReplayVideo,
    read_replay,
    write_replay,
)

__all__ = [
    "Clock",
    "ClockMap",
    "ClockPiece",
    "Fragment",
    "Line",
    "ManifestReader",
    "Missing",
    "RecordingEnded",
    "RecordingStarted",
    "Replay",
    "ReplayGap",
    "ReplayGroup",
    "ReplaySpan",
    "ReplayVideo",
    "TrackEnded",
    "TrackStarted",
    "encode_line",
    "read_replay",
    "write_replay",
]
