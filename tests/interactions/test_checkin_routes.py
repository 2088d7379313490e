"""Check-in over HTTP, in a whole house: the register, corrections with their audit, late make-ups."""

from typing import Any

import pytest
from sqlalchemy import select

from accounts.tables import audit_entries
from interactions.checkin.idea import CHECKIN
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, SessionEnded, SessionStarted
from lectern.timeline.idea import Actor
from sessions.presence.admission import Arrival
from sessions.store import Session
from tests.installation import Installation, house, services

__all__ = ["house", "services"]


async def arrive(house: Installation, session: Session, role: SessionRole, **who: str) -> Actor:
    """Let somebody connect to the class."""
    grant = house.grant(session, role, **who)
    arrival = Arrival("pc", None, None, house.services.presence.consent_version)
    name = who.get("person") or who["guest"]
    entered = await house.services.presence.enter(house.org.id, grant, name, arrival)
    return Actor(entered.participant_id, role, grant.person_id)


async def held(house: Installation) -> tuple[Session, str]:
    """Hold a lesson with one round: the learner and a guest answered it, the colleague never came."""
    session = await house.plan(roster=("learner", "colleague", "stranger"))
    engine = house.services.engine
    presenter = await arrive(house, session, SessionRole.PRESENTER, person="presenter")
    learner = await arrive(house, session, SessionRole.LEARNER, person="learner")
    await arrive(house, session, SessionRole.LEARNER, person="stranger")
    guest = await arrive(house, session, SessionRole.LEARNER, guest="Gu")
    async with engine.change(session.id) as change:
        change.append(NewEvent(payload=SessionStarted()))
    opened = await engine.execute(session.id, presenter, "1", "checkin_open", {"seconds": 60})
    round_ = str(opened.result["id"])
    for actor in (learner, guest):
        await engine.execute(session.id, actor, "2", "checkin_answer", {"id": round_})
    return session, round_


async def end(house: Installation, session: Session) -> None:
    """End the lesson."""
    async with house.services.engine.change(session.id) as change:
        change.append(NewEvent(payload=SessionEnded()))


async def test_the_register_knows_the_roster_and_who_is_missing(house: Installation) -> None:
    session, round_ = await held(house)
    token = house.token(session, SessionRole.HOST, guest="Aide")
    answer = await house.ask("GET", f"/api/v1/sessions/{session.id}/checkins/{round_}", token=token)
    counts = {key: answer.data["round"][key] for key in ("expected", "came", "others", "requests")}
    assert counts == {"expected": 3, "came": 1, "others": 1, "requests": 0}
    lines = [(line["name"], line["status"], line["participant"] is None) for line in answer.data["lines"]]
    assert lines == [
        ("Colleague", "pending", True),
        ("Stranger", "pending", False),
        ("Gu", "on_time", False),
        ("Learner", "on_time", False),
    ]
    listed = await house.ask("GET", f"/api/v1/sessions/{session.id}/checkins", by="admin")
    assert [item["came"] for item in listed.data["items"]] == [1]


async def test_a_line_manager_sees_the_own_department_alone(house: Installation) -> None:
    session, round_ = await held(house)
    answer = await house.ask("GET", f"/api/v1/sessions/{session.id}/checkins/{round_}", by="manager")
    assert [line["name"] for line in answer.data["lines"]] == ["Learner"]
    assert answer.data["round"]["expected"] == 1


async def test_a_make_up_after_the_lesson_ends_in_attendance_and_audit(house: Installation) -> None:
    session, round_ = await held(house)
    await end(house, session)
    one = f"/api/v1/sessions/{session.id}/checkins/{round_}"
    own = await house.ask("GET", f"/api/v1/sessions/{session.id}/my-checkins", by="colleague")
    assert [(item["status"], item["may_request"]) for item in own.data["items"]] == [("absent", True)]
    asked = await house.ask("POST", f"{one}/make-up", by="colleague", json={"reason": "Sat beside learner"})
    assert asked.data == {"status": None, "request": "pending"}
    register = await house.ask("GET", one, by="host")
    assert (register.data["lines"][0]["name"], register.data["lines"][0]["reason"]) == (
        "Colleague",
        "Sat beside learner",
    )
    decided = await house.ask(
        "POST", f"{one}/corrections", by="host",
        json={"external_id": "L2", "status": "make_up", "reason": "Confirmed by phone"},
    )  # fmt: skip
    assert decided.status == 204
    own = await house.ask("GET", f"/api/v1/sessions/{session.id}/my-checkins", by="colleague")
    assert [(item["status"], item["request"]) for item in own.data["items"]] == [("make_up", None)]
    table = await house.ask("GET", f"/api/v1/sessions/{session.id}/attendance", by="admin")
    row = next(row for row in table.data["rows"] if row["name"] == "Colleague")
    assert row["checkins"] == [{"round": round_, "status": "make_up", "corrected": True}]
    log = await house.ask("GET", "/api/v1/audit", by="admin")
    entry = next(entry for entry in log.data["items"] if entry["action"] == "checkin_corrected")
    assert (entry["actor"], entry["target"]) == (house.people["host"], session.id)
    assert entry["details"] == {
        "round": round_,
        "participant": None,
        "person": house.people["colleague"],
        "before": None,
        "after": "make_up",
        "reason": "Confirmed by phone",
    }


