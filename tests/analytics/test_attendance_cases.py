"""Rules, corrections, excuses and objections over HTTP: who may, what follows, what is kept."""

import io
from typing import Any
from zipfile import ZipFile

import pytest

from analytics.attendance.objections import TRANSITIONS, Move, State
from analytics.attendance.register import Register, attendance
from analytics.attendance.sheet_words import REASONS as REASON_WORDS
from analytics.attendance.verdict import REASONS
from lectern.kernel.clock import UtcMs
from lectern.manifest.clock_map import ClockMap, ClockPiece
from lectern.timeline.event import SessionEnded, SessionStarted
from tests.analytics.conftest import NOW, SESSION, Office
from tests.analytics.test_attendance_routes import TABLE, joined, opened, read_csv, teach
from tests.lesson import START, Raw

RULE = {
    "present_percent": 80, "planned_minutes": 10, "tolerance_minutes": 0, "least_minutes": 1, "checkins": 1,
    "make_up_counts": True, "replay_counts": False, "away_counts": False,
}  # fmt: skip
STANDARD = RULE | {"planned_minutes": None}
"""A length is a session's own."""
MINE = f"{TABLE}/mine"


async def rows(office: Office, who: str = "admin") -> dict[str, Any]:
    _, report = await office.call("GET", TABLE, who)
    return {row["subject"]: row for row in report["rows"]}


async def act(office: Office, who: str, method: str, path: str, **body: Any) -> tuple[int, str | None]:
    response = await office.raw(method, TABLE + path, who, json=body)
    if response.status == 204:
        return 204, None
    return response.status, (await response.json())["error"]["code"]


async def test_the_rule_of_the_session_goes_before_the_organisations(office: Office) -> None:
    await teach(office)
    # Eight of ten minutes, one check-in of one; the installation asks 85 %.
    assert (await rows(office))["ann"]["verdict"] == "partly"
    standard = STANDARD | {"tolerance_minutes": 1}
    org = await office.raw("PUT", "/api/v1/attendance/rule", "admin", json=standard)
    assert org.status == 204
    _, report = await office.call("GET", TABLE, "admin")
    assert (report["rule_of"], report["rule"]["tolerance_minutes"]) == ("organisation", 1)
    assert await act(office, "host", "PUT", "/rule", **RULE) == (204, None)
    _, report = await office.call("GET", TABLE, "admin")
    assert (report["rule_of"], report["rule"]) == ("session", RULE)
    assert (await rows(office))["ann"]["verdict"] == "present"
    assert (await office.call("GET", "/api/v1/attendance/rule", "admin"))[1]["tolerance_minutes"] == 1
    assert office.audit_log == [
        ("admin", "attendance_rule_set", "org"), ("g1", "attendance_rule_set", SESSION),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("who", "rule", "status"),
    [
        ("ann", RULE, 403),
        ("manager", RULE, 403),
        ("other_host", RULE, 403),
        ("stranger", RULE, 404),
        ("admin", RULE | {"present_percent": 101}, 400),
        ("admin", RULE | {"planned_minutes": 0}, 400),
        ("admin", RULE | {"surprise": 1}, 400),
    ],
)
async def test_who_may_set_the_rule_and_which(
    office: Office, who: str, rule: dict[str, Any], status: int
) -> None:
    assert (await office.raw("PUT", f"{TABLE}/rule", who, json=rule)).status == status
    assert office.audit_log == []


async def test_the_rule_of_the_organisation_is_for_its_administrators(office: Office) -> None:
    for who, status in (("host", 403), ("ann", 403), ("admin", 204)):
        assert (await office.raw("PUT", "/api/v1/attendance/rule", who, json=STANDARD)).status == status
    refused = await office.raw("PUT", "/api/v1/attendance/rule", "admin", json=RULE)
    assert (refused.status, (await refused.json())["error"]["code"]) == (422, "rule_invalid")


