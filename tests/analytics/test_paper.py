"""The report of a lesson on paper: what stands there in both languages, drawn as lines, without a name."""

from dataclasses import replace

import msgspec
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_PATH

from analytics.chance import Share
from analytics.lesson_coverage import LessonSums
from analytics.neighbours import Reaction
from analytics.paper.content import MOST_POINTS, paper_of, thinned
from analytics.paper.drawing import drawn, step_of
from analytics.session_report import Attending, SessionReport, Volume, Watching
from analytics.sheet_words import Lang
from analytics.signals import Shares, SignalLimits, signals_of
from analytics.view_sums import Curves
from tests.analytics.closing.records import key
from tests.lesson import START

DEPARTMENTS = {"Laboratory 实验室": Share(3, 30), "Shops": Share(28, 30)}
SIGNALS = signals_of(
    Shares(
        activation=Share(70, 120), learning_time=Share(20, 66), target=Share(31, 60), activity=Share(40, 66),
        passed=Share(30, 50), participation=Share(60, 120), departments=DEPARTMENTS,
    ),
    SignalLimits(),
)  # fmt: skip
REPORT = SessionReport(
    title='消防安全 Fire safety\u202e "../x"',
    starts_utc_ms=START,
    zone="Asia/Shanghai",
    attending=Attending(120, 40, 6, 2, 60, 66, 40, 41.5, 62.25),
    volume=Volume(messages=214, questions=12, anonymous=3, answered=9, polls=4, answers=188, hands=7),
    reaction=Reaction(20, 66, 18, 15, {"course": 4.333, "teacher": 5.0}, 33.3),
    answers_right=Share(30, 50),
    completion=Share(31, 60),
    together=LessonSums(20, 8, 12, 30, 9, 0.7),
    watching=Watching(20, 345.5, 11),
    signals=SIGNALS,
    departments=DEPARTMENTS,
    presence=tuple(min(66, at * 3) for at in range(120)),
    replay=Curves(tuple(20 - at // 200 for at in range(3_000)), (1,) * 3_000, (0,) * 2_999 + (20,)),
)


def opened(lang: Lang, report: SessionReport = REPORT) -> pypdfium2.PdfDocument:
    paper = paper_of(report, "Lectern 演示", lang, START + 9_000_000)
    told: list[tuple[int, int]] = []
    content = drawn(msgspec.json.encode(paper), key(), START, lambda done, of: told.append((done, of)))
    assert [done for done, _ in told] == list(range(told[0][1])), "it says how far it is"
    return pypdfium2.PdfDocument(content)


def words_of(document: pypdfium2.PdfDocument) -> str:
    return "".join(page.get_textpage().get_text_bounded() for page in document).replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        (
            "en",
            ["Report of a lesson", "Lectern 演示", "消防安全 Fire safety", "61 % (40 of 66)", "What to do",
             "Ask for less, and have senior managers take part.", "limit 60 %, as companies use it",
             "Laboratory 实验室: 10 % (3 of 30); Shops: 93 % (28 of 30)", "Net promoter score", "33.3",
             "The replay, second by second", "Learners there, over the lesson", "50:00", "1:02:15"],
        ),
        (
            "zh-CN",
            ["课程报告", "建议", "降低要求，并请高层管理者参与。", "界限 60%，业界常用值", "净推荐值",
             "回放逐秒观看", "课程进行中的在场人数", "52%（60 中 31）", "Laboratory 实验室"],
        ),
    ],
)  # fmt: skip
def test_it_says_everything_in_the_readers_language(lang: Lang, expected: list[str]) -> None:
    document = opened(lang)
    words = words_of(document)
    flat = words.replace("\n", "")
    for each in expected:
        assert each.replace(" ", "") in flat.replace(" ", ""), each
    assert "\u202e" not in words, "nothing that turns the direction of writing"
    assert "□" not in words
    kinds = [item.type for page in document for item in page.get_objects()]
    assert FPDF_PAGEOBJ_IMAGE not in kinds, "charts are drawn, not pictures"
    assert kinds.count(FPDF_PAGEOBJ_PATH) > 40


def test_what_is_missing_is_not_drawn_and_what_is_hidden_is_said() -> None:
    bare = replace(
        REPORT, together=None, watching=None, presence=(), replay=None, departments={}, signals=(),
        reaction=Reaction(2, 66), attending=Attending(0, 0, 0, 0, 0, 0, 0, 0.0, 0.0),
    )  # fmt: skip
    words = words_of(opened("en", bare))
    assert "too few to show" in words
    assert "No figure is below its limit." in words
    for each in ("second by second", "over the lesson", "by department", "Afterwards"):
        assert each not in words, each


def test_many_departments_and_long_words_stay_on_their_pages() -> None:
    many = {f"Department {number} {'安全培训' * 30}": Share(number % 7, 7) for number in range(90)}
    document = opened("zh-CN", replace(REPORT, departments=many, title="很长的标题" * 40))
    assert "另有 75 个部门" in words_of(document).replace("\n", "")
    assert len(document) <= 5
    for page in document:
        width, height = page.get_size()
        for item in page.get_objects():
            left, bottom, right, top = item.get_bounds()
            assert -1 <= left <= right <= width + 1
            assert -1 <= bottom <= top <= height + 1


@given(st.lists(st.integers(0, 500), max_size=3_000))
def test_no_peak_is_lost(points: list[int]) -> None:
    found = thinned(points)
    assert len(found) <= MOST_POINTS
    assert max(found, default=0) == max(points, default=0)


@given(st.integers(0, 10**9))
def test_a_scale_has_few_lines(most: int) -> None:
    step = step_of(most)
    assert step * 5 >= most
    assert int(str(step)[0]) in {1, 2, 5}
