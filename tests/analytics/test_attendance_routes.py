"""Attendance through the door: table, CSV, and who may see which rows."""

import csv
import io
from typing import Any

import pytest

from analytics.attendance.models import AttendanceModel, AttendanceRowModel
from analytics.workbook import safe_cell
from lectern.timeline.event import SessionEnded, SessionStarted
from tests.analytics.conftest import SESSION, Office
from tests.lesson import START, Raw

KNOWN = (
    "participant", "person", "name", "kind", "expected", "intervals", "minutes", "checkins", "checkin_status",
    "answers", "messages", "hands", "upvotes", "reactions", "stage_minutes", "questions", "replay_minutes",
    "source", "screens",
)  # fmt: skip
TABLE = f"/api/v1/sessions/{SESSION}/attendance"


def joined(participant: str, person: str | None, name: str) -> Raw:
    payload: dict[str, Any] = {
        "participant": participant, "person": person, "role": "learner",
        "kind": "person" if person else "guest", "name_ref": f"n_{participant}",
    }  # fmt: skip
    return Raw("participant_joined", payload, participant, {f"n_{participant}": name})


def opened(participant: str, connection: str, device: str) -> Raw:
    payload = {"participant": participant, "connection": connection, "device": device, "source": None}
    return Raw("connection_opened", payload, participant)


def closed(participant: str, connection: str, second: float) -> Raw:
    payload = {
        "participant": participant,
        "connection": connection,
        "at_utc_ms": START + round(second * 1000),
    }
    return Raw("connection_closed", payload, participant)


async def teach(office: Office) -> None:
    """Ann drops out for a while and returns by phone; Bob stays away; a guest comes late."""
    at = office.lesson.at
    await at(0, joined("p_ann", "ann", "Ann at the time"), opened("p_ann", "c1", "pc"))
    await at(60, SessionStarted())
    await at(90, Raw("checkin_opened", {"id": "k1"}, "p_host"))
    await at(95, Raw("checkin_answered", {"id": "k1", "status": "on_time"}, "p_ann"))
    await at(120, Raw("checkin_closed", {"id": "k1"}))
    await at(300, closed("p_ann", "c1", 300))
    await at(420, opened("p_ann", "c2", "phone"))
    await at(480, joined("p_guest", None, "@SUM(guest)"), opened("p_guest", "c3", "pc"))
    await at(500, Raw("poll_voted", {"poll": "v1", "option": 1}, "p_ann"))
    await at(510, Raw("chat_sent", {"id": "m1"}, "p_guest"))
    await at(660, SessionEnded())
    await at(700, closed("p_ann", "c2", 700), closed("p_guest", "c3", 690))


async def test_the_table_tells_the_lesson(office: Office) -> None:
    await teach(office)
    status, report = await office.call("GET", TABLE, "admin")
    assert (status, report["expected"]) == (200, 3)
    assert [row["name"] for row in report["rows"]] == ["=HYPERLINK(1)", "Bob", "安 Ann", "@SUM(guest)"]
    ann, guest = report["rows"][2:]
    AttendanceModel.model_validate(report, strict=False)
    assert set(ann) == set(AttendanceRowModel.model_fields)
    assert {name: ann[name] for name in KNOWN} == {
        "participant": "p_ann",
        "person": {"id": "ann", "external_id": "E1", "name": "安 Ann", "department": "Shops"},
        "name": "安 Ann",
        "kind": "person",
        "expected": True,
        "intervals": [
            {"joined_utc_ms": START, "left_utc_ms": START + 300_000, "device": "pc"},
            {"joined_utc_ms": START + 420_000, "left_utc_ms": START + 700_000, "device": "phone"},
        ],
        "minutes": 8.0,
        "checkins": [{"round": "k1", "status": "on_time", "corrected": False}],
        "checkin_status": "on_time",
        "answers": 1,
        "messages": 0,
        "hands": 0,
        "upvotes": 0,
        "reactions": 0,
        "stage_minutes": 0.0,
        "questions": 0,
        "replay_minutes": 0.0,
        "source": None,
        "screens": [],
    }
    assert (guest["person"], guest["kind"], guest["expected"]) == (None, "guest", False)
    assert (guest["minutes"], guest["messages"], guest["checkin_status"]) == (3.0, 1, "absent")


