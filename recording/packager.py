"""Turns recorded fragments into HLS as they appear: `python -m recording.packager SESSION_DIR [--finish]`.

Writes `hls/` of a session: `camera/`, `screen/` (once somebody shared one) and `audio/`, each with
`index.m3u8` (all), `live.m3u8` (the last half minute) and pages of ten minutes for looking back, and the
master playlists `program.m3u8`, `screen.m3u8`, `live-program.m3u8`, `live-screen.m3u8`. `so-far.json` says
how far the pages reach. What was recorded aside is in folders of its own, and only the live playlists name
it. What groups of the class recorded for themselves is in `group-…/`, and no playlist of the lesson names it;
its playlists are written when the lesson is over. When the file `ended` appears in the session's folder, or
with `--finish`, it renders the rest, closes the playlists, writes `replay.json`, and exits with 0. When its
standard input closes, it exits at once; started again, it goes on where it was, and what it writes is the
same.
"""

import argparse
import os
import re
import select
import stat
import sys
import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final, TextIO, cast

import structlog
from msgspec.structs import replace as replace_fields

from lectern.kernel.log_stream import LogStream
from lectern.manifest import (
    Fragment,
    Line,
    ManifestReader,
    RecordingStarted,
    Replay,
    ReplayGroup,
    ReplaySpan,
    ReplayVideo,
    write_replay,
)
from lectern.manifest.asides import aside_folder
from lectern.manifest.order import read_order
from lectern.manifest.so_far import SoFar, write_so_far
from lectern.storage.shelved import shelved
from recording.durable_replace import append, replace, write_once
from recording.far_fragments import FarFragments
from recording.frames import Bring, FragmentReader
from recording.group_courses import GroupCourse, GroupCourses
from recording.missing_media import stretches
from recording.pages import PagedPlaylist
from recording.playlists import FullPlaylist, LivePlaylist, master_playlist
from recording.strand import TRACKS, Strand, TrackName, map_of
from recording.timeline_plan import TICKS_PER_MS, Segment, SessionPlan

log = structlog.get_logger(__name__)

FRAGMENT_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}/[0-9]{1,9}\.mp4")
"""What another machine's manifest may name: nothing outside of its own folder."""
PROGRAMMES: Final[dict[TrackName, str]] = {"camera": "program", "screen": "screen"}
"""What the master playlist of a video is called."""
POLL_S = 0.25
NICENESS = 10
CLOSE_PATIENCE_S = 2.0
"""After `ended`, a recorder that is still writing has this long to end its manifest."""


