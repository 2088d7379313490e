"""Pure parts of the worker: who is seen when, and how a title breaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lectern.manifest import Replay, ReplaySpan, ReplayVideo
from mediaworker.intro_card import drawable, fit_title, has_glyph, load_font, printable, wrap
from mediaworker.layout import HEIGHT, WIDTH, between, boxes, compose_layout
from mediaworker.media_job import Arrangement
from tests.mediaworker.vectors import ARRANGEMENTS, FILE, written


def replay(camera: list[tuple[int, int]], screen: list[tuple[int, int]]) -> Replay:
    spans = {"camera": camera, "screen": screen}
    return Replay(
        duration_ms=60_000,
        utc_ms=0,
        videos=tuple(
            ReplayVideo(source, f"{source}/index.m3u8", tuple(ReplaySpan(*span) for span in spans[source]))
            for source in ("camera", "screen")
            if spans[source]
        ),
        clock=(),
    )


def test_screen_is_large_while_it_is_shared() -> None:
    layout = compose_layout(replay([(0, 30_000)], [(10_000, 20_000)]), 5000, 25_000)
    assert layout.duration_s == 20
    assert layout.sources == {"camera": "camera/index.m3u8", "screen": "screen/index.m3u8"}
    assert layout.camera_alone == ((0.0, 5.0), (15.0, 20.0))
    assert layout.both == ((5.0, 15.0),)


def test_only_what_is_seen_in_the_range_is_needed() -> None:
    both = replay([(0, 30_000)], [(10_000, 20_000)])
    assert compose_layout(both, 0, 9000).sources == {"camera": "camera/index.m3u8"}
    alone = compose_layout(replay([], [(0, 9000)]), 0, 9000)
    assert alone.sources == {"screen": "screen/index.m3u8"}
    assert alone.both == alone.camera_alone == ()
    assert compose_layout(replay([], []), 0, 9000).sources == {"camera": "camera/index.m3u8"}


cuts = st.lists(st.integers(0, 600), unique=True, max_size=8).map(sorted)


def pairs(points: list[int]) -> list[tuple[int, int]]:
    return [(points[i] * 100, points[i + 1] * 100) for i in range(0, len(points) - 1, 2)]


@given(cuts, cuts, st.integers(0, 599))
def test_every_moment_of_the_camera_is_seen_once(camera: list[int], screen: list[int], moment: int) -> None:
    layout = compose_layout(replay(pairs(camera), pairs(screen)), 0, 60_000)
    at_s = moment / 10 + 0.05
    in_camera = any(start <= at_s * 1000 < end for start, end in pairs(camera))
    in_screen = any(start <= at_s * 1000 < end for start, end in pairs(screen))
    alone = any(start <= at_s < end for start, end in layout.camera_alone)
    both = any(start <= at_s < end for start, end in layout.both)
    assert alone == (in_camera and not in_screen)
    assert both == (in_camera and in_screen)


def test_the_committed_vectors_are_what_is_composed() -> None:
    assert FILE.read_bytes() == written(), "see tests/mediaworker/vectors.py"


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_the_boxes_of_an_arrangement_fit_into_the_picture(arrangement: Arrangement) -> None:
    for left, top, width, height in boxes(arrangement).values():
        assert all(side % 2 == 0 for side in (left, top, width, height))  # overlay would round them
        assert 0 <= left <= left + width <= WIDTH
        assert 0 <= top <= top + height <= HEIGHT
        assert width / height == pytest.approx(16 / 9, rel=0.01)


def test_side_by_side_nothing_covers_the_other_and_both_stand_in_the_middle() -> None:
    screen, camera = boxes("side_by_side")["screen"], boxes("side_by_side")["camera"]
    gap = camera[0] - (screen[0] + screen[2])
    assert gap == screen[0] == WIDTH - (camera[0] + camera[2])
    for _, top, _, height in (screen, camera):
        assert top + height / 2 == pytest.approx(HEIGHT / 2, abs=1)


def test_expression() -> None:
    assert between([(0.0, 1.0), (2.5, 3.0)]) == "between(t,0.000,0.999)+between(t,2.500,2.999)"


@given(st.text(max_size=80))
def test_no_line_is_too_wide_and_nothing_is_lost(text: str) -> None:
    font = load_font(32)
    clean = printable(text)
    lines = wrap(clean, font, 300)
    assert "".join(lines).replace(" ", "") == clean.replace(" ", "")
    for line in lines:
        assert font.getlength(line) <= 300 or len(line) <= 3


def test_long_titles_get_smaller_and_end_with_an_ellipsis() -> None:
    short, lines = fit_title("欢迎", 1040)
    assert lines == ["欢迎"]
    long, lines = fit_title("如何在门店里接待第一次来访的客户并且让他愿意再来" * 8, 1040)
    assert long.size < short.size
    assert len(lines) == 4
    assert lines[-1].endswith("…")


@pytest.mark.parametrize("name", ["龑骉", "王芳", "Zoë", "山田太郎", "김민수"])
def test_the_font_knows_peoples_names(name: str) -> None:
    assert all(has_glyph(character) for character in name)
    assert drawable(name) == name


def test_letters_that_the_font_lacks_lose_their_marks_only() -> None:
    assert not has_glyph("Ł")
    assert drawable("Łukasz Őszi Şahin 王芳") == "Lukasz Oszi Sahin 王芳"
    assert drawable("\U0001f600") in {"\U0001f600", "?"}