async def test_make_ups_and_screens_stand_in_table_and_csv(office: Office) -> None:
    await teach(office)
    screen = {"participant": "p_tv", "person": None, "role": "screen", "kind": "screen", "name_ref": "n_tv"}
    eve = {"id": "k1", "participant": None, "person": "eve", "before": None, "after": "make_up"}
    await office.lesson.at(
        800,
        Raw("participant_joined", screen, "p_tv", {"n_tv": "Store 12"}),
        Raw("screen_scanned", {"participant": "p_guest", "screen": "p_tv"}, "p_guest"),
        Raw("checkin_corrected", eve, "p_host"),
    )
    _, report = await office.call("GET", TABLE, "admin")
    eve_row, bob, _, guest = report["rows"]
    assert eve_row["checkins"] == [{"round": "k1", "status": "make_up", "corrected": True}]
    assert (eve_row["checkin_status"], bob["checkin_status"]) == ("make_up", "absent")
    assert (guest["source"], guest["screens"]) == ("screen", ["Store 12"])
    header, *rows = await read_csv(office, "?lang=en")
    cells = [dict(zip(header, row, strict=True)) for row in rows]
    assert (cells[0]["Check-in 1"], cells[0]["Check-ins set by the host"]) == ("made up", "1")
    assert (cells[3]["Came by"], cells[3]["In front of the screen"]) == ("screen", "Store 12")


async def test_minutes_of_replay_join_the_row(office: Office) -> None:
    await teach(office)
    for who in ("ann", "guest"):
        interval = {
            "id": "i", "from_ms": 0, "to_ms": 90_000, "started_utc_ms": START + 1_000_000, "wall_ms": 90_000,
            "speed": 1.0, "visible": True, "audible": True,
        }  # fmt: skip
        body = {"medium": "replay", "id": "film", "version": 1, "player": "t", "intervals": [interval]}
        await office.call("POST", "/api/v1/views", who, json=body)
    _, report = await office.call("GET", TABLE, "admin")
    assert [row["replay_minutes"] for row in report["rows"]] == [0, 0, 1.5, 1.5]


async def test_an_erased_name_is_gone(office: Office) -> None:
    await teach(office)
    async with office.lesson.engine.change(SESSION) as change:
        change.erase("n_p_guest")
    _, report = await office.call("GET", TABLE, "admin")
    assert report["rows"][3]["name"] is None


@pytest.mark.parametrize(
    ("who", "status", "names"),
    [
        ("manager", 200, ["=HYPERLINK(1)", "Bob"]),
        ("host", 200, ["=HYPERLINK(1)", "Bob", "安 Ann", "@SUM(guest)"]),
        ("key", 200, ["=HYPERLINK(1)", "Bob", "安 Ann", "@SUM(guest)"]),
        ("other_host", 403, []),
        ("guest", 403, []),
        ("ann", 403, []),
        ("stranger", 404, []),
        (None, 401, []),
    ],
)
async def test_who_sees_whom(office: Office, who: str | None, status: int, names: list[str]) -> None:
    await teach(office)
    found, report = await office.call("GET", TABLE, who)
    assert found == status
    if status == 200:
        assert [row["name"] for row in report["rows"]] == names
        assert report["expected"] == len([name for name in names if "guest" not in name])
    assert (await office.raw("GET", TABLE + ".csv", who)).status == status


async def read_csv(office: Office, query: str = "", **headers: str) -> list[list[str]]:
    response = await office.raw("GET", TABLE + ".csv" + query, "admin", headers=headers)
    content = await response.read()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


