"""Manifests in pieces, and recorders' locks."""

import os
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lectern.manifest import ManifestReader
from lectern.manifest.hold import is_held, is_over
from lectern.storage.pieces import carried_to, offset_of, over_key, piece_key, whole_lines

MANIFEST = "sessions/s/rec/1/manifest.jsonl"


@given(st.lists(st.integers(1, 10_000), max_size=20), st.integers(0, 30))
def test_what_is_there_reaches_to_the_first_gap(sizes: list[int], lost: int) -> None:
    listing, offset, wanted = [(over_key(MANIFEST), 13), (MANIFEST, 5)], 0, 0
    for number, size in enumerate(sizes):
        key = piece_key(MANIFEST, offset)
        assert offset_of(key) == offset
        if number != lost:
            listing.append((key, size))
        offset += size
        if number < lost:
            wanted = offset
    assert carried_to(MANIFEST, sorted(listing)) == wanted
    assert carried_to("sessions/s/rec/11/manifest.jsonl", listing) == 0


def test_only_pieces_are_pieces() -> None:
    for key in (MANIFEST, over_key(MANIFEST), "sessions/s/hls/pieces/12.jsonl", "pieces/000000000012.jsonl"):
        assert offset_of(key) is None
    assert whole_lines(b"a\nb\nto") == b"a\nb\n"
    assert whole_lines(b"torn") == b""


def test_nothing_behind_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    line = b'{"type":"clock","media_ms":1.0}\n'
    path.write_bytes(line * 4)
    reader = ManifestReader(path)
    reader.limit = 2 * len(line)
    assert len(reader.poll()) == 2
    assert reader.poll() == []
    assert reader.offset == reader.limit
    reader.limit = None
    assert len(reader.poll()) == 2


RECORDER = """
import sys, time
from pathlib import Path
from recording.durable_folder import DurableFolder
DurableFolder(Path(sys.argv[1]))
print("ready", flush=True)
time.sleep(60)
"""


def test_a_recorder_that_is_killed_lets_go_of_its_manifest(tmp_path: Path) -> None:
    recorder = subprocess.Popen([sys.executable, "-c", RECORDER, str(tmp_path)], stdout=subprocess.PIPE)
    assert recorder.stdout is not None
    assert recorder.stdout.readline() == b"ready\n"
    manifest = tmp_path / "manifest.jsonl"
    assert is_held(manifest)
    assert not is_over(manifest, manifest.stat().st_mtime + 3600)
    recorder.kill()
    recorder.wait()
    recorder.stdout.close()
    assert not is_held(manifest)
    written_s = manifest.stat().st_mtime
    assert not is_over(manifest, written_s + 1)  # not quiet for long enough to be believed
    assert is_over(manifest, written_s + 4)
    manifest.write_bytes(b'{"type":"recording_ended","media_ms":1.0}\n')
    os.utime(manifest, (written_s, written_s))
    assert is_over(manifest, written_s)
