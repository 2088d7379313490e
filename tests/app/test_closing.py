"""Closing an attendance over a whole server: what is in the way, what leaves the house, what is proved."""

import asyncio
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import select, update

from accounts.routes import COOKIE
from analytics.closing import tables as t
from analytics.closing.inspection import inspected
from analytics.closing.verification import verified
from interactions.breakout.arrivals import Arrivals
from lectern.app.cli import main
from lectern.kernel.access import Permission, Principal
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, SessionStarted
from lectern.timeline.idea import Actor
from notices.tables import notices as sent
from sessions.presence.admission import Arrival
from sessions.store import Session
from tests.installation import Answer, Installation

OVER_ALL = ["make_ups_waiting", "make_ups_possible", "objections_open"]


async def comes(house: Installation, session: Session, role: SessionRole, person: str) -> Actor:
    """Let somebody in as the door does."""
    here = Arrival("pc", None, None, house.services.settings.consent_version)
    grant = house.grant(session, role, person=person)
    entered = await house.services.presence.enter(house.org.id, grant, person, here)
    await Arrivals(house.services.engine).place(session.id, entered.participant_id)
    return Actor(entered.participant_id, role, house.people[person])


async def taught(house: Installation) -> Session:
    """A lesson with one check-in: one learner answers, the other never comes."""
    session = await house.plan()
    engine = house.services.engine
    host = await comes(house, session, SessionRole.HOST, "host")
    learner = await comes(house, session, SessionRole.LEARNER, "learner")
    async with engine.change(session.id) as change:
        change.append(NewEvent(payload=SessionStarted()))
    opened = await engine.execute(session.id, host, "1", "checkin_open", {"seconds": 60})
    round_ = opened.result["id"] if opened.result else ""
    await engine.execute(session.id, learner, "2", "checkin_answer", {"id": round_})
    await engine.execute(session.id, host, "3", "checkin_close", {"id": round_})
    return session


async def ended(house: Installation) -> Session:
    session = await taught(house)
    assert (await house.ask("POST", f"/api/v1/sessions/{session.id}/end", by="host")).status == 204
    return session


def at(session: Session, rest: str = "") -> str:
    return f"/api/v1/sessions/{session.id}/attendance-record{rest}"


async def close(house: Installation, session: Session, *, by: str = "presenter", **body: Any) -> Answer:
    sent = {"after": 0, "accept": OVER_ALL} | body
    return await house.ask("POST", at(session), by=by, json=sent)


async def file(house: Installation, session: Session, name: str, *, by: str = "admin") -> bytes:
    headers = {"Cookie": f"{COOKIE}={house.cookies[by]}"}
    async with house.client.get(at(session, f"/{name}"), headers=headers) as response:
        assert response.status == 200, await response.text()
        return await response.read()


async def test_a_lesson_is_closed_once_and_can_be_verified_without_the_house(
    house: Installation, tmp_path: Path
) -> None:
    session = await ended(house)
    before = (await house.ask("GET", at(session), by="host")).data
    assert [one["code"] for one in before["obstacles"]] == ["make_ups_possible"]
    assert before["editions"] == []

    answer = await close(house, session)
    assert answer.status == 201
    path = tmp_path / "record.jsonl"
    path.write_bytes(await file(house, session, "1.jsonl"))
    record = inspected(path.read_bytes())
    assert record.holds
    assert (record.head, record.fingerprint) == (answer.data["head"], answer.data["fingerprint"])
    assert {record.text(at_, "identity")["name"] for at_ in (1, 2)} == {"Learner", "Colleague"}
    verdicts = {
        record.text(n, "identity")["name"]: row["judgement"]["verdict"]
        for n, row in enumerate(record.rows, 1)
    }
    assert verdicts["Colleague"] == "absent"
    assert record.header["accepted"] == ["make_ups_possible"]
    assert record.text(0, "closed_by") == "Presenter"

    outcome = verified(path, [record.fingerprint], record.head)
    assert (outcome.exit_code, outcome.lines[-1]) == (0, "Everything that was checked holds.")
    assert any("Every verdict" in line for line in outcome.lines)
    after = (await house.ask("GET", at(session), by="host")).data
    assert (after["intact"], after["changed"], after["editions"][0]["closed_by_name"]) == (
        True,
        0,
        "Presenter",
    )


async def test_the_head_leaves_the_house_with_the_record(house: Installation) -> None:
    session = await ended(house)
    answer = await close(house, session)
    async with house.services.database.read() as tx:
        entries = await house.services.accounts.store.audit_log(tx, house.org.id, "", 20)
        rows = list(await tx.execute(select(sent)))
    entry = next(entry for entry in entries if entry.action == "attendance_closed")
    assert (entry.target, entry.details["head"]) == (session.id, answer.data["head"])
    told = {row.person_id for row in rows if row.kind == "attendance_closed"}
    assert told == {house.people[name] for name in ("admin", "presenter", "host")}
    assert all(row.facts["head"] == answer.data["head"] for row in rows)