async def test_the_csv_says_the_same_in_utc_and_the_sessions_zone(office: Office) -> None:
    await teach(office)
    header, *rows = await read_csv(office, "?lang=en")
    ann = dict(zip(header, rows[2], strict=True))
    assert (ann["First joined (UTC)"], ann["First joined (Asia/Shanghai)"]) == (
        "2027-01-15 08:00:00", "2027-01-15 16:00:00",
    )  # fmt: skip
    assert (ann["Last left (UTC)"], ann["Last left (Asia/Shanghai)"]) == (
        "2027-01-15 08:11:40", "2027-01-15 16:11:40",
    )  # fmt: skip
    assert ann["Present (UTC)"] == (
        "2027-01-15 08:00:00 / 2027-01-15 08:05:00; 2027-01-15 08:07:00 / 2027-01-15 08:11:40"
    )
    assert (ann["Minutes present"], ann["Check-in"], ann["Check-in 1"]) == ("8.00", "on time", "on time")
    assert (ann["Devices"], ann["Employee ID"], ann["Answers"]) == ("PC, phone", "E1", "1")
    bob = dict(zip(header, rows[1], strict=True))
    assert (bob["First joined (UTC)"], bob["Minutes present"], bob["Check-in"]) == ("", "0.00", "absent")


async def test_no_cell_is_a_formula(office: Office) -> None:
    await teach(office)
    _, *rows = await read_csv(office)
    assert [row[0] for row in rows] == ["'=HYPERLINK(1)", "Bob", "安 Ann", "'@SUM(guest)"]


@pytest.mark.parametrize(
    ("query", "accept", "first"),
    [
        ("?lang=zh-CN", "en", "姓名"),
        ("?lang=en", "zh-CN", "Name"),
        ("", "zh-CN,zh;q=0.9", "姓名"),
        ("", "de", "Name"),
    ],
)
async def test_the_header_is_in_the_language_asked_for(
    office: Office, query: str, accept: str, first: str
) -> None:
    header, *_ = await read_csv(office, query, **{"Accept-Language": accept})
    assert header[0] == first


async def test_the_file_has_a_harmless_name_and_leaves_a_trace(office: Office) -> None:
    response = await office.raw("GET", TABLE + ".csv", "admin")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="attendance-2027-01-15-x.csv"; '
        "filename*=UTF-8''attendance-2027-01-15-%E5%AE%89%E5%85%A8-%E5%9F%B9%E8%AE%AD-x.csv"
    )
    assert office.audit_log == [("admin", "attendance_exported", SESSION)]
    assert (await office.raw("GET", TABLE + ".csv?lang=xx", "admin")).status == 400


@pytest.mark.parametrize(
    "sign", ["=", "+", "-", "@", "\t", "\r", " =", "\u3000=", "\uff1d", "\uff0b", "\uff20"]
)
def test_what_could_be_a_formula_is_text(sign: str) -> None:
    assert safe_cell(f"{sign}1+1") == f"'{sign}1+1"


@pytest.mark.parametrize("text", ["", "Ann", "1-2", "a=b", "安"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


async def test_a_session_that_nobody_came_to_is_a_list_of_absences(office: Office) -> None:
    status, report = await office.call("GET", TABLE, "admin")
    assert (status, len(report["rows"])) == (200, 3)
    assert {(row["minutes"], row["checkin_status"], row["participant"]) for row in report["rows"]} == {
        (0.0, None, None)
    }
    office.roster = []
    _, empty = await office.call("GET", TABLE, "admin")
    assert (empty["expected"], empty["screens"], empty["rows"]) == (0, [], [])
    assert (empty["rates"]["sign_in_rate"], empty["rates"]["is_weak"]) == (None, False)
    assert (await office.call("GET", "/api/v1/sessions/none/attendance", "admin"))[0] == 404
