"""Captions: read strictly, written clean, carried over into what is cut."""

import html
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.parts import ShownPart, parts_of
from catalogue.webvtt import LONGEST_BYTES, Cue, clean, mapped, read_captions, reread, written
from lectern.kernel.errors import Rejected

HOUR = 3_600_000


def read(text: str, duration_ms: int = HOUR) -> list[Cue]:
    return read_captions(text.encode(), duration_ms)


def refused(data: bytes, duration_ms: int = HOUR) -> dict[str, Any]:
    with pytest.raises(Rejected) as caught:
        read_captions(data, duration_ms)
    return {"code": caught.value.code, **caught.value.details}


def test_a_file_as_tools_write_it() -> None:
    text = (
        "\ufeffWEBVTT Kind: captions; Language: zh\r\nX-TIMESTAMP-MAP=LOCAL:0\r\n\r\n"
        "STYLE\r\n::cue { background: url(http://evil/) }\r\n\r\nNOTE made by hand\r\n\r\n"
        "1\r\n00:01.000 --> 00:02.500 line:0 align:start\r\n大家好\r\n第二行\r\n\r\n"
        "00:00:03.000 --> 00:00:04.000\r\n<v 讲师 王芳>A &amp; B</v>\r\n"
    )
    assert read(text) == [
        Cue(1_000, 2_500, "大家好\n第二行"),
        Cue(3_000, 4_000, "<v 讲师 王芳>A &amp; B</v>"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("00:01.000 --> 00:02.000\nno header", 1, "header_missing"),
        ("WEBVTTX\n\n", 1, "header_missing"),
        ("WEBVTT\n\n00:01 --> 00:02.000\nx", 3, "time_unreadable"),
        ("WEBVTT\n\n00:01,000 --> 00:02,000\nx", 3, "time_unreadable"),
        ("WEBVTT\n\n00:61.000 --> 00:02.000\nx", 3, "time_unreadable"),
        ("WEBVTT\n\njust words", 3, "time_unreadable"),
        ("WEBVTT\n\n1\nwords\nmore", 4, "time_unreadable"),
        ("WEBVTT\n\n00:02.000 --> 00:02.000\nx", 3, "time_backwards"),
        ("WEBVTT\n\n00:02.000 --> 01:00:02.000\nx", 3, "time_outside"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\nx\n\n00:01.000 --> 00:03.000\ny", 6, "out_of_order"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\n<b></b>\n", 3, "text_missing"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\nx\n00:04.000 --> 00:05.000\ny", 5, "blank_line_missing"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\n" + "x" * 1_001, 3, "text_too_long"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(text: str, line: int, code: str) -> None:
    found = refused(text.encode())
    assert found["code"] == "captions_invalid"
    assert [(one["line"], one["code"]) for one in found["lines"]] == [(line, code)]


def test_every_wrong_line_is_named_up_to_a_bound() -> None:
    text = "WEBVTT\n\n" + "".join(f"00:0{n % 7}.9 --> x\nwords\n\n" for n in range(30))
    found = refused(text.encode())
    assert (len(found["lines"]), found["count"], found["lines"][1]["line"]) == (20, 30, 6)


def test_what_is_no_file_of_captions_is_refused() -> None:
    assert refused("WEBVTT\n\n中文".encode("gb18030")) == {"code": "captions_not_utf8", "line": 3}
    assert refused(b"W" * (LONGEST_BYTES + 1))["code"] == "captions_too_large"
    assert refused(b"WEBVTT\n\nNOTE nothing\n")["code"] == "captions_empty"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<i>a</i> <b>b", "<i>a</i> <b>b</b>"),
        ("<b><i>a</b></i>", "<b><i>a</i></b>"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("<img src=x onerror=alert(1)>", ""),
        ("<b onclick=x>a</b>", "<b>a</b>"),
        ("<c.red>a</c> <lang en>b</lang> <00:01.000>c", "a b c"),
        ("<v Ann &amp; Bob>hi", "<v Ann &amp; Bob>hi</v>"),
        ("<v>hi</v>", "hi"),
        ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
        ("&lt;script&gt;", "&lt;script&gt;"),
        ("&amp;lt;", "&amp;lt;"),
        ("a\x07b\u202eevil", "abevil"),
        ("<<b>x", "&lt;<b>x</b>"),
    ],
)
def test_nothing_but_words_and_the_marks_that_mean_something(text: str, expected: str) -> None:
    assert clean(text) == expected
    assert clean(clean(text)) == clean(text)


_SAFE = re.compile(r"</?(?:b|i|u|ruby|rt)>|<v [^<>]+>|</v>")


@given(st.text(alphabet=st.sampled_from("<>/&;bivurtc .\n-a中x\"'=lgt"), max_size=60) | st.text(max_size=60))
def test_whatever_comes_in_only_safe_marks_come_out(text: str) -> None:
    out = clean(text)
    assert not set(_SAFE.sub("", out)) & {"<", ">"}
    assert clean(out) == out


_CUES = st.lists(
    st.tuples(st.integers(0, 90_000), st.integers(1, 9_000), st.sampled_from(["a", "中\nb", "1 &lt; 2"])),
    min_size=1, max_size=12,
).map(lambda found: [Cue(start, start + length, text) for start, length, text in sorted(found)])  # fmt: skip


@given(_CUES)
def test_what_is_written_reads_the_same(cues: list[Cue]) -> None:
    assert list(reread(written(cues))) == cues
    assert read(written(cues)) == cues


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: b"WEBVTT\n\n" + text.encode()))
def test_no_file_breaks_the_reader(data: bytes) -> None:
    try:
        cues = read_captions(data, 60_000)
    except Rejected:
        return
    assert all(0 <= cue.start_ms < cue.end_ms <= 60_000 and html.unescape(cue.text) for cue in cues)


def test_captions_of_a_cut_are_those_of_its_ranges() -> None:
    cues = [Cue(0, 1_000, "a"), Cue(4_500, 6_000, "b"), Cue(8_000, 9_000, "c"), Cue(20_000, 21_000, "d")]
    assert mapped(cues, [ShownPart(3_000, 5_000, 3_500), ShownPart(6_500, 20_000, 10_000)]) == [
        Cue(3_000, 4_000, "b"), Cue(6_000, 6_500, "c"), Cue(6_500, 7_500, "d"),
    ]  # fmt: skip


@given(
    _CUES,
    st.lists(st.tuples(st.integers(0, 90_000), st.integers(1, 40_000)), max_size=4),
    st.integers(0, 5_000),
)
def test_a_cut_shows_at_every_moment_what_the_recording_shows(
    cues: list[Cue], cuts: list[tuple[int, int]], before_ms: int
) -> None:
    parts = parts_of([(start, start + length) for start, length in cuts], before_ms)
    found = mapped(cues, parts)
    for part in parts:
        start, end = part.replay_ms, part.replay_ms + part.duration_ms
        for moment in {start, (start + end) // 2, end - 1}:
            there = sorted(cue.text for cue in cues if cue.start_ms <= moment < cue.end_ms)
            here = part.at_ms + moment - start
            assert sorted(cue.text for cue in found if cue.start_ms <= here < cue.end_ms) == there