async def test_an_erased_reason_is_gone_from_the_audit_log_too(house: Installation) -> None:
    """A reason may be an illness: the entry that somebody corrected stays, what they wrote does not."""
    session, round_ = await held(house)
    host = await arrive(house, session, SessionRole.HOST, person="host")
    learner = await arrive(house, session, SessionRole.LEARNER, person="learner")
    change = {"id": round_, "participant": learner.participant_id, "status": "absent", "reason": "Migraine"}
    engine = house.services.engine
    await engine.execute(session.id, host, "7", "checkin_correct", change)
    async with house.services.database.read() as tx:
        details = (await tx.execute(select(audit_entries.c.details))).scalars().all()
        events = await engine.store.read(tx, session.id, 0)
    assert "Migraine" not in str(details)
    (ref,) = [event.raw["reason_ref"] for event in events if event.type == "checkin_corrected"]

    async def logged() -> dict[str, Any]:
        log = await house.ask("GET", "/api/v1/audit", by="admin")
        found: dict[str, Any] = log.data["items"][0]["details"]
        return found

    assert (await logged())["reason"] == "Migraine"
    async with house.services.database.write() as tx:
        await engine.store.erase(tx, session.id, ref)
    assert (await logged())["reason"] is None


async def test_a_correction_in_the_class_names_the_person_in_the_audit(house: Installation) -> None:
    session, round_ = await held(house)
    host = await arrive(house, session, SessionRole.HOST, person="host")
    learner = await arrive(house, session, SessionRole.LEARNER, person="learner")
    change = {"id": round_, "participant": learner.participant_id, "status": "absent", "reason": "Left"}
    engine = house.services.engine
    await engine.execute(session.id, host, "7", "checkin_correct", change)
    await engine.execute(session.id, host, "7", "checkin_correct", change | {"status": "late"})
    log = await house.ask("GET", "/api/v1/audit", by="admin")
    found = [entry for entry in log.data["items"] if entry["action"] == "checkin_corrected"]
    assert [(entry["actor"], entry["details"]["before"]) for entry in found] == [
        (house.people["host"], "on_time")
    ]


@pytest.mark.parametrize(
    ("by", "status"), [("learner", 403), ("manager", 403), ("other_presenter", 403), (None, 401)]
)
async def test_who_may_not_correct(house: Installation, by: str | None, status: int) -> None:
    session, round_ = await held(house)
    body = {"external_id": "L2", "status": "on_time", "reason": "-"}
    path = f"/api/v1/sessions/{session.id}/checkins/{round_}"
    assert (await house.ask("POST", f"{path}/corrections", by=by, json=body)).status == status
    assert (await house.ask("POST", f"{path}/refusals", by=by, json=body)).status == status
    assert (await house.ask("POST", f"{path}/withdraw", by=by)).status == status
    state = (await house.services.engine.current(session.id)).state
    assert state.of(CHECKIN).rounds[round_].tally == {"on_time": 1}


async def test_what_makes_no_sense_over_http(house: Installation) -> None:
    session, round_ = await held(house)
    one = f"/api/v1/sessions/{session.id}/checkins/{round_}"
    nobody = {"external_id": "X9", "status": "late", "reason": "-"}
    assert (await house.ask("POST", f"{one}/corrections", by="admin", json=nobody)).code == "person_unknown"
    stranger = {"person": "no-such-person", "status": "late", "reason": "-"}
    assert (await house.ask("POST", f"{one}/corrections", by="admin", json=stranger)).code == "person_unknown"
    missing = {"status": "late", "reason": "-"}
    assert (await house.ask("POST", f"{one}/corrections", by="admin", json=missing)).code == "person_missing"
    again = await house.ask("POST", f"{one}/make-up", by="stranger", json={"reason": "here"})
    assert again.code == "checkin_open"
    away = await house.ask("POST", f"{one}/make-up", by="manager", json={"reason": "here"})
    assert away.code == "not_expected"
    unknown = f"/api/v1/sessions/{session.id}/checkins/nothing"
    assert (await house.ask("GET", unknown, by="admin")).code == "checkin_not_found"
    assert (await house.ask("POST", f"{one}/withdraw", by="host")).status == 204
    own = await house.ask("GET", f"/api/v1/sessions/{session.id}/my-checkins", by="learner")
    assert own.data == {"items": []}


async def test_a_host_demoted_in_the_middle_gives_no_more_orders(house: Installation) -> None:
    session, round_ = await held(house)
    host = await arrive(house, session, SessionRole.HOST, person="host")
    await arrive(house, session, SessionRole.LEARNER, person="host")
    body = {"id": round_, "seconds": 60}
    with pytest.raises(Exception, match="not_allowed"):
        await house.services.engine.execute(session.id, host, "9", "checkin_extend", body)
