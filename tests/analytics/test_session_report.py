"""The report of a lesson: what was counted, what people say, and who may read it."""

import asyncio
import io
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from analytics.closing.neighbours import Lesson as ClosedLesson
from analytics.closing.neighbours import MakeUps
from analytics.closing.press import Press
from analytics.closing.signing import SigningKey
from analytics.lesson_coverage_report import LessonCoverages
from analytics.neighbours import Reaction
from analytics.paper.papers import Papers
from analytics.poll_report import PollReports
from analytics.session_report import Attending, present_at, volume_of
from analytics.session_report_routes import SessionReportRoutes
from analytics.session_reports import SessionReports
from analytics.spans import union
from lectern.edge.routes import mount
from lectern.manifest.clock_map import ClockMap, ClockPiece
from tests.analytics.closing.records import key
from tests.analytics.conftest import READERS, SESSION, Office
from tests.analytics.test_attendance_routes import teach
from tests.analytics.test_view_routes import interval, report
from tests.lesson import START, Raw

PATH = f"/api/v1/sessions/{SESSION}/report"


class Said:
    """Two of the two who came were content."""

    async def of(self, org_id: str, session_ids: Collection[str]) -> Mapping[str, Reaction]:
        return {id_: Reaction(1, 2, 3, 2, {"course": 4.333, "teacher": 5.0}, 50.0) for id_ in session_ids}


class Lessons:
    """The lesson of the office."""

    async def lesson(self, session_id: str) -> ClosedLesson:
        return ClosedLesson(
            session_id, "org", "Lectern 演示", "安全", "Asia/Shanghai", START, START, None, True, None, None
        )

    async def make_ups(self, session_id: str) -> MakeUps:
        return MakeUps(0, None)


class Keys:
    """One key."""

    async def current(self, organisation: str) -> SigningKey:
        return key()


@pytest.fixture
async def house(office: Office) -> AsyncIterator[Office]:
    async def authenticate(http: web.Request) -> Any:
        return READERS.get(http.headers.get("Authorization", ""))

    async def replay_of(session_id: str) -> str | None:
        return "film" if office.is_open else None

    polls = PollReports(office.database, office.store, office, office)
    coverages = LessonCoverages(office.attending, office)
    reports = SessionReports(office.attending, polls, office.view_reports, coverages, Said(), replay_of)
    papers = Papers(reports, Lessons(), Keys(), Press(), clock=lambda: office.now)
    app = web.Application()
    mount(app, SessionReportRoutes(reports, office, papers).routes(), authenticate)
    await teach(office)
    office.replay_clock = ClockMap((ClockPiece(0, 0, 100_000),))
    await report(office, "bob", interval("b", 0, 90, 1_000))
    async with TestClient(TestServer(app)) as client:
        office.client = client
        yield office


async def test_a_lesson_is_on_one_page(house: Office) -> None:
    await house.lesson.at(
        650,
        Raw("question_asked", {"id": "q1", "text_ref": "t1"}, "p_ann", {"t1": "Why?"}),
        Raw("question_asked", {"id": "q2", "text_ref": "t2", "participant": "p_guest"}, None, {"t2": "How?"}),
        Raw("question_answered", {"id": "q2", "answer_ref": None}),
    )
    status, found = await house.call("GET", PATH, "admin")
    assert status == 200, found
    came, said, volume = found["attending"], found["reaction"], found["volume"]
    assert (came["expected"], came["learners"], came["lesson_minutes"], came["minutes_each"]) == (
        3,
        2,
        10.0,
        5.5,
    )
    assert (came["sign_in"]["hits"], came["sign_in"]["of"]) == (1, 3)
    assert (came["took_part"]["hits"], came["activity"]["hits"], came["activity"]["of"]) == (1, 2, 2)
    assert (said["means"], said["recommendation"]) == ({"course": 4.33, "teacher": 5.0}, 50.0)
    assert (said["feedback"]["rate"], said["positive"]["rate"]) == (0.5, 0.6667)
    assert (volume["messages"], volume["questions"], volume["anonymous"], volume["answered"]) == (1, 1, 1, 1)
    assert (volume["answers"], volume["whole"], volume["per_learner"]) == (1, 4, 2.0)
    assert found["watching"] == {"viewers": 1, "minutes": 1.5, "completed": 1}
    assert (found["together"]["live_only"], found["together"]["replay_only"]) == (1, 1)
    assert found["completion"]["of"] == 3


