"""Looking back: pages of ten minutes hold what the playlist of everything holds, and stay short."""

import re
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from lectern.manifest.so_far import PAGE_MS, page_name
from recording.pages import PagedPlaylist, PageFile
from recording.playlists import FullPlaylist
from recording.timeline_plan import TICKS_PER_MS, Segment


def lesson(lengths_ms: Sequence[int], breaks: set[int]) -> list[Segment]:
    found, at, utc_ms = [], 0, 1_795_312_800_000
    for number, length_ms in enumerate(lengths_ms):
        apart = number in breaks and number > 0
        utc_ms += 90_000 if apart else 0  # nobody recorded, or it was aside
        end = at + length_ms * TICKS_PER_MS
        found.append(Segment(number, at, end, None, apart, utc_ms))
        at, utc_ms = end, utc_ms + length_ms
    return found


def named(segment: Segment) -> str:
    return f"init-{segment.number // 7}.mp4"


def names(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


def number_of(tag: str, text: str) -> int:
    found = re.search(rf"^#EXT-X-{tag}:(\d+)$", text, re.MULTILINE)
    assert found is not None
    return int(found[1])


def written(segments: Sequence[Segment]) -> dict[str, PageFile]:
    """What is on the disk when all is listed, and each page was written whenever it grew."""
    playlist, files = PagedPlaylist(named), dict[str, PageFile]()
    for segment in segments:
        playlist.extend(segment)
        for page in playlist.take(ended=False):
            assert not (page.name in files and files[page.name].is_closed), "a closed page was written again"
            files[page.name] = page
        playlist.note_written()
    files.update((page.name, page) for page in playlist.take(ended=True))
    return files


@given(
    st.lists(st.integers(min_value=500, max_value=12_000), min_size=1, max_size=400),
    st.sets(st.integers(min_value=0, max_value=400), max_size=8),
)
def test_the_pages_together_are_the_playlist_of_everything(lengths_ms: list[int], breaks: set[int]) -> None:
    segments = lesson(lengths_ms, breaks)
    full = FullPlaylist(named)
    full.extend(segments)
    files = written(segments)
    in_order = [files[name].text for name in sorted(files)]
    assert [name for text in in_order for name in names(text)] == names(full.text(ended=True))
    assert all(text.endswith("#EXT-X-ENDLIST\n") for text in in_order)
    before = 0
    for text in in_order:
        assert number_of("MEDIA-SEQUENCE", text) == before
        first = segments[before]
        assert f"# media-ms {first.start // TICKS_PER_MS}\n" in text
        assert number_of("DISCONTINUITY-SEQUENCE", text) == sum(
            segment.discontinuity for segment in segments[: before + 1]
        )
        # The page alone says where its decoder begins and which moment that was.
        opening = text[: text.index("#EXTINF")]
        assert f'#EXT-X-MAP:URI="{named(first)}"\n' in opening
        assert "#EXT-X-PROGRAM-DATE-TIME:" in opening
        before += len(names(text))


@given(st.lists(st.integers(min_value=500, max_value=12_000), min_size=1, max_size=300))
def test_a_moment_says_in_which_page_it_is(lengths_ms: list[int]) -> None:
    segments = lesson(lengths_ms, set())
    files = written(segments)
    for segment in segments:
        page = files[page_name(segment.start // TICKS_PER_MS // PAGE_MS)]
        assert f"{segment.number:06d}.m4s" in names(page.text)


def test_what_could_not_be_written_is_handed_out_again() -> None:
    playlist = PagedPlaylist(named)
    for segment in lesson([PAGE_MS - 1_000, 2_000, 2_000], set()):
        playlist.extend(segment)
        before = [page.name for page in playlist.take(ended=False)]
    assert before == [page_name(0), page_name(1)]
    assert [page.name for page in playlist.take(ended=False)] == before
    playlist.note_written()
    assert list(playlist.take(ended=False)) == []


def test_the_end_is_told_on_both_clocks() -> None:
    playlist = PagedPlaylist(named)
    for segment in lesson([2_000, 3_000], {1}):
        playlist.extend(segment)
    assert (playlist.end_ms, playlist.end_utc_ms) == (5_000, 1_795_312_800_000 + 95_000)
