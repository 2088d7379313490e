"""What is carried, when, in which order, and what may leave. Pure."""

from hypothesis import given
from hypothesis import strategies as st

from lectern.storage.carrying import Ledger, LocalFile, leaving, load, pause_s
from lectern.storage.kinds import is_carried, is_final
from lectern.storage.place import BucketPlace, bucket_and_prefix, checked_endpoint
from tests.storage.refusals import refused

HOUR_NS = 3_600_000_000_000
S = "sessions/a"
REPLAY = f"{S}/hls/replay.json"

names = st.sampled_from(
    [
        "hls/camera/000001.m4s", "hls/camera/000002.m4s", "hls/camera/live.m3u8", "hls/replay.json",
        "rec/1/t/000001.mp4", "rec/1/manifest.jsonl", "ended", "rec/1/t/000002.part",
        ".download-12/video.mp4", "shelved.txt",
    ]
)  # fmt: skip
folders = st.dictionaries(
    names, st.builds(lambda size, at: (size, at), st.integers(0, 3), st.integers(0, 3)), max_size=10
).map(lambda found: [LocalFile(f"{S}/{name}", size, at * HOUR_NS) for name, (size, at) in found.items()])


def test_which_files_are_carried_and_which_never_change() -> None:
    assert is_final(f"{S}/hls/camera/000001.m4s")
    assert not is_final(REPLAY)
    assert not is_final(f"{S}/export.pdf")  # unknown: looked at each time, which is always right
    assert is_carried(REPLAY)
    for own in (f"{S}/ended", f"{S}/shelved.txt", f"{S}/rec/1/t/1.part", f"{S}/.work-1/video.mp4"):
        assert not is_carried(own)


@given(folders, folders)
def test_media_before_words_and_descriptions_last(files: list[LocalFile], before: list[LocalFile]) -> None:
    media, words = load(files, Ledger.begin({file.key: file.size_bytes for file in before}), 0.0)
    assert all(is_final(file.key) for file in media)
    assert not any(is_final(file.key) for file in words)
    assert all(is_carried(file.key) for file in (*media, *words))
    described = [file.key.endswith(".json") for file in words]
    assert described == sorted(described)


@given(folders, st.lists(st.floats(0, 10_000), max_size=4).map(sorted))
def test_in_the_end_the_bucket_has_everything(files: list[LocalFile], moments: list[float]) -> None:
    ledger = Ledger.begin({})
    arrived: dict[str, int] = {}
    for now in (*moments, 20_000.0):
        media, words = load(files, ledger, now)
        for file in (*media, *words):
            ledger.put_down(file, now)
            arrived[file.key] = file.size_bytes
    assert arrived == {file.key: file.size_bytes for file in files if is_carried(file.key)}
    assert load(files, ledger, 20_001.0) == ([], [])


def test_a_restarted_carrier_repeats_what_may_have_changed_and_no_media() -> None:
    segment, playlist = LocalFile(f"{S}/hls/1.m4s", 5, 0), LocalFile(f"{S}/hls/live.m3u8", 7, 0)
    ledger = Ledger.begin({segment.key: 5, playlist.key: 7})
    assert load([segment, playlist], ledger, 0.0) == ([], [playlist])
    half = Ledger.begin({segment.key: 4})
    assert load([segment], half, 0.0) == ([segment], [])


def test_a_long_manifest_is_not_carried_each_second() -> None:
    ledger = Ledger.begin({})
    size = 64 * 1024 * 20
    ledger.put_down(LocalFile(f"{S}/rec/1/manifest.jsonl", size, 1), 100.0)
    grown = LocalFile(f"{S}/rec/1/manifest.jsonl", size + 1, 2)
    assert not ledger.due(grown, 119.0)
    assert ledger.due(grown, 121.0)
    playlist = LocalFile(f"{S}/hls/live.m3u8", size, 2)
    ledger.put_down(playlist, 100.0)
    assert ledger.due(LocalFile(playlist.key, size, 3), 100.1)


@given(folders, folders, st.integers(0, 6), st.integers(0, 3))
def test_only_what_is_old_closed_and_safe_leaves(
    files: list[LocalFile], there: list[LocalFile], now_h: int, keep_h: int
) -> None:
    in_bucket = {file.key: file.size_bytes for file in there}
    keys = leaving(files, in_bucket, now_h * HOUR_NS, keep_h * HOUR_NS)
    for key in keys:
        assert is_final(key)
        assert in_bucket[key] == next(file.size_bytes for file in files if file.key == key)
    if keys:
        assert REPLAY in in_bucket
        assert all(now_h * HOUR_NS - f.changed_ns >= keep_h * HOUR_NS for f in files if is_carried(f.key))


def test_one_missing_file_keeps_all_of_them() -> None:
    files = [LocalFile(f"{S}/hls/1.m4s", 5, 0), LocalFile(f"{S}/hls/2.m4s", 5, 0), LocalFile(REPLAY, 1, 0)]
    in_bucket = {file.key: file.size_bytes for file in files}
    assert leaving(files, in_bucket, 9 * HOUR_NS, HOUR_NS) == [f"{S}/hls/1.m4s", f"{S}/hls/2.m4s"]
    assert leaving(files, in_bucket | {f"{S}/hls/2.m4s": 4}, 9 * HOUR_NS, HOUR_NS) == []
    assert leaving(files[:2], in_bucket, 9 * HOUR_NS, HOUR_NS) == []  # its replay is not closed


def test_pauses_grow_up_to_half_a_minute() -> None:
    assert [pause_s(failures) for failures in (0, 1, 2, 5, 500)] == [1.0, 2.0, 4.0, 30.0, 30.0]


def test_where_a_bucket_is() -> None:
    assert bucket_and_prefix("s3://lessons") == ("lessons", "")
    assert bucket_and_prefix("s3://my.lessons/a/b/") == ("my.lessons", "a/b")
    for wrong in ("lessons", "s3://", "https://s3/lessons", "s3://k:secret@lessons", "s3://A/b", "s3://a1/../b",
                  "s3://lessons?x=1", "s3://lessons/.hidden"):  # fmt: skip
        refused(bucket_and_prefix, wrong)
    assert checked_endpoint("https://s3.example.com:9000/") == "https://s3.example.com:9000"
    for wrong in ("s3.example.com", "ftp://x", "https://k:secret@x", "https://"):
        refused(checked_endpoint, wrong)


def test_no_secret_is_ever_printed() -> None:
    place = BucketPlace("lessons", "a", "https://s3:9000", key_id="k", secret="hush", ca_pem="pem")
    assert "hush" not in f"{place!r}{place}{place.url}"
    assert place.url == "s3://lessons/a at https://s3:9000"