async def test_staff_corrects_with_a_reason_and_the_history_stays(office: Office) -> None:
    await teach(office)
    assert (await rows(office))["bob"]["verdict"] == "absent"
    assert await act(office, "host", "POST", "/decisions", subject="bob", verdict="excused", reason=" ") == (
        422, "reason_missing",
    )  # fmt: skip
    for verdict, reason in (("excused", "Sick leave"), ("present", "Sat beside Ann"), (None, "Mistaken")):
        done = await act(office, "admin", "POST", "/decisions", subject="bob", verdict=verdict, reason=reason)
        assert done == (204, None)
    bob = (await rows(office))["bob"]
    assert (bob["verdict"], bob["computed"]) == ("absent", "absent")
    assert [(d["verdict"], d["reason"]) for d in bob["decisions"]] == [
        ("excused", "Sick leave"), ("present", "Sat beside Ann"), (None, "Mistaken"),
    ]  # fmt: skip
    assert [action for _, action, _ in office.audit_log] == ["attendance_decided"] * 3
    await act(office, "admin", "POST", "/decisions", subject="p_guest", verdict="present", reason="Known")
    assert (await rows(office))["p_guest"]["verdict"] == "present"


@pytest.mark.parametrize(
    ("who", "subject", "verdict", "expected"),
    [
        ("ann", "ann", "present", 403),
        ("manager", "bob", "present", 403),
        ("stranger", "bob", "present", 404),
        ("admin", "nobody", "present", 404),
        ("admin", "bob", "open", 400),
        ("admin", "bob", "perfect", 400),
    ],
)
async def test_who_may_decide_what(
    office: Office, who: str, subject: str, verdict: str, expected: int
) -> None:
    await teach(office)
    status, _ = await act(office, who, "POST", "/decisions", subject=subject, verdict=verdict, reason="x")
    assert status == expected
    assert office.audit_log == []


async def test_a_line_manager_sees_verdicts_but_no_words(office: Office) -> None:
    await teach(office)
    await act(office, "admin", "POST", "/decisions", subject="bob", verdict="excused", reason="Sick leave")
    _, report = await office.call("GET", TABLE, "manager")
    bob = next(row for row in report["rows"] if row["subject"] == "bob")
    assert (report["may_judge"], bob["verdict"], bob["decisions"]) == (False, "excused", [])
    sheet = await (await office.raw("GET", f"{TABLE}.csv?lang=en", "manager")).text()
    assert "excused" in sheet
    assert "Sick leave" not in sheet


async def test_a_learner_sees_their_own_verdict_and_no_other(office: Office) -> None:
    await teach(office)
    status, mine = await office.call("GET", MINE, "ann")
    assert (status, mine["verdict"], mine["computed"]) == (200, "partly", "partly")
    assert [reason["code"] for reason in mine["reasons"]] == [
        "time_short", "checkins_enough", "answered",
    ]  # fmt: skip
    assert (await rows(office))["ann"]["reasons"] == mine["reasons"]
    assert (await rows(office))["ann"]["confidence"] == mine["confidence"]
    assert (await office.call("GET", MINE, "bob"))[1]["verdict"] == "absent"
    assert (await office.call("GET", MINE, "guest"))[1]["minutes"] == 3.0
    assert (await office.call("GET", MINE, "key"))[0] == 403
    assert (await office.call("GET", MINE, "stranger"))[0] == 404
    office.roster = ["bob"]
    assert (await office.call("GET", MINE, "admin"))[0] == 403


async def object_to(office: Office, who: str, text: str = "The line broke") -> tuple[int, str | None]:
    return await act(office, who, "POST", "/objections", text=text)


async def finish(office: Office) -> None:
    await teach(office)
    office.ended_utc_ms = START + 660_000


async def test_an_objection_is_answered_and_the_learner_reads_it(office: Office) -> None:
    await finish(office)
    assert (await office.call("GET", MINE, "ann"))[1][
        "may_object_until_utc_ms"
    ] == START + 660_000 + 14 * 86_400_000
    assert await object_to(office, "ann") == (204, None)
    assert await object_to(office, "ann") == (409, "objection_open")
    [objection] = (await rows(office))["ann"]["objections"]
    assert (objection["state"], objection["text"], objection["against"]) == (
        "open",
        "The line broke",
        "partly",
    )
    path = f"/objections/{objection['id']}/answer"
    assert (await act(office, "ann", "POST", path, verdict="present", text="ok"))[0] == 403
    assert await act(office, "host", "POST", path, verdict="present", text="Confirmed by the log") == (
        204,
        None,
    )
    assert await act(office, "host", "POST", path, verdict=None, text="No") == (409, "objection_settled")
    _, mine = await office.call("GET", MINE, "ann")
    assert (mine["verdict"], mine["computed"]) == ("present", "partly")
    assert [(o["state"], o["answer"]) for o in mine["objections"]] == [("accepted", "Confirmed by the log")]
    assert [action for _, action, _ in office.audit_log] == [
        "attendance_objected", "attendance_objection_accepted", "attendance_decided",
    ]  # fmt: skip