async def test_signals_say_what_is_low_and_what_to_do(house: Office) -> None:
    _, found = await house.call("GET", PATH, "admin")
    signals = {each["signal"]: each for each in found["signals"]}
    assert list(signals) == [
        "activation", "learning_time", "target", "activity", "preferences", "passed", "absence",
    ]  # fmt: skip
    started, stayed = signals["activation"], signals["learning_time"]
    assert (started["share"]["hits"], started["share"]["of"], started["level"]) == (2, 3, "fine")
    assert (stayed["share"]["of"], stayed["own"], stayed["limit"]) == (2, True, 0.5)
    absent = signals["absence"]
    assert (absent["share"]["hits"], absent["share"]["of"], absent["level"]) == (1, 3, "low")
    assert signals["preferences"]["apart"] == ["Laboratory", "Shops"]
    assert signals["target"]["share"]["of"] == found["completion"]["of"]


async def test_without_a_replay_nothing_is_said_of_one(house: Office) -> None:
    house.is_open = False
    _, found = await house.call("GET", PATH, "admin")
    assert (found["watching"], found["together"]) == (None, None)


async def test_who_runs_the_lesson_reads_it_and_takes_it_home(house: Office) -> None:
    for who, code in (
        ("manager", 403), ("ann", 403), ("other_teacher", 403), ("other_host", 403), ("guest", 403),
        ("stranger", 404), ("host", 200), ("key", 200),
    ):  # fmt: skip
        assert (await house.call("GET", PATH, who))[0] == code, who
    csv = (await (await house.raw("GET", f"{PATH}.csv?lang=en", "admin")).text()).splitlines()
    assert "1. What they say,Feedback handed in,1,2,0.5" in csv
    assert "Afterwards,Viewers of the replay,1,," in csv
    workbook = await house.raw("GET", f"{PATH}.xlsx", "admin")
    assert (await workbook.read())[:2] == b"PK"
    assert ("admin", "session_report_exported", SESSION) in house.audit_log


def test_nobody_is_no_share() -> None:
    empty = Attending(0, 0, 0, 0, 0, 0, 0, 0.0, 0.0)
    assert [empty.sign_in.rate, empty.took_part.rate, empty.activity.rate] == [None, None, None]
    without_rounds = Attending(5, 0, 0, 0, 3, 3, 1, 9.0, 10.0)
    assert without_rounds.sign_in.rate is None
    assert volume_of([], [], 2).whole == 0


def signer_of(content: bytes) -> bytes:
    """Return whose the one valid signature of a PDF file is, which covers all of it."""
    [signature] = PdfFileReader(io.BytesIO(content)).embedded_signatures
    assert signature.field_name == "LessonReport"
    trusted = ValidationContext(trust_roots=[signature.signer_cert], allow_fetching=False)
    status = validate_pdf_signature(signature, trusted)
    assert (status.intact, status.valid) == (True, True)
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    certificate: bytes = signature.signer_cert.dump()
    return certificate


def insist_on_no_later_change(content: bytes) -> None:
    at = content.index(b"/Title")
    with pytest.raises(AssertionError):
        signer_of(content[:at] + b"/TitlE" + content[at + 6 :])


@pytest.mark.timeout(180)  # on a busy machine the child alone takes a minute to start
async def test_the_report_leaves_on_signed_paper(house: Office) -> None:
    answer = await house.raw("GET", f"{PATH}.pdf?lang=zh-CN", "admin")
    content = await answer.read()
    assert (answer.status, answer.content_type) == (200, "application/pdf")
    assert content[:5] == b"%PDF-"
    assert await asyncio.to_thread(signer_of, content) == key().certificate
    await asyncio.to_thread(insist_on_no_later_change, content)
    told = await (await house.raw("GET", f"{PATH}.pdf?lang=en&progress=true", "admin")).read()
    last, _, file = told[told.index(b'{"bytes"') :].partition(b"\n")
    said = msgspec.json.decode(last)
    assert (len(file), said["name"].endswith(".pdf"), file[:5]) == (said["bytes"], True, b"%PDF-")
    assert house.audit_log.count(("admin", "session_report_exported", SESSION)) == 2
    for who, code in (("manager", 403), ("ann", 403), ("other_host", 403), ("stranger", 404)):
        assert (await house.raw("GET", f"{PATH}.pdf", who)).status == code, who


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 1_000), st.integers(1, 400)), max_size=3), max_size=5),
    st.integers(1, 30),
)
def test_who_was_there_is_counted_at_every_moment(people: list[list[tuple[int, int]]], moments: int) -> None:
    there = [union((at, at + length) for at, length in each) for each in people]
    found = present_at(there, 0, 1_000, moments)
    for at, present in enumerate(found):
        moment = (at + 0.5) * 1_000 / moments
        assert present == sum(any(a <= moment < b for a, b in spans) for spans in there)
    assert len(found) == moments
    assert present_at(there, 5, 5, moments) == ()
