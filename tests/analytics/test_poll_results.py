"""Poll results through the door: figures, files, and whose rows are in them."""

import csv
import io
import zipfile
from typing import Any

from analytics.poll_routes import PAGE
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
    assert (await office.call("GET", growth, "teacher"))[1]["sessions"] == 1
    assert (await office.call("GET", growth, "other_teacher"))[1]["sessions"] == 0  # runs none of them
    assert (await office.call("GET", growth, "key"))[1]["sessions"] == 1
    too_long = "/api/v1/poll-growth?from_utc_ms=0&to_utc_ms=99999999999"
    assert (await office.call("GET", too_long, "admin"))[1]["error"]["code"] == "period_invalid"


async def test_growth_leaves_the_house_as_tables_that_no_spreadsheet_runs(office: Office) -> None:
    await quiz(office)
    asked = f"from_utc_ms={START}&to_utc_ms={START + 1}"
    response = await office.raw("GET", f"/api/v1/poll-growth.csv?{asked}&lang=en", "teacher")
    assert response.headers["Content-Disposition"].startswith('attachment; filename="growth-')
    rows = list(csv.DictReader(io.StringIO((await response.read()).decode("utf-8-sig"))))
    assert [(row["By"], row["Name"], row["Employee ID"], row["Answers"]) for row in rows] == [
        ("all together", "", "", "3"),
        ("person", "安 Ann", "E1", "2"),
        ("person", "'@Guest", "guest", "1"),
        ("department", "Shops", "", "2"),
        ("department", "no department", "", "1"),
    ]
    assert (rows[0]["Correct rate"], rows[0]["Correction rate"], rows[0]["Growth a day"]) == (
        "0.3333",
        "0.5",
        "",
    )
    response = await office.raw("GET", f"/api/v1/poll-growth.xlsx?{asked}&lang=zh-CN", "teacher")
    with zipfile.ZipFile(io.BytesIO(await response.read())) as book:
        assert "知识点" in book.read("xl/workbook.xml").decode()
        names = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        assert len(names) == 4
        assert "<f>" not in "".join(book.read(name).decode() for name in names)
    exported = [entry for entry in office.audit_log if entry[1] == "poll_growth_exported"]
    assert [who for who, _, _ in exported] == ["teacher", "teacher"]
    refused = await office.raw("GET", f"/api/v1/poll-growth.csv?{asked}", "ann")
    assert refused.status == 403


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
        ("'=1+1?", "", "(hidden: too few answers, or not all yours to see)", ""),
    ]
    assert (rows[3][2], rows[4][2]) == ("'@Guest", "(anonymous)")


async def written_poll(office: Office, texts: list[str]) -> None:
    """Everybody writes something: once under their names, once anonymously."""
    at = office.lesson.at
    await at(0, joined("p_ann", "ann", "Ann"), joined("p_bob", "bob", "Bob"), joined("p_g", None, "@Guest"))
    await at(60, SessionStarted())
    await at(70, asked("w1", {}, kind="text"))
    for who, ref, words in (("p_bob", "b", "draft"), ("p_ann", "a", "=door"), ("p_bob", "b2", "window")):
        await at(72, Raw("poll_voted", {"poll": "w1", "option": -1, "text_ref": ref}, who, {ref: words}))
    await at(80, asked("w2", {}, kind="text", anonymous=True))
    await at(81, Raw("poll_voted", {"poll": "w2", "option": -1}, "p_ann"))
    refs = {f"t{n:04}": words for n, words in enumerate(sorted(texts))}
    counted = {"id": "w2", "ballots": len(texts), "shown": True, "counts": (), "text_refs": tuple(refs)}
    await at(99, Raw("poll_counted", counted, None, refs))
    await at(99, asked("w3", {"x": "A", "y": "B"}, anonymous=True))
    await at(100, Raw("poll_counted", {"id": "w3", "ballots": 7, "shown": True, "counts": (5, 2)}))


TEXTS = [f"answer {n:03}" for n in range(2 * PAGE + 5)]


async def test_every_written_answer_can_be_read_and_an_anonymous_one_is_nobodys(office: Office) -> None:
    await written_poll(office, TEXTS)
    _, report = await office.call("GET", RESULTS, "admin")
    assert [each["written"] for each in report["questions"]] == [2, len(TEXTS), None]
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        status, page = await office.call("GET", f"{RESULTS}/w2/written?cursor={cursor}", "host")
        assert (status, page["total"]) == (200, len(TEXTS))
        assert len(page["items"]) <= PAGE
        found, cursor = found + page["items"], page["next"]
    nobody = {"participant": None, "person": None, "name": None, "correct": None}
    assert found == [{"text": words} | nobody for words in TEXTS]
    _, page = await office.call("GET", f"{RESULTS}/w1/written", "teacher")
    assert [each["text"] for each in page["items"]] == ["window", "=door"]
    assert [each["name"] for each in page["items"]] == ["Bob", "安 Ann"]
    assert page["next"] is None


async def test_written_answers_are_read_by_who_may_read_results(office: Office) -> None:
    await written_poll(office, TEXTS[:9])
    for who, status in (("ann", 403), ("guest", 403), ("other_host", 403), ("stranger", 404)):
        assert (await office.call("GET", f"{RESULTS}/w2/written", who))[0] == status, who
    assert (await office.call("GET", f"{RESULTS}/nothing/written", "admin"))[0] == 404
    _, own = await office.call("GET", f"{RESULTS}/w1/written", "manager")
    assert [(each["name"], each["text"]) for each in own["items"]] == [("Bob", "window")]
    _, none = await office.call("GET", f"{RESULTS}/w2/written", "manager")
    assert (none["total"], none["items"]) == (0, []), "what is not theirs alone is not told to a line manager"
    _, report = await office.call("GET", RESULTS, "manager")
    assert [each["written"] for each in report["questions"]] == [1, None, None]


async def test_anonymous_answers_leave_the_house_without_anybody(office: Office) -> None:
    await written_poll(office, ["+walk", "ask", "ask", "b", "c"])
    response = await office.raw("GET", f"{RESULTS}.csv?lang=en", "admin")
    rows = list(csv.reader(io.StringIO((await response.read()).decode("utf-8-sig"))))
    anonymous = [row for row in rows[1:] if row[2] == "(anonymous)"]
    assert rows[-len(anonymous) :] == anonymous
    assert [(row[0], row[6]) for row in anonymous] == [
        ("2", "'+walk"), ("2", "ask"), ("2", "ask"), ("2", "b"), ("2", "c"), ("3", "A: 5; B: 2"),
    ]  # fmt: skip
    assert {cell for row in anonymous for cell in row[3:6] + row[7:]} == {""}
    response = await office.raw("GET", f"{RESULTS}.xlsx?lang=en", "admin")
    with zipfile.ZipFile(io.BytesIO(await response.read())) as book:
        assert "Anonymous answers" in book.read("xl/workbook.xml").decode()
        sheet = book.read("xl/worksheets/sheet4.xml").decode()
        attempts = book.read("xl/worksheets/sheet3.xml").decode()
    assert (sheet.count("<row "), attempts.count("<row ")) == (6, 4)
    assert 'r="D' not in sheet, "number, question and answer, and no column beside them"


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
    assert len(sheets) == 4
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
