"""A full stage: twelve cameras, twelve microphones and a screen are recorded one by one, for workers."""

from pathlib import Path

import av

from lectern.manifest import Fragment, ManifestReader, TrackStarted
from recording.packager import Packager
from tests.media_pattern import read_counter
from tests.recording.scripted_publisher import ScriptedPublisher, record

PEOPLE = 12
FPS = 10
SECONDS = 2


def test_each_track_of_a_full_stage_is_kept_whole_and_alone(tmp_path: Path) -> None:
    people = [ScriptedPublisher(f"p{number}", seed=number) for number in range(PEOPLE)]
    for person in people:
        person.video("camera", "VP8", 0.0, SECONDS, fps=FPS, size=(160, 90), reports=False)
        person.mic(0.0, SECONDS, reports=False)
    people[0].video("screen", "VP8", 0.0, SECONDS, fps=FPS, size=(160, 90), reports=False)
    record(people, tmp_path / "rec" / "1", SECONDS + 0.5)
    lines = ManifestReader(tmp_path / "rec" / "1" / "manifest.jsonl").poll()
    sent = {line.track: line for line in lines if isinstance(line, TrackStarted)}
    assert len(sent) == 2 * PEOPLE + 1
    assert {line.participant for line in sent.values()} == {f"p{number}" for number in range(PEOPLE)}
    files: dict[str, list[Path]] = {}
    for line in lines:
        if isinstance(line, Fragment):
            files.setdefault(line.track, []).append(tmp_path / "rec" / "1" / line.file)
    folders = {track: {file.parent for file in of_track} for track, of_track in files.items()}
    assert sorted(map(len, folders.values())) == [1] * len(sent)
    assert len(set.union(*folders.values())) == len(sent)
    for track, started in sent.items():
        if started.kind == "video":
            assert counters(files[track]) == list(range(SECONDS * FPS))
        else:
            assert packets(files[track]) == SECONDS * 50
    replay = Packager(tmp_path).finish()
    assert [video.source for video in replay.videos] == ["camera", "screen"]  # one camera at a time


def counters(files: list[Path]) -> list[int | None]:
    """What the pictures of a track show."""
    decoder = av.CodecContext.create("vp8", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    shown: list[int | None] = []
    for file in files:
        with av.open(str(file)) as container:
            for packet in container.demux(video=0):
                if packet.size:
                    shown += [read_counter(frame) for frame in decoder.decode(av.Packet(bytes(packet)))]
    return shown


def packets(files: list[Path]) -> int:
    """How many packets of sound a track has."""
    count = 0
    for file in files:
        with av.open(str(file)) as container:
            count += sum(1 for packet in container.demux() if packet.size)
    return count
