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
from lectern.app.tables import metadata
from lectern.app.wired.analytics import forgetting_people
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


async def correct(house: Installation, session: Session, *, reason: str = "was in the shop") -> Answer:
    """Let the host count the colleague, who never came."""
    rounds = await house.ask("GET", f"/api/v1/sessions/{session.id}/checkins", by="host")
    round_ = rounds.data["items"][0]["id"]
    correction = {"person": house.people["colleague"], "status": "make_up", "reason": reason}
    path = f"/api/v1/sessions/{session.id}/checkins/{round_}/corrections"
    return await house.ask("POST", path, by="host", json=correction)


async def decide(house: Installation, session: Session, *, subject: str = "colleague", **body: Any) -> Answer:
    sent = {"subject": house.people[subject], "verdict": "excused", "reason": "at a client's"} | body
    return await house.ask(
        "POST", f"/api/v1/sessions/{session.id}/attendance/decisions", by="host", json=sent
    )


async def amend(
    house: Installation, session: Session, *, after: int = 1, reason: str = "a note came"
) -> Answer:
    body = {"after": after, "reason": reason}
    return await house.ask("POST", at(session, "/amendment"), by="presenter", json=body)


@pytest.mark.timeout(180)
async def test_what_is_closed_is_corrected_by_an_amendment_alone(house: Installation, tmp_path: Path) -> None:
    session = await ended(house)
    assert (await amend(house, session)).code == "attendance_not_closed"
    first = await close(house, session)
    assert (await close(house, session)).code == "closing_outrun"  # a second click
    assert (await close(house, session, after=1)).code == "reason_missing"
    rule = (await house.ask("GET", f"/api/v1/sessions/{session.id}/attendance", by="host")).data["rule"]
    for refused in (
        await correct(house, session),
        await decide(house, session),
        await house.ask("PUT", f"/api/v1/sessions/{session.id}/attendance/rule", by="host", json=rule),
    ):
        assert (refused.status, refused.code) == (409, "attendance_closed")
        assert refused.data["error"]["details"] == {"edition": 1}
    assert (await amend(house, session, reason=" ")).code == "reason_missing"
    assert (await amend(house, session)).status == 204
    assert (await amend(house, session)).code == "amendment_open"
    assert (await correct(house, session)).status == 204
    standing = (await house.ask("GET", at(session), by="host")).data
    assert (standing["phase"], standing["changed"], standing["intact"]) == ("amending", 1, True)
    assert standing["amendment"]["reason"] == "a note came"
    [change] = standing["changes"]
    assert (change["name"], change["by"]) == ("Colleague", ["Host"])
    assert "checkin" in change["what"]
    dropped = await house.ask("DELETE", at(session, "/amendment"), by="presenter")
    assert (dropped.status, dropped.code) == (409, "amendment_has_changes")

    second = await close(house, session, after=1)
    assert second.status == 201
    assert second.data["previous_head"] == first.data["head"]
    former, latter = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    former.write_bytes(await file(house, session, "1.jsonl"))
    latter.write_bytes(await file(house, session, "2.jsonl"))
    record = inspected(latter.read_bytes())
    amendment = record.header["amendment"]
    assert (amendment["supersedes"], record.text(0, "reason")) == (1, "a note came")
    [told] = amendment["changes"]
    assert (told["subject"], told["by"]) == (house.people["colleague"], [house.people["host"]])
    outcome = verified(latter, [record.fingerprint], record.head, former)
    assert outcome.exit_code == 0, outcome.lines
    assert any("by Host" in line for line in outcome.lines)
    assert "✓ It tells everything that was changed since." in outcome.lines
    assert verified(former, [], None, latter).exit_code == 1  # the wrong way round
    standing = (await house.ask("GET", at(session), by="host")).data
    assert (standing["phase"], standing["changed"], standing["reason"]) == ("closed", 0, "a note came")
    assert (await decide(house, session)).code == "attendance_closed"
    table = zipfile.ZipFile(io.BytesIO(await file(house, session, "2.xlsx?lang=en")))
    assert "Supersedes" in table.read("xl/sharedStrings.xml").decode()
    assert await file(house, session, "2.pdf?lang=zh-CN")


async def test_an_amendment_without_corrections_can_be_given_up(house: Installation) -> None:
    session = await ended(house)
    await close(house, session)
    drop = at(session, "/amendment")
    assert (await house.ask("DELETE", drop, by="presenter")).code == "amendment_missing"
    await amend(house, session)
    assert (await house.ask("DELETE", drop, by="learner")).status == 403
    assert (await house.ask("DELETE", drop, by="presenter")).status == 204
    assert (await decide(house, session)).code == "attendance_closed"


