"""Playlist text: what RFC 8216 asks of it."""

from itertools import pairwise

from recording.playlists import LIVE_WINDOW, FullPlaylist, LivePlaylist, master_playlist
from recording.timeline_plan import TICKS_PER_S, Segment


def segments(count: int, *, breaks: tuple[int, ...] = (), seconds: float = 2.0) -> list[Segment]:
    length = int(seconds * TICKS_PER_S)
    return [
        Segment(number, number * length, (number + 1) * length, None, number in breaks, number * 2000)
        for number in range(count)
    ]


def test_a_playlist_grows_at_its_end_only() -> None:
    playlist = FullPlaylist(lambda _: "init.mp4")
    every = segments(40, breaks=(3, 20))
    texts = []
    for segment in every:
        playlist.extend([segment])
        texts.append(playlist.text(ended=False))
    for before, after in pairwise(texts):
        assert after.startswith(before)
    at_once = FullPlaylist(lambda _: "init.mp4")
    at_once.extend(every)
    assert at_once.text(ended=True) == texts[-1] + "#EXT-X-ENDLIST\n"
    assert texts[-1].count("#EXT-X-MAP") == 3  # the first, and one after each discontinuity


def test_a_live_playlist_slides_and_counts_what_is_gone() -> None:
    playlist = LivePlaylist(lambda segment: f"init-{segment.number // 10}.mp4")
    playlist.extend(segments(40, breaks=(3, 10, 30)))
    lines = playlist.text(ended=False).splitlines()
    assert f"#EXT-X-MEDIA-SEQUENCE:{40 - LIVE_WINDOW}" in lines
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:2" in lines
    names = [line for line in lines if not line.startswith("#")]
    assert names == [f"{number:06d}.m4s" for number in range(25, 40)]
    first = lines.index("000025.m4s")
    assert '#EXT-X-MAP:URI="init-2.mp4"' in lines[:first]
    assert lines.count('#EXT-X-MAP:URI="init-3.mp4"') == 1


def test_the_target_duration_holds_for_every_segment() -> None:
    playlist = FullPlaylist(lambda _: "init.mp4")
    assert "#EXT-X-TARGETDURATION:4\n" in playlist.text(ended=False)
    playlist.extend(segments(2, seconds=7.6))
    assert "#EXT-X-TARGETDURATION:8\n" in playlist.text(ended=False)


def test_moments_are_utc_with_milliseconds() -> None:
    playlist = FullPlaylist(lambda _: "init.mp4")
    playlist.extend([Segment(0, 0, TICKS_PER_S, None, False, 1_795_312_800_007)])
    assert "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T02:00:00.007Z\n#EXTINF:1.000000,\n" in playlist.text(
        ended=False
    )


def test_a_program_has_sound_and_a_screen_has_none() -> None:
    assert 'AUDIO="sound"' in master_playlist("camera/index.m3u8", "audio/index.m3u8")
    assert "AUDIO" not in master_playlist("screen/index.m3u8", None)


def test_what_was_recorded_aside_is_apart_in_the_live_playlist() -> None:
    playlist = LivePlaylist(lambda _: "init.mp4")
    playlist.extend(segments(2))
    playlist.extend(segments(1), "../aside-2/camera/")
    playlist.extend(segments(1))
    names = [line for line in playlist.text(ended=False).splitlines() if line[0] != "#" or "MAP" in line]
    assert names == [
        '#EXT-X-MAP:URI="init.mp4"',
        "000000.m4s",
        "000001.m4s",
        '#EXT-X-MAP:URI="../aside-2/camera/init.mp4"',
        "../aside-2/camera/000000.m4s",
        '#EXT-X-MAP:URI="init.mp4"',
        "000000.m4s",
    ]
    assert playlist.text(ended=False).count("#EXT-X-DISCONTINUITY\n") == 2


def test_growth_and_what_was_written_before_are_the_playlist() -> None:
    playlist = FullPlaylist(lambda _: "init.mp4")
    file = ""
    for segment in [*segments(5), *segments(3, seconds=7.6), *segments(3)]:
        playlist.extend([segment])
        grown = playlist.growth()
        file = playlist.text(ended=False) if grown is None else file + grown
        playlist.note_written()
        assert file == playlist.text(ended=False)
    playlist.growth()  # and could not be written
    assert playlist.growth() is None
