"""A recorder for the real media process that writes down what it hears, one JSON line per fact."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any, TextIO

from streaming.control.messages import RecordSpec
from streaming.tap import Notify, RequestKeyframe


class NotebookTap:
    """See the module; counts packets instead of keeping them."""

    def __init__(self, file: TextIO, notify: Notify) -> None:
        self._file = file
        self._notify = notify
        self._packets: dict[str, int] = {}

    def _write(self, **fact: Any) -> None:
        self._file.write(json.dumps(fact) + "\n")

    def on_track(  # noqa: PLR0917 - as Tap.on_track
        self,
        track: str,
        source: str,
        kind: str,
        codec: str,
        clock_rate: int,
        participant: str,
        group: str = "",
        /,
    ) -> None:
        self._write(on="track", track=track, source=source, codec=codec, participant=participant)
        self._notify("recording_problem", "disk_slow")

    def on_rtp(self, track: str, packet: bytes, arrival_s: float, /) -> None:
        assert packet[0] >> 6 == 2
        self._packets[track] = self._packets.get(track, 0) + 1

    def on_sender_report(self, track: str, ntp_s: float, rtp_ts: int, /) -> None:
        self._write(on="report", track=track)

    def on_track_end(self, track: str, /) -> None:
        self._write(on="end", track=track, packets=self._packets[track])

    async def close(self) -> None:
        self._write(on="close")
        self._file.close()


async def create(spec: RecordSpec, request_keyframe: RequestKeyframe, notify: Notify) -> NotebookTap:
    """For `--tap tests.streaming.notebook_tap:create`."""
    file = await asyncio.to_thread((Path(spec.directory) / "notebook.jsonl").open, "w")
    return NotebookTap(file, notify)


async def create_slowly(spec: RecordSpec, request_keyframe: RequestKeyframe, notify: Notify) -> NotebookTap:
    """On a disk that takes its time, until there is a file `go` beside the notebook."""
    made = await create(spec, request_keyframe, notify)
    while not (Path(spec.directory) / "go").exists():
        await asyncio.to_thread(time.sleep, 0.05)
    return made
