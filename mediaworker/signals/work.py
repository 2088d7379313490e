"""The job `signals`: hears and sees a whole replay, and leaves one file about it.

Goes part by part, twenty minutes each; what a killed worker left is taken up behind its last part. Running a
finished job again returns its result.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import msgspec
import numpy as np
import numpy.typing as npt

from lectern.manifest import Replay, ReplayVideo
from lectern.manifest.signals import MOST_BUCKETS, Lack, Signals
from mediaworker.excerpt import entries
from mediaworker.media_job import MediaCancelledError, MediaFailedError, checked_folder
from mediaworker.pipeline import explained
from mediaworker.signals.hearing import Levels, buckets_of, levels_of, utterances_of
from mediaworker.signals.listening import PART_S, hear, see_all, see_keys
from mediaworker.signals.seeing import Change, Seen, changes_of, moment_of, scenes_of
from mediaworker.source_check import check_there, open_replay
from mediaworker.transcoder import Cancelled, Progress, end_orphan

RESULT = "result.json"
_SHORT_MS = 5_000
"""A track that ends so long before the replay is told."""
_MOMENTS_PER_LOOK = 60
_SOUND, _SCREEN = 0.55, 0.35
"""Shares of the work, as measured; what is left are the moments of the changes."""


def run(output: str, *, files: Path, progress: Progress, cancelled: Cancelled) -> Signals:
    """Do the job. `files` is the session's folder, `output` relative to it; blocks.

    Raises MediaFailedError (with `code` and `reason` for the owner) and MediaCancelledError.
    """
    folder = files / checked_folder(output)
    if (done := result_of(folder)) is not None:
        progress(1.0)
        return done
    work = folder.with_name(f".{folder.name}-signals")
    try:
        work.mkdir(parents=True, exist_ok=True)
        end_orphan(work)
        replay = open_replay(files / "hls")
        signals = _Listening(replay, files / "hls", work, progress, cancelled).signals()
        folder.mkdir(parents=True, exist_ok=True)
        part = work / f"{RESULT}.part"
        with part.open("wb") as file:
            file.write(msgspec.json.encode(signals))
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / RESULT)
        shutil.rmtree(work)
    except (OSError, av.FFmpegError) as error:
        raise explained(error) from error
    progress(1.0)
    return signals


def result_of(folder: Path) -> Signals | None:
    """What an earlier run left, if it can be read."""
    try:
        return msgspec.json.decode((folder / RESULT).read_bytes(), type=Signals)
    except (OSError, msgspec.DecodeError):
        return None


def needed_files(hls: Path) -> frozenset[str]:
    """Return the media files that the job reads, relative to `hls`; its playlists have to be there."""
    replay = open_replay(hls)
    found: set[str] = set()
    for playlist in _playlists(replay):
        folder = playlist.rpartition("/")[0]
        try:
            text = (hls / playlist).read_text()
        except OSError:
            continue  # the job says so
        found |= {f"{folder}/{name}" for entry in entries(text) for name in (entry.map, entry.name)}
    return frozenset(found)


def _screen_of(replay: Replay) -> ReplayVideo | None:
    return next((video for video in replay.videos if video.source == "screen" and video.spans), None)


def _playlists(replay: Replay) -> list[str]:
    screen = _screen_of(replay)
    return [*([replay.audio] if replay.has_sound else []), *([screen.playlist] if screen else [])]


@dataclass(slots=True)
class _Listening:
    replay: Replay
    hls: Path
    work: Path
    progress: Progress
    cancelled: Cancelled

    def signals(self) -> Signals:
        lacks: list[Lack] = []
        levels, peaks = self._sound(lacks)
        utterances = [
            (begin, min(end, self.replay.duration_ms))
            for begin, end in utterances_of(levels)
            if begin < self.replay.duration_ms
        ]
        if not utterances:
            lacks.append("no_sound")
        scenes = self._scenes(lacks)
        bucket_ms, buckets = buckets_of(peaks, self.replay.duration_ms, MOST_BUCKETS)
        return Signals(
            self.replay.duration_ms, bucket_ms, buckets, tuple(utterances), tuple(scenes), tuple(lacks)
        )

    def _parts(self) -> list[tuple[int, float, float]]:
        """Number, start and length of every part, in seconds."""
        total_s = self.replay.duration_ms / 1000
        count = max(1, -(-self.replay.duration_ms // round(PART_S * 1000)))
        return [(i, i * PART_S, min(PART_S, total_s - i * PART_S)) for i in range(count)]

    def _sound(self, lacks: list[Lack]) -> tuple[Levels, npt.NDArray[np.uint8]]:
        if not self.replay.has_sound or self.replay.duration_ms == 0:
            return np.zeros(0, np.float32), np.zeros(0, np.uint8)
        playlist = self.hls / self.replay.audio
        if self._ends_early(playlist, "sound"):
            lacks.append("sound_ends_early")
        parts = self._parts()
        found = []
        for number, start_s, length_s in parts:
            kept = self.work / f"levels-{number:03d}.npz"
            if not kept.exists():
                within = self._share(_SOUND * number / len(parts), _SOUND / len(parts))
                samples = hear(playlist, self.work, (start_s, length_s), within, self.cancelled)
                levels, peaks = levels_of(samples)
                self._keep(kept, levels=levels, peaks=peaks)
            with np.load(kept) as held:
                found.append((held["levels"], held["peaks"]))
        return np.concatenate([one for one, _ in found]), np.concatenate([other for _, other in found])

    def _scenes(self, lacks: list[Lack]) -> list[tuple[int, float]]:
        screen = _screen_of(self.replay)
        if screen is None:
            lacks.append("no_screen")
            return []
        playlist = self.hls / screen.playlist
        if self._ends_early(playlist, "screen"):
            lacks.append("screen_ends_early")
        changes = self._changes(playlist, lacks)
        moments: list[int] = []
        for first in range(0, len(changes), _MOMENTS_PER_LOOK):
            some = changes[first : first + _MOMENTS_PER_LOOK]
            self.progress(_SOUND + _SCREEN + (1 - _SOUND - _SCREEN) * first / len(changes))
            moments += self._moments(playlist, some)
        return [scene for scene in scenes_of(changes, moments) if scene[0] < self.replay.duration_ms]

    def _changes(self, playlist: Path, lacks: list[Lack]) -> list[Change]:
        """Where key pictures differ; of a part nothing is kept but that, and its last picture."""
        parts = self._parts()
        found: list[Change] = []
        last: list[Seen] = []
        for number, start_s, length_s in parts:
            kept = self.work / f"changes-{number:03d}.npz"
            if not kept.exists():
                within = self._share(_SOUND + _SCREEN * number / len(parts), _SCREEN / len(parts))
                seen = self._keys(playlist, (start_s, length_s), within)
                # A segment on the border of two parts is seen in both.
                new = [*last, *(one for one in seen if not last or one.at_ms > last[0].at_ms)]
                rows = [(change.from_ms, change.to_ms, change.share) for change in changes_of(new)]
                self._keep(
                    kept,
                    changes=np.array(rows, np.float64).reshape(-1, 3),
                    at_ms=np.array([one.at_ms for one in new[-1:]], np.int64),
                    picture=np.array([one.picture for one in new[-1:]], np.uint8),
                    empty=np.array(not seen),
                )
            with np.load(kept) as held:
                if held["empty"] and "screen_unreadable" not in lacks:
                    lacks.append("screen_unreadable")
                found += [Change(int(begin), int(end), float(share)) for begin, end, share in held["changes"]]
                last = [Seen(int(at), one) for at, one in zip(held["at_ms"], held["picture"], strict=True)]
        return found

    def _keys(self, playlist: Path, stretch_s: tuple[float, float], progress: Progress) -> list[Seen]:
        try:
            return see_keys(playlist, self.work, stretch_s, progress, self.cancelled)
        except MediaFailedError as error:
            if error.code != "transcode_failed":
                raise
            return []  # no picture to begin with: what is heard is still worth having

    def _moments(self, playlist: Path, changes: list[Change]) -> list[int]:
        stretches = [(change.from_ms / 1000, change.to_ms / 1000 + 0.001) for change in changes]
        within = see_all(playlist, self.work, stretches, self.cancelled)
        return [moment_of(change, within) for change in changes]

    def _ends_early(self, playlist: Path, kind: str) -> bool:
        """Whether a playlist is shorter than the replay. Raises MediaFailedError: files are missing."""
        check_there(playlist, kind, 0, self.replay.duration_ms / 1000)
        length_s = sum(entry.length_s for entry in entries(playlist.read_text()))
        return length_s * 1000 < self.replay.duration_ms - _SHORT_MS

    def _share(self, before: float, share: float) -> Callable[[float], None]:
        return lambda within: self.progress(before + share * within)

    def _keep(self, target: Path, **arrays: npt.NDArray[np.generic]) -> None:
        if self.cancelled():
            raise MediaCancelledError
        part = target.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type] # numpy's stub takes the names for its switches
        part.replace(target)