async def test_an_objection_may_be_declined_or_withdrawn_and_not_raised_for_ever(office: Office) -> None:
    await finish(office)
    for number in range(3):
        assert await object_to(office, "bob") == (204, None)
        objection = (await rows(office))["bob"]["objections"][number]
        if number == 0:
            path = f"/objections/{objection['id']}/withdraw"
            assert await act(office, "ann", "POST", path) == (404, "objection_not_found")
            assert await act(office, "bob", "POST", path) == (204, None)
        else:
            path = f"/objections/{objection['id']}/answer"
            assert await act(office, "admin", "POST", path, verdict=None, text="You were not there") == (
                204,
                None,
            )
    assert await object_to(office, "bob") == (409, "objection_limit")
    states = [objection["state"] for objection in (await rows(office))["bob"]["objections"]]
    assert states == ["withdrawn", "declined", "declined"]
    assert (await rows(office))["bob"]["verdict"] == "absent"


async def test_objections_have_their_time(office: Office) -> None:
    await teach(office)
    assert await object_to(office, "ann") == (409, "objection_early")
    office.ended_utc_ms = START + 660_000
    assert await object_to(office, "ann", " ") == (422, "reason_missing")
    assert await object_to(office, "ann", "x" * 2_001) == (422, "reason_too_long")
    office.now = UtcMs(START + 660_000 + 14 * 86_400_000 + 1)
    assert await object_to(office, "ann") == (409, "objection_late")
    assert (await office.call("GET", MINE, "ann"))[1]["may_object_until_utc_ms"] is None


def test_every_state_of_an_objection_has_its_row() -> None:
    assert set(TRANSITIONS) == set(State)
    assert set(TRANSITIONS[State.OPEN]) == set(Move)
    assert not any(TRANSITIONS[state] for state in State if state is not State.OPEN)


async def test_missed_time_watched_in_the_replay_is_united_through_its_clock(office: Office) -> None:
    await teach(office)
    # The recording began a minute into the lesson; Ann was away from 240 s to 360 s of the session.
    office.replay_clock = ClockMap((ClockPiece(60_000, 0, 540_000),))
    interval: dict[str, Any] = {
        "id": "i", "from_ms": 0, "to_ms": 100_000, "started_utc_ms": START + 1_000_000, "wall_ms": 100_000,
        "speed": 1.0, "visible": True, "audible": True,
    }  # fmt: skip
    for id_, start in (("a", 150_000), ("b", 200_000)):
        played = interval | {"id": id_, "from_ms": start, "to_ms": start + 100_000}
        played["started_utc_ms"] = START + 1_000_000 + start
        if id_ == "b":
            played["started_utc_ms"] += 200_000
        body = {"medium": "replay", "id": "film", "version": 1, "player": "t", "intervals": [played]}
        await office.call("POST", "/api/v1/views", "ann", json=body)
    ann = (await rows(office))["ann"]
    # The film of these tests is 100 s long, so nothing beyond counts.
    assert ann["missed_and_watched_minutes"] == 0
    body = {"medium": "replay", "id": "film", "version": 1, "player": "u", "intervals": [interval]}
    office.replay_clock = ClockMap((ClockPiece(200_000, 0, 100_000),))
    await office.call("POST", "/api/v1/views", "ann", json=body)
    ann = (await rows(office))["ann"]
    # 200 s to 300 s of the session were seen again: of them she had missed 240 s to 300 s.
    assert ann["missed_and_watched_minutes"] == 1.0
    assert ann["watched"] == [[START + 60_000 + 200_000, START + 60_000 + 300_000]]
    assert "replay_left_out" in [reason["code"] for reason in ann["reasons"]]
    await act(office, "admin", "PUT", "/rule", **(RULE | {"replay_counts": True, "present_percent": 90}))
    assert (await rows(office))["ann"]["verdict"] == "present"