async def test_a_learner_may_object_to_what_is_closed_and_is_answered_by_an_amendment(
    house: Installation,
) -> None:
    session = await ended(house)
    await close(house, session)
    objections = f"/api/v1/sessions/{session.id}/attendance/objections"
    said = await house.ask("POST", objections, by="colleague", json={"text": "I sat beside Ann"})
    assert said.status == 204
    table = (await house.ask("GET", f"/api/v1/sessions/{session.id}/attendance", by="host")).data
    assert (table["phase"], table["edition"]) == ("closed", 1)
    [objection] = next(row for row in table["rows"] if row["name"] == "Colleague")["objections"]
    answer = {"verdict": "present", "text": "Right"}
    path = f"{objections}/{objection['id']}/answer"
    assert (await house.ask("POST", path, by="host", json=answer)).code == "attendance_closed"
    await amend(house, session)
    assert (await house.ask("POST", path, by="host", json=answer)).status == 204
    assert (await close(house, session, after=1)).status == 201
    record = inspected(await file(house, session, "2.jsonl"))
    [change] = record.header["amendment"]["changes"]
    assert (change["from"], change["to"]) == ("absent", "present")
    assert {"decision", "objection", "verdict"} <= set(change["what"])


async def test_a_rule_for_everybody_does_not_reach_what_is_closed(house: Installation) -> None:
    session = await ended(house)
    rule = (await house.ask("GET", "/api/v1/attendance/rule", by="admin")).data
    await close(house, session)
    strict = rule | {"present_percent": 100, "tolerance_minutes": 0, "checkins": 9, "least_minutes": 4000}
    assert (await house.ask("PUT", "/api/v1/attendance/rule", by="admin", json=strict)).status == 204
    standing = (await house.ask("GET", at(session), by="host")).data
    assert standing["changed"] == 0


@pytest.mark.parametrize("both_first", [False, True])
async def test_whoever_corrects_while_it_is_closed_is_in_it_or_refused(
    house: Installation, *, both_first: bool
) -> None:
    session = await ended(house)
    works = [close(house, session), correct(house, session), decide(house, session, subject="learner")]
    closed, *corrections = await asyncio.gather(*(works if both_first else reversed(works)))
    if not both_first:
        closed, corrections = corrections[-1], [closed, *corrections[:-1]]
    assert closed.status == 201
    assert all(one.status == 204 or one.code == "attendance_closed" for one in corrections)
    standing = (await house.ask("GET", at(session), by="host")).data
    assert standing["changed"] == 0  # what was let through is in the record


async def everything_kept(house: Installation) -> str:
    """Return all rows of all tables, as text."""
    async with house.services.database.read() as tx:
        kept = [tuple(row) for table in metadata.sorted_tables for row in await tx.execute(select(table))]
    return json.dumps(kept, ensure_ascii=False, default=str)


async def every_export(house: Installation, session: Session, editions: int) -> str:
    """Return all that can be taken out of the house, as text."""
    names = [f"{n}.{form}" for n in range(1, editions + 1) for form in ("jsonl", "csv?lang=en")]
    texts = [(await file(house, session, name)).decode() for name in names]
    cookie = {"Cookie": f"{COOKIE}={house.cookies['admin']}"}
    for path in ("attendance", "attendance.csv", "attendance-record", "checkins"):
        async with house.client.get(f"/api/v1/sessions/{session.id}/{path}", headers=cookie) as answer:
            texts.append((await answer.read()).decode())
    for n in range(1, editions + 1):
        book = zipfile.ZipFile(io.BytesIO(await file(house, session, f"{n}.xlsx?lang=en")))
        texts += [book.read(name).decode() for name in book.namelist() if name.endswith(".xml")]
    return "\n".join(texts)


async def with_words(house: Installation) -> Session:
    """A lesson with every kind of words about the colleague, closed, amended and closed again."""
    session = await ended(house)
    rounds = await house.ask("GET", f"/api/v1/sessions/{session.id}/checkins", by="host")
    asked = f"/api/v1/sessions/{session.id}/checkins/{rounds.data['items'][0]['id']}/make-up"
    assert (await house.ask("POST", asked, by="colleague", json={"reason": "SECRET-makeup"})).status == 200
    objections = f"/api/v1/sessions/{session.id}/attendance/objections"
    await house.ask("POST", objections, by="colleague", json={"text": "SECRET-objection"})
    table = (await house.ask("GET", f"/api/v1/sessions/{session.id}/attendance", by="host")).data
    [objection] = next(row for row in table["rows"] if row["name"] == "Colleague")["objections"]
    answer = {"verdict": None, "text": "SECRET-answer"}
    await house.ask("POST", f"{objections}/{objection['id']}/answer", by="host", json=answer)
    await decide(house, session, reason="SECRET-decision")
    assert (await close(house, session)).status == 201
    await amend(house, session, reason="SECRET-why")
    assert (await correct(house, session, reason="SECRET-correction")).status == 204
    assert (await close(house, session, after=1)).status == 201
    return session