class Packager:
    """One session. `step` does what there is to do now; nothing is kept that the folder does not show."""

    def __init__(self, session: Path, fetched: Path | None = None, bring: Bring | None = None) -> None:
        """`fetched` holds what of `rec/` other machines recorded, as far as it is needed; `bring` gets more.
        With it, `order.json` says what to read."""
        self._session = session
        self._hls = session / "hls"
        self._shelved = shelved(session)  # was made, and left this disk since: not to be made again
        self._fetched = fetched
        self._reader = FragmentReader(session, bring)
        self._recordings: dict[int, ManifestReader] = {}
        self._replay = Strand(self._reader)
        self._asides: dict[int, Strand] = {}
        self._running = self._replay
        self._groups = GroupCourses(self._reader)
        self._planned: dict[TrackName, deque[tuple[Strand, Segment]]] = {name: deque() for name in TRACKS}
        self._full = {name: FullPlaylist(partial(map_of, name)) for name in TRACKS}
        self._live = {name: LivePlaylist(partial(map_of, name)) for name in TRACKS}
        self._pages = {name: PagedPlaylist(partial(map_of, name)) for name in TRACKS}

    @property
    def plan(self) -> SessionPlan:
        """The replay, as far as it is planned."""
        return self._replay.plan

    @property
    def is_running(self) -> bool:
        """Whether the last recording has neither ended nor been finished."""
        return self._running.plan.running

    @property
    def waits_for_recorder(self) -> bool:
        """Whether a recorder may still write what it has when the session is over already."""
        return self._fetched is None

    def step(self) -> int:
        """Read what is new and render it.

        Returns how many segments were added. Raises OSError if it cannot write.
        """
        self._read()
        return self._render(ended=False)

    def finish(self) -> Replay:
        """Take what is recorded as everything there will be, and close the replay."""
        self._read()
        self._running.plan.finish_recording()
        self._groups.finish()
        self._collect()
        self._render(ended=True)
        for course in self._groups.courses:
            self._list_group(course)
        replay = _described(self.plan)
        replay = replace_fields(replay, groups=tuple(map(_group_described, self._groups.courses)))
        write_replay(self._hls / "replay.json", replay)
        log.info(
            "replay_written",
            duration_ms=replay.duration_ms,
            segments=sum(len(playlist) for playlist in self._full.values()),
            asides=len(self._asides),
            groups=len(replay.groups),
            unreadable=self._reader.unreadable,
        )
        return replay

    def is_complete(self) -> bool:
        """Whether the session is over, and all there is was read. Raises OSError."""
        if self._fetched is None:
            return (self._session / "ended").exists()
        return read_order(self._session).is_complete and self._read_ordered()

    def _read(self) -> None:
        if self._fetched is None:
            self._read_all()
        else:
            self._read_ordered()

    def _read_ordered(self) -> bool:
        """Read recordings one after the other, each as far as it counts; return whether none goes on."""
        assert self._fetched is not None
        for listed in read_order(self._session).recordings:
            reader = self._reader_of(listed.number, self._fetched)
            reader.limit = listed.bytes
            for line in reader.poll():
                if not isinstance(line, Fragment) or FRAGMENT_NAME.fullmatch(line.file):
                    self._receive(listed.number, line)
            self._collect()
            if listed.bytes is None or reader.offset < listed.bytes:
                return False
        return True

    def _reader_of(self, number: int, fetched: Path) -> ManifestReader:
        reader = self._recordings.get(number)
        if reader is None:
            name = f"rec/{number}/manifest.jsonl"
            here = self._session / name
            reader = ManifestReader(here if here.exists() else fetched / name)
            self._recordings[number] = reader
        return reader

    def _read_all(self) -> None:
        folders = (self._session / "rec").glob("*/manifest.jsonl")
        numbers = sorted(int(path.parent.name) for path in folders if path.parent.name.isdigit())
        for number in numbers:
            if number not in self._recordings:
                path = self._session / "rec" / str(number) / "manifest.jsonl"
                self._recordings[number] = ManifestReader(path)
        for number in numbers:
            for line in self._recordings[number].poll():
                self._receive(number, line)
            self._collect()

    def _receive(self, number: int, line: Line) -> None:
        """Plan with the next line of recording `number`."""
        is_of_group = self._groups.receive(f"rec/{number}", line)
        if is_of_group:
            return
        if isinstance(line, RecordingStarted):
            self._running.plan.finish_recording()
            self._collect()
            if line.aside:
                self._asides[number] = Strand(self._reader, aside_folder(number))
            self._running = self._asides.get(number, self._replay)
        self._running.plan.receive(f"rec/{number}", line)

    def _collect(self) -> None:
        """Note what was planned, in the order in which it happened: it does not depend on when it is read."""
        for name in TRACKS:
            self._planned[name].extend((self._running, segment) for segment in self._running.take(name))

    def _render(self, *, ended: bool) -> int:
        """Render what is planned, and list it. Raises OSError; then what was not listed is still planned."""
        added = sum(self._render_track(name, ended=ended) for name in TRACKS)
        listed = [name for name in TRACKS if self._pages[name].end_ms]
        added += sum(self._render_group(course) for course in self._groups.at_work())
        if added and listed:
            least = min((self._pages[name] for name in listed), key=lambda pages: pages.end_ms)
            write_so_far(self._hls / "so-far.json", SoFar(least.end_ms, least.end_utc_ms, tuple(listed)))
        return added

    def _render_track(self, name: TrackName, *, ended: bool) -> int:
        planned, added = self._planned[name], 0
        while planned:
            strand, segment = planned[0]
            self._write(strand, name, segment)
            planned.popleft()
            strand.forget(name, segment)
            self._live[name].extend([segment], f"../{strand.folder}/{name}/" if strand.is_aside else "")
            if not strand.is_aside:
                self._full[name].extend([segment])
                self._pages[name].extend(segment)
            added += 1
        if added or (ended and (name != "screen" or len(self._live[name]))):
            self._publish(name, ended=ended)
        return added

    def _render_group(self, course: GroupCourse) -> int:
        """Render what is planned of a group; its playlists wait until the lesson is over. Raises OSError."""
        added = 0
        while (planned := course.next_planned()) is not None:
            name, segment = planned
            self._write(course.strand, name, segment)
            course.rendered(name, segment)
            added += 1
        if not course.is_heard:
            course.strand.rest()
        return added

    def _list_group(self, course: GroupCourse) -> None:
        folder = self._hls / course.strand.folder
        for name, playlist in course.playlists.items():
            if not len(playlist):
                continue
            replace(folder / name / "index.m3u8", playlist.text(ended=True).encode())
            if name != "audio":
                write_once(folder / f"{PROGRAMMES[name]}.m3u8", _master(name, "index.m3u8"))

    def _write(self, strand: Strand, name: TrackName, segment: Segment) -> None:
        files = [self._hls / file for file in strand.files_of(name, segment)]
        if not all(map(self._is_made, files)):
            for file, data in zip(files, strand.render(name, segment), strict=True):
                write_once(file, data)

    def _is_made(self, file: Path) -> bool:
        return file.exists() or file.relative_to(self._session).as_posix() in self._shelved

    def _publish(self, name: TrackName, *, ended: bool) -> None:
        replace(self._hls / name / "live.m3u8", self._live[name].text(ended=ended).encode())
        self._name_programme(name, "live-", "live.m3u8")
        full = self._full[name]
        if not len(full) and (name == "screen" or not ended):
            return
        grown, file = full.growth(), self._hls / name / "index.m3u8"
        if ended or grown is None:
            replace(file, full.text(ended=ended).encode())
        else:
            append(file, grown.encode())
        full.note_written()
        self._name_programme(name, "", "index.m3u8")
        for page in self._pages[name].take(ended=ended):
            replace(self._hls / name / page.name, page.text.encode(), is_safe=page.is_closed)
        self._pages[name].note_written()

    def _name_programme(self, name: TrackName, prefix: str, file: str) -> None:
        if name == "audio":
            return
        write_once(self._hls / f"{prefix}{PROGRAMMES[name]}.m3u8", _master(name, file))