async def test_a_live_lesson_and_open_ends_are_not_closed_by_mistake(house: Installation) -> None:
    session = await taught(house)
    live = await close(house, session)
    assert (live.status, live.code) == (409, "lesson_not_over")
    await house.ask("POST", f"/api/v1/sessions/{session.id}/end", by="host")
    hasty = await close(house, session, accept=[])
    assert (hasty.status, hasty.code) == (409, "closing_unconfirmed")
    assert hasty.data["error"]["details"]["obstacles"] == ["make_ups_possible"]


async def test_a_second_version_follows_on_the_first_and_says_why(house: Installation) -> None:
    session = await ended(house)
    first = await close(house, session)
    assert (await close(house, session)).code == "closing_outrun"  # a second click
    assert (await close(house, session, after=1)).code == "reason_missing"
    rounds = await house.ask("GET", f"/api/v1/sessions/{session.id}/checkins", by="host")
    round_ = rounds.data["items"][0]["id"]
    correction = {"person": house.people["colleague"], "status": "make_up", "reason": "was in the shop"}
    path = f"/api/v1/sessions/{session.id}/checkins/{round_}/corrections"
    assert (await house.ask("POST", path, by="host", json=correction)).status == 204
    standing = (await house.ask("GET", at(session), by="host")).data
    assert (standing["changed"], standing["intact"]) == (1, True)

    second = await close(house, session, after=1, reason="one made up")
    assert second.status == 201
    assert second.data["previous_head"] == first.data["head"]
    record = inspected(await file(house, session, "2.jsonl"))
    assert record.header["previous"] == first.data["head"]
    assert record.text(0, "reason") == "one made up"
    standing = (await house.ask("GET", at(session), by="host")).data
    assert (standing["changed"], standing["reason"], len(standing["editions"])) == (0, "one made up", 2)


async def test_who_is_forgotten_is_gone_and_the_chain_holds(house: Installation) -> None:
    session = await ended(house)
    answer = await close(house, session)
    operator = Principal(house.org.id, "command line", frozenset({Permission.ADMIN}))
    assert await house.services.closings().forget(operator, house.people["learner"]) == 1
    content = await file(house, session, "1.jsonl")
    record = inspected(content)
    assert record.holds
    assert (record.head, record.withheld) == (answer.data["head"], 1)
    assert b"Learner" not in content
    table = (await file(house, session, "1.csv?lang=en")).decode("utf-8-sig")
    assert "(erased)" in table
    assert "Colleague" in table


async def test_a_rewritten_database_is_found(house: Installation) -> None:
    session = await ended(house)
    await close(house, session)
    async with house.services.database.write() as tx:
        lines = (await tx.execute(select(t.records.c.lines))).scalar_one()
        forged = lines.replace('"verdict":"absent"', '"verdict":"present"')
        assert forged != lines
        await tx.execute(update(t.records).values(lines=forged))
    assert (await house.ask("GET", at(session), by="host")).data["intact"] is False


async def test_the_signed_pdf_carries_the_record(house: Installation, tmp_path: Path) -> None:
    session = await ended(house)
    answer = await close(house, session)
    path = tmp_path / "record.pdf"
    path.write_bytes(await file(house, session, "1.pdf?lang=zh-CN"))
    outcome = await asyncio.to_thread(verified, path, [answer.data["fingerprint"]], answer.data["head"])
    assert outcome.exit_code == 0, outcome.lines
    document = pypdfium2.PdfDocument(path)
    try:
        text = document[0].get_textpage().get_text_range()
    finally:
        document.close()
    assert "考勤档案" in text
    assert "Colleague" in text
    assert answer.data["head"] in text


async def test_a_workbook_and_a_table_say_the_same(house: Installation) -> None:
    session = await ended(house)
    await close(house, session)
    with zipfile.ZipFile(io.BytesIO(await file(house, session, "1.xlsx?lang=en"))) as book:
        strings = book.read("xl/sharedStrings.xml").decode()
    assert "Colleague" in strings
    assert "Head of the chain" in strings


@pytest.mark.parametrize(
    ("who", "reads", "closes"),
    [("admin", 200, 201), ("presenter", 200, 201), ("host", 200, 201), ("other_presenter", 403, 403),
     ("manager", 403, 403), ("learner", 403, 403)],
)  # fmt: skip
async def test_who_may(house: Installation, who: str, reads: int, closes: int) -> None:
    session = await ended(house)
    assert (await house.ask("GET", at(session), by=who)).status == reads
    assert (await close(house, session, by=who)).status == closes
    if reads == 403:
        assert (await close(house, session)).status == 201
        for form in ("jsonl", "csv", "xlsx", "pdf"):  # excuses and objections are in all of them
            assert (await house.ask("GET", at(session, f"/1.{form}"), by=who)).status == 403


async def test_nothing_is_there_before_it_is_closed(house: Installation) -> None:
    session = await ended(house)
    for name in ("1.jsonl", "0.pdf", "x.csv", "99999999.csv"):
        answer = await house.ask("GET", at(session, f"/{name}"), by="admin")
        assert (answer.status, answer.code) == (404, "record_not_found")


def test_verify_needs_neither_settings_nor_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LECTERN_DATA", "not absolute")
    path = tmp_path / "x"
    path.write_text(json.dumps({"a": 1}))
    with pytest.raises(SystemExit) as stopped:
        main(["attendance", "verify", str(path)])
    assert stopped.value.code == 2
    assert "no attendance record" in capsys.readouterr().out
