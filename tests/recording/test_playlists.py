"""Playlist text: what RFC 8216 asks of it."""

from itertools import pairwise

from recording.playlists import LIVE_WINDOW, MediaPlaylist, master_playlist
from recording.timeline_plan import TICKS_PER_S, Segment


def segments(count: int, *, breaks: tuple[int, ...] = (), seconds: float = 2.0) -> list[Segment]:
    length = int(seconds * TICKS_PER_S)
    return [
        Segment(number, number * length, (number + 1) * length, None, number in breaks, number * 2000)
        for number in range(count)
    ]


def test_a_playlist_grows_at_its_end_only() -> None:
    playlist = MediaPlaylist(lambda _: "init.mp4")
    every = segments(40, breaks=(3, 20))
    texts = []
    for segment in every:
        playlist.extend([segment])
        texts.append(playlist.full(ended=False))
    for before, after in pairwise(texts):
        assert after.startswith(before)
    at_once = MediaPlaylist(lambda _: "init.mp4")
    at_once.extend(every)
    assert at_once.full(ended=True) == texts[-1] + "#EXT-X-ENDLIST\n"
    assert texts[-1].count("#EXT-X-MAP") == 3  # the first, and one after each discontinuity


def test_a_live_playlist_slides_and_counts_what_is_gone() -> None:
    playlist = MediaPlaylist(lambda segment: f"init-{segment.number // 10}.mp4")
    playlist.extend(segments(40, breaks=(3, 10, 30)))
    lines = playlist.live(ended=False).splitlines()
    assert f"#EXT-X-MEDIA-SEQUENCE:{40 - LIVE_WINDOW}" in lines
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:2" in lines
    names = [line for line in lines if not line.startswith("#")]
    assert names == [f"{number:06d}.m4s" for number in range(25, 40)]
    first = lines.index("000025.m4s")
    assert '#EXT-X-MAP:URI="init-2.mp4"' in lines[:first]
    assert lines.count('#EXT-X-MAP:URI="init-3.mp4"') == 1


def test_the_target_duration_holds_for_every_segment() -> None:
    playlist = MediaPlaylist(lambda _: "init.mp4")
    assert "#EXT-X-TARGETDURATION:4\n" in playlist.live(ended=False)
    playlist.extend(segments(2, seconds=7.6))
    assert "#EXT-X-TARGETDURATION:8\n" in playlist.full(ended=False)


def test_moments_are_utc_with_milliseconds() -> None:
    playlist = MediaPlaylist(lambda _: "init.mp4")
    playlist.extend([Segment(0, 0, TICKS_PER_S, None, False, 1_795_312_800_007)])
    assert "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T02:00:00.007Z\n#EXTINF:1.000000,\n" in playlist.full(
        ended=False
    )


def test_a_program_has_sound_and_a_screen_has_none() -> None:
    assert 'AUDIO="sound"' in master_playlist("camera/index.m3u8", "audio/index.m3u8")
    assert "AUDIO" not in master_playlist("screen/index.m3u8", None)
