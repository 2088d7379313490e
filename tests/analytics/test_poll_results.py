"""Poll results through the door: figures, files, and whose rows are in them."""

import csv
import io
import zipfile
from typing import Any

from analytics.workbook import Table, csv_file, disposition, xlsx_file
from lectern.timeline.event import SessionStarted
from tests.analytics.conftest import SESSION, Office
from tests.analytics.test_attendance_routes import joined, opened
from tests.lesson import START, Raw

RESULTS = f"/api/v1/sessions/{SESSION}/poll-results"


def asked(id_: str, words: dict[str, str], **more: Any) -> Raw:
    payload = {"id": id_, "question_ref": f"{id_}q", "option_refs": tuple(words)} | more
    return Raw("poll_opened", payload, "p_host", {f"{id_}q": "=1+1?"} | words)


def answered(id_: str, who: str, option: int, *, correct: bool | None) -> Raw:
    return Raw("poll_voted", {"poll": id_, "option": option, "picks": (option,), "correct": correct}, who)


async def quiz(office: Office) -> None:
    """Ann corrects herself, the guest does not; a rating is anonymous and has too few ballots."""
    at = office.lesson.at
    await at(0, joined("p_ann", "ann", "Ann"), opened("p_ann", "c1", "pc"), joined("p_g", None, "@Guest"))
    await at(60, SessionStarted())
    words = {"o1": "-2", "o2": "+2"}
    await at(70, asked("q1", words, right=(1,), point_refs=("pt",), kind="single"))
    await at(75, answered("q1", "p_ann", 0, correct=False))
    await at(80, answered("q1", "p_ann", 1, correct=True), answered("q1", "p_g", 0, correct=False))
    await at(90, asked("q2", {}, kind="rating", low=1, high=5, anonymous=True))
    await at(91, Raw("poll_voted", {"poll": "q2", "option": -1}, "p_ann"))
    await at(99, Raw("poll_counted", {"id": "q2", "ballots": 1, "shown": False}))


async def test_results_tell_the_quiz(office: Office) -> None:
    await quiz(office)
    status, report = await office.call("GET", RESULTS, "admin")
    assert (status, report["asked"], report["worst"]) == (200, 1, ["q1"])
    first, second = report["questions"]
    assert (first["question"], first["options"], first["counts"]) == ("=1+1?", ["-2", "+2"], [1, 1])
    assert first["wrong"] == {"0": 2}
    assert first["sums"] == {
        "answered": 2, "attempts": 3, "right": 1, "points": 1.0, "rate": 0.5, "first_rate": 0.0,
        "median_s": 7.5, "once_wrong": 2, "corrected": 1,
    }  # fmt: skip
    assert (second["counts"], second["anonymous"], second["sums"]["answered"]) == (None, True, 1)
    assert [(row["name"], row["sums"]["right"]) for row in report["people"]] == [("安 Ann", 1), ("@Guest", 0)]
    assert report["departments"][0]["sums"]["answered"] == 1


async def test_growth_is_read_over_the_sessions_of_a_time(office: Office) -> None:
    await quiz(office)
    growth = f"/api/v1/poll-growth?from_utc_ms={START}&to_utc_ms={START + 1}"
    status, report = await office.call("GET", f"{growth}&q=安", "admin")
    assert (status, report["sessions"], report["days"][0]["answers"]) == (200, 1, 3)
    assert report["whole"] == {
        "answers": 3, "right": 1, "points": 1.0, "rate": 0.3333, "slope": None, "last_day": 1,
        "once_wrong": 2, "corrected": 1,
    }  # fmt: skip
    assert [(row["name"], row["sums"]["right"]) for row in report["people"]] == [("安 Ann", 1), ("@Guest", 0)]
    assert len(report["departments"]) == 2
    status, report = await office.call("GET", growth, "manager")
    assert all(row["person"] is not None for row in report["people"])
    assert report["whole"]["answers"] < 3
    assert (await office.call("GET", f"{growth}&q=other", "admin"))[1]["sessions"] == 0
    assert (await office.call("GET", growth, "ann"))[0] == 403
    too_long = "/api/v1/poll-growth?from_utc_ms=0&to_utc_ms=99999999999"
    assert (await office.call("GET", too_long, "admin"))[1]["error"]["code"] == "period_invalid"


async def test_a_line_manager_sees_own_people_and_no_guests(office: Office) -> None:
    await quiz(office)
    status, report = await office.call("GET", RESULTS, "manager")
    assert status == 200
    assert all(row["person"] is not None for row in report["people"])
    assert report["questions"][1]["counts"] is None
    assert (await office.call("GET", RESULTS, "ann"))[0] == 403


async def test_a_table_of_every_attempt_that_no_spreadsheet_runs(office: Office) -> None:
    await quiz(office)
    response = await office.raw("GET", f"{RESULTS}.csv?lang=en", "admin")
    assert response.status == 200
    rows = list(csv.reader(io.StringIO((await response.read()).decode("utf-8-sig"))))
    assert rows[0][:8] == [
        "No.", "Question", "Name", "Employee ID", "Department", "Attempt", "Answer", "Correct",
    ]  # fmt: skip
    assert [(row[1], row[5], row[6], row[7]) for row in rows[1:]] == [
        ("'=1+1?", "1", "'-2", "wrong"),
        ("'=1+1?", "2", "'+2", "right"),
        ("'=1+1?", "1", "'-2", "wrong"),
    ]
    assert rows[3][2] == "'@Guest"


async def test_a_workbook_of_text(office: Office) -> None:
    await quiz(office)
    response = await office.raw("GET", f"{RESULTS}.xlsx?lang=zh-CN", "admin")
    assert response.status == 200
    assert ("admin", "poll_results_exported", SESSION) in office.audit_log
    with zipfile.ZipFile(io.BytesIO(await response.read())) as book:
        names = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        sheets = [book.read(name).decode() for name in names]
        assert "作答记录" in book.read("xl/workbook.xml").decode()
        assert "@Guest" in book.read("xl/sharedStrings.xml").decode()
    assert len(sheets) == 3
    assert not any("<f>" in sheet for sheet in sheets)


def test_files_take_anything() -> None:
    cells = ["=cmd()", "\t@x", "\u202eabc", "x" * 50_000, None, 1.5, "http://x", 0]
    table = Table("A name that is longer than 31 characters", [str(n) for n in range(8)], [cells])
    assert csv_file(table).decode("utf-8-sig").splitlines()[1].startswith("'=cmd(),'\t@x,")
    with zipfile.ZipFile(io.BytesIO(xlsx_file([table, Table("Empty", ["one"], [])]))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in sheet
    name = disposition("polls", '第一课 "../x"\r\n', ending="csv")
    assert name.startswith('attachment; filename="polls-x.csv"; ')
    assert "\n" not in name