@pytest.mark.timeout(180)
async def test_who_is_forgotten_is_gone_from_every_table_and_export_and_the_chain_holds(
    house: Installation, tmp_path: Path
) -> None:
    session = await with_words(house)
    kinds = {"makeup", "objection", "answer", "decision", "why", "correction"}
    kept = await everything_kept(house)
    assert {kind for kind in kinds if f"SECRET-{kind}" in kept} == kinds  # else nothing is proved below
    assert "SECRET-" in await every_export(house, session, 2)
    operator = Principal(house.org.id, "command line", frozenset({Permission.ADMIN}))
    assert await forgetting_people(house.services).person(operator, house.people["colleague"]) > 0
    assert "SECRET-" not in await everything_kept(house)
    assert "SECRET-" not in await every_export(house, session, 2)
    for edition in (1, 2):
        record = inspected(await file(house, session, f"{edition}.jsonl"))
        assert record.holds
        assert "Colleague" not in (await file(house, session, f"{edition}.csv?lang=en")).decode("utf-8-sig")
    assert await forgetting_people(house.services).person(operator, house.people["colleague"]) == 0

    # No later version brings the name back.
    assert (await close(house, session, after=2, reason="another key")).status == 201
    assert "Colleague" not in (await file(house, session, "3.csv?lang=en")).decode("utf-8-sig")
    paths = [tmp_path / f"{n}.jsonl" for n in (2, 3)]
    for n, path in zip((2, 3), paths, strict=True):
        path.write_bytes(await file(house, session, f"{n}.jsonl"))
    outcome = verified(paths[1], [], None, paths[0])
    assert outcome.exit_code == 0, outcome.lines


@pytest.mark.timeout(180)
async def test_what_somebody_wrote_as_staff_goes_only_if_that_is_asked_for(house: Installation) -> None:
    session = await with_words(house)
    operator = Principal(house.org.id, "command line", frozenset({Permission.ADMIN}))
    forgetting = forgetting_people(house.services)
    await forgetting.person(operator, house.people["host"])
    kept = await everything_kept(house)
    assert {kind for kind in ("answer", "decision", "correction") if f"SECRET-{kind}" in kept} == {
        "answer", "decision", "correction",
    }  # fmt: skip
    assert inspected(await file(house, session, "2.jsonl")).text(0, f"name.{house.people['host']}") is None
    await forgetting.person(operator, house.people["host"], written_too=True)
    kept = await everything_kept(house) + await every_export(house, session, 2)
    assert not [kind for kind in ("answer", "decision", "correction") if f"SECRET-{kind}" in kept]
    assert "SECRET-objection" in kept
    assert inspected(await file(house, session, "2.jsonl")).holds


@pytest.mark.timeout(180)
async def test_a_guest_is_forgotten_by_the_command_line(
    house: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = await house.plan(guests=True)
    here = Arrival("pc", None, None, house.services.settings.consent_version)
    for guest in ("g1", "g2"):
        grant = house.grant(session, SessionRole.LEARNER, guest=guest)
        await house.services.presence.enter(house.org.id, grant, "SECRET-guest", here)
    grant = house.grant(session, SessionRole.LEARNER, guest="g3")
    await house.services.presence.enter(house.org.id, grant, "Other guest", here)
    async with house.services.engine.change(session.id) as change:
        change.append(NewEvent(payload=SessionStarted()))
    await house.ask("POST", f"/api/v1/sessions/{session.id}/end", by="host")
    await close(house, session)
    monkeypatch.setenv("LECTERN_DATA", str(house.services.settings.data))

    def command(name: str) -> tuple[object, str]:
        """Run it in a thread: it has a loop of its own, as in a process of its own."""
        code: object = 0
        try:
            main(["attendance", "forget", "--guest", name, "--session", session.id])
        except SystemExit as stopped:
            code = stopped.code
        return code, capsys.readouterr().out

    async def forget(name: str) -> tuple[object, str]:
        return await asyncio.to_thread(command, name)

    complaint, _ = await forget("SECRET-guest")
    ids = str(complaint).strip().rpartition(": ")[2].split(", ")
    assert len(ids) == 2, complaint
    for id_ in ids:
        code, said = await forget(id_)
        assert (code, said[:2]) == (0, "2 "), said  # on the timeline, and in the record
    assert "No guest of this name" in str((await forget("SECRET-guest"))[0])
    assert "SECRET-" not in await everything_kept(house)
    exported = await every_export(house, session, 1)
    assert "SECRET-" not in exported
    assert "Other guest" in exported
    assert inspected(await file(house, session, "1.jsonl")).holds


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