def _master(name: TrackName, file: str) -> bytes:
    return master_playlist(f"{name}/{file}", f"audio/{file}" if name == "camera" else None).encode()


def _described(plan: SessionPlan) -> Replay:
    videos = []
    for source, video in plan.videos.items():
        spans = [
            ReplaySpan(interval.start // TICKS_PER_MS, interval.end // TICKS_PER_MS)
            for interval in video.intervals
            if interval.span is not None and interval.end is not None
        ]
        if spans:
            videos.append(ReplayVideo(source, f"{source}/index.m3u8", _joined(spans)))
    return Replay(
        duration_ms=plan.end // TICKS_PER_MS,
        utc_ms=plan.utc_ms,
        videos=tuple(videos),
        clock=tuple(plan.clock),
        has_sound=bool(plan.mics),
        gaps=stretches(plan.missing),
    )


def _group_described(course: GroupCourse) -> ReplayGroup:
    found = _described(course.strand.plan)
    return ReplayGroup(
        course.group, found.duration_ms, found.utc_ms, found.videos, found.clock, found.has_sound, found.gaps
    )


def _joined(spans: Sequence[ReplaySpan]) -> tuple[ReplaySpan, ...]:
    """Neighbouring spans (only the resolution changed between them) as one."""
    out: list[ReplaySpan] = []
    for span in spans:
        if out and out[-1].end_ms == span.start_ms:
            out[-1] = ReplaySpan(out[-1].start_ms, span.end_ms)
        else:
            out.append(span)
    return tuple(out)


def _parent_gone() -> bool:
    """Whether the pipe at standard input was closed. A terminal, a file or /dev/null says nothing."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return False
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return False
    readable, _, _ = select.select([0], [], [], 0)
    return bool(readable) and os.read(0, 4096) == b""


def follow(packager: Packager) -> int:
    """Package a live session until it is ended (0) or the parent goes away (3)."""
    stalled = False
    while not _parent_gone():
        try:
            ended = packager.is_complete()
            packager.step()
            if ended:
                _await_last_lines(packager)
                packager.finish()
                return 0
            stalled = False
        except OSError as error:
            if not stalled:
                log.warning("packaging_stalled", errno=error.errno)
            stalled = True
        time.sleep(POLL_S)
    return 3


def _await_last_lines(packager: Packager) -> None:
    patience_until = time.monotonic() + (CLOSE_PATIENCE_S if packager.waits_for_recorder else 0)
    while packager.is_running and time.monotonic() < patience_until:
        time.sleep(0.05)
        packager.step()


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line. Exit codes: 0 the replay is written, 2 wrong use, 3 the parent went away."""
    parser = argparse.ArgumentParser(
        prog="python -m recording.packager", description="Recorded fragments → HLS."
    )
    parser.add_argument("session", type=Path, help="folder of the session, holds rec/")
    parser.add_argument(
        "--finish", action="store_true", help="close the replay with what is there, do not wait"
    )
    parser.add_argument(
        "--fetched",
        type=Path,
        help="folder for what other machines recorded; order.json then says what to read, and the "
        "environment where the bucket is",
    )
    options = parser.parse_args(arguments)
    if not options.session.is_dir():
        parser.error(f"{options.session} is not a folder")
    os.nice(NICENESS)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(cast("TextIO", LogStream(sys.stderr))))
    if options.finish:
        Packager(options.session).finish()
        return 0
    if options.fetched is None:
        return follow(Packager(options.session))
    far = FarFragments.of_environment(options.session, options.fetched)
    return follow(Packager(options.session, options.fetched, far.bring))


if __name__ == "__main__":
    sys.exit(main())