async def test_sign_ins_are_counted_once_and_again_after_news(office: Office) -> None:
    await teach(office)
    path = f"/api/v1/attendance/sign-ins?sessions={SESSION},nowhere,{SESSION}"
    expected = {
        "session": SESSION, "expected": 3, "signed_in": 1, "made_up": 0, "rate": 1 / 3, "is_weak": True,
    }  # fmt: skip
    assert await office.call("GET", path, "admin") == (200, {"items": [expected]})
    assert await office.call("GET", path, "admin") == (200, {"items": [expected]})
    eve = {"id": "k1", "participant": None, "person": "eve", "before": None, "after": "make_up"}
    await office.lesson.at(800, Raw("checkin_corrected", eve, "p_host"))
    _, page = await office.call("GET", path, "admin")
    assert (page["items"][0]["made_up"], page["items"][0]["is_weak"]) == (1, False)
    assert (await office.call("GET", path, "manager"))[1] == {"items": []}
    assert (await office.call("GET", path, "stranger"))[1] == {"items": []}
    assert (await office.call("GET", path, "ann"))[0] == 403
    _, report = await office.call("GET", TABLE, "admin")
    assert (report["rates"]["sign_in_rate"], report["rates"]["is_weak"]) == (2 / 3, False)


async def test_a_running_lesson_is_open_and_flags_nobody(office: Office) -> None:
    await office.lesson.at(0, joined("p_ann", "ann", "Ann"), opened("p_ann", "c1", "pc"), SessionStarted())
    await office.lesson.at(5, Raw("checkin_opened", {"id": "k1"}, "p_host"))
    office.now = UtcMs(START + 60_000)
    _, report = await office.call("GET", TABLE, "admin")
    assert {row["verdict"] for row in report["rows"]} == {"open"}
    assert (report["rates"]["sign_in_rate"], report["rates"]["is_weak"]) == (0, False)
    path = f"/api/v1/attendance/sign-ins?sessions={SESSION}"
    _, page = await office.call("GET", path, "admin")
    assert [(item["rate"], item["is_weak"]) for item in page["items"]] == [(0, False)]
    await office.lesson.at(90, SessionEnded())
    _, page = await office.call("GET", path, "admin")
    assert [(item["rate"], item["is_weak"]) for item in page["items"]] == [(0, True)]


async def test_the_kept_register_says_what_a_new_one_says(office: Office) -> None:
    at = office.lesson.at
    await at(0, joined("p_ann", "ann", "Ann"), opened("p_ann", "c1", "pc"), SessionStarted())
    first = (await rows(office))["ann"]["minutes"]
    office.now = UtcMs(NOW + 60_000)
    assert (await rows(office))["ann"]["minutes"] == first + 1
    await at(4_000, SessionEnded())
    kept = await rows(office)
    async with office.database.read() as tx:
        happenings = await office.store.happenings(tx, SESSION)
    register = Register()
    for happening in happenings:
        register.take_in(happening)
    assert register.rows(office.roster, office.now) == attendance(happenings, office.roster, office.now)
    office.__post_init__()
    assert await rows(office) == kept


async def test_the_workbook_holds_rows_and_rule(office: Office) -> None:
    await teach(office)
    response = await office.raw("GET", f"{TABLE}.xlsx?lang=en", "admin")
    assert response.status == 200
    with ZipFile(io.BytesIO(await response.read())) as book:
        words = book.read("xl/sharedStrings.xml").decode()
        assert "<f>" not in "".join(book.read(name).decode() for name in book.namelist() if "sheet" in name)
    assert "partly present" in words
    assert "Minutes of tolerance" in words
    assert "=HYPERLINK(1)" in words


async def test_the_export_has_the_verdict_and_what_it_stands_on(office: Office) -> None:
    await teach(office)
    await act(office, "admin", "POST", "/decisions", subject="bob", verdict="excused", reason="=SICK()")
    header, *lines = await read_csv(office, "?lang=en")
    cells = [dict(zip(header, line, strict=True)) for line in lines]
    ann, bob = cells[2], cells[1]
    assert (ann["Verdict"], ann["Confidence"], ann["Verdict by the rule"]) == (
        "partly present", "0.76", "partly present",
    )  # fmt: skip
    assert (ann["Minutes asked about"], ann["Minutes needed"], ann["Minutes counted"]) == (
        "10.00",
        "8.50",
        "8.00",
    )
    assert ann["Reasons"].startswith(
        "8.00 min counted, 8.50 needed (85 % of 10.00): too short; check-ins 1 of 1"
    )
    assert (bob["Verdict"], bob["Reason of staff's decision"]) == ("excused", "'=SICK()")


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_every_reason_has_words(lang: str) -> None:
    assert set(REASON_WORDS) == REASONS
    assert all(words[lang] for words in REASON_WORDS.values())  # type: ignore[index] # both languages
