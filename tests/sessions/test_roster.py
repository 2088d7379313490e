"""Taking people off a roster, and correcting it after the lesson, in a whole house."""

import asyncio
from typing import Any

import pytest

from analytics.attendance.report import AttendanceReport
from analytics.closing import service
from lectern.app.wired.analytics import forgetting_people
from lectern.kernel.access import Permission, Principal
from lectern.timeline.event import NewEvent, RosterChanged, SessionEnded, SessionStarted
from notices.kinds import Kind
from sessions.presence.idea import PRESENCE
from sessions.store import Session
from tests.installation import Answer, Installation, house, services
from tests.notices.given import Watch
from tests.notices.test_house import STORE, caller_of, plan, told, watch

__all__ = ["house", "services", "watch"]


async def take_off(house: Installation, session: Session, name: str, reason: str = "", **by: Any) -> Answer:
    path = f"/api/v1/sessions/{session.id}/roster/{house.people[name]}"
    return await house.ask("DELETE", path, json={"reason": reason}, **({"by": "host"} | by))


async def listed(house: Installation, session: Session) -> list[str]:
    found = await house.ask("GET", f"/api/v1/sessions/{session.id}/roster", by="host")
    return sorted(person["name"] for person in found.data["items"])


async def held(house: Installation) -> Session:
    """A lesson that is over; both of its people never came."""
    session = await house.plan()
    async with house.services.engine.change(session.id) as change:
        change.append(NewEvent(payload=SessionStarted()))
        change.append(NewEvent(payload=SessionEnded()))
    return session


async def entries(house: Installation) -> list[tuple[str, dict[str, Any]]]:
    log = await house.ask("GET", "/api/v1/audit", by="admin")
    found = [(entry["action"], entry["details"]) for entry in log.data["items"]]
    return [(action, details) for action, details in found if action.startswith("roster_")]


async def test_whoever_is_taken_off_is_expected_no_more_and_the_log_says_who_did_it(
    house: Installation,
) -> None:
    session = await house.plan()
    assert (await take_off(house, session, "colleague")).status == 204
    assert await listed(house, session) == ["Learner"]
    again = await take_off(house, session, "colleague")
    assert (again.status, again.code) == (404, "not_on_roster")
    one = await house.ask("GET", f"/api/v1/sessions/{session.id}", by="host")
    assert one.data["expected"] == 1
    entry = {"person": house.people["colleague"], "people": 1, "expected": 1, "reason": None}
    assert await entries(house) == [("roster_shortened", entry)]
    assert (await house.ask("GET", f"/api/v1/sessions/{session.id}", by="colleague")).status in (403, 404)
    elsewhere = await house.ask("DELETE", "/api/v1/sessions/nowhere/roster/p", by="host")
    assert elsewhere.status == 404


async def test_whoever_is_taken_off_is_asked_for_nothing_any_more(house: Installation, watch: Watch) -> None:
    """What they were told in the app holds no longer; back on the list, they are not invited twice."""
    session = await plan(house, watch)
    assert ("colleague", "invited") in await told(house)
    await take_off(house, session, "colleague")
    async with house.services.database.read() as tx:
        found = await STORE.page(
            tx, house.org.id, state=None, kind=Kind.INVITED, channel=None, person_ids=None, address="",
            session_id=session.id, before=None, limit=200,
        )  # fmt: skip
    ended = {one.person_id for one in found if one.settled_utc_ms is not None}
    assert ended == {house.people["colleague"]}
    before = await told(house)
    watch.now = session.starts_utc_ms - 10 * 60_000
    await caller_of(house, watch).tell_due()
    new = [entry for entry in await told(house) if entry not in before]
    assert "learner" in {name for name, _ in new}
    assert "colleague" not in {name for name, _ in new}
    await house.services.sessions.expect(session, [house.people["colleague"]])
    await caller_of(house, watch).tell_due()
    assert [entry for entry in await told(house) if entry == ("colleague", "invited")] == [
        ("colleague", "invited")
    ]


async def test_after_the_lesson_a_roster_changes_with_a_reason_alone(house: Installation) -> None:
    session = await held(house)
    refused = await take_off(house, session, "colleague", " \n ")
    assert (refused.status, refused.code) == (422, "reason_missing")
    assert (await take_off(house, session, "colleague", "x" * 2_001)).code == "reason_too_long"
    assert await listed(house, session) == ["Colleague", "Learner"]
    assert (await take_off(house, session, "colleague", "Left the company in May")).status == 204
    path = f"/api/v1/sessions/{session.id}/roster"
    number = {"external_id": " L3 "}
    assert (await house.ask("POST", f"{path}/people", by="host", json=number)).code == "reason_missing"
    added = await house.ask("POST", f"{path}/people", by="host", json=number | {"reason": "Forgotten"})
    assert (added.status, added.data["name"]) == (200, "Stranger")
    assert await listed(house, session) == ["Learner", "Stranger"]
    imported = await house.ask("POST", path, by="host", data=b"external_id\nL2\n")
    assert (imported.status, imported.code) == (409, "session_over")
    nobody = await house.ask(
        "POST", f"{path}/people", by="host", json={"external_id": "X9", "reason": "Forgotten"}
    )
    assert (nobody.status, nobody.code) == (404, "person_unknown")
    said = [(action, details["reason"]) for action, details in await entries(house)]
    assert said == [("roster_extended", "Forgotten"), ("roster_shortened", "Left the company in May")]
    table = await house.ask("GET", f"/api/v1/sessions/{session.id}/attendance", by="admin")
    assert table.data["expected"] == 2


async def test_an_attendance_that_was_closed_does_not_change_until_it_is_amended(house: Installation) -> None:
    session = await held(house)
    record = f"/api/v1/sessions/{session.id}/attendance-record"
    accepted = {"accept": ["make_ups_waiting", "make_ups_possible", "objections_open"]}
    closed = await house.ask("POST", record, by="host", json=accepted | {"after": 0})
    assert closed.status in (200, 201), closed.data
    refused = await take_off(house, session, "colleague", "Left the company")
    assert (refused.status, refused.code) == (409, "attendance_closed")
    assert await listed(house, session) == ["Colleague", "Learner"]
    amending = {"after": 1, "reason": "The list was wrong"}
    begun = await house.ask("POST", f"{record}/amendment", by="host", json=amending)
    assert begun.status < 300, begun.data
    assert (await take_off(house, session, "colleague", "Left the company")).status == 204
    again = await house.ask("POST", record, by="host", json=accepted | {"after": 1})
    assert again.status in (200, 201), again.data


async def test_an_amendment_in_which_the_roster_changed_is_not_given_up(house: Installation) -> None:
    session = await held(house)
    record = f"/api/v1/sessions/{session.id}/attendance-record"
    accepted = {"accept": ["make_ups_waiting", "make_ups_possible", "objections_open"]}
    assert (await house.ask("POST", record, by="host", json=accepted | {"after": 0})).status in (200, 201)
    amending = {"after": 1, "reason": "The list was wrong"}
    assert (await house.ask("POST", f"{record}/amendment", by="host", json=amending)).status < 300
    assert (await take_off(house, session, "colleague", "Left the company")).status == 204
    dropped = await house.ask("DELETE", f"{record}/amendment", by="host")
    assert (dropped.status, dropped.code) == (409, "amendment_has_changes")


async def test_what_is_sealed_is_the_roster_at_the_commit(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody is taken off while the record is being written: it is written again without them."""
    session = await held(house)
    sealed, names = service._sealed, list[set[str]]()

    def beside(header: Any, report: AttendanceReport, *others: Any) -> Any:
        names.append({line.row.person or "" for line in report.lines})
        if len(names) == 1:
            asyncio.run_coroutine_threadsafe(take_off(house, session, "colleague", "Left"), loop).result(30)
        return sealed(header, report, *others)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(service, "_sealed", beside)
    record = f"/api/v1/sessions/{session.id}/attendance-record"
    accepted = {"accept": ["make_ups_waiting", "make_ups_possible", "objections_open"], "after": 0}
    assert (await house.ask("POST", record, by="host", json=accepted)).status in (200, 201)
    learner, colleague = house.people["learner"], house.people["colleague"]
    assert names == [{learner, colleague}, {learner}]


async def test_why_somebody_was_taken_off_is_forgotten_with_them(house: Installation) -> None:
    session = await held(house)
    assert (await take_off(house, session, "colleague", "A long illness")).status == 204
    assert "A long illness" in str(await entries(house))
    operator = Principal(house.org.id, "command line", frozenset({Permission.ADMIN}))
    assert await forgetting_people(house.services).person(operator, house.people["colleague"]) > 0
    assert "A long illness" not in str(await entries(house))


async def test_the_next_change_names_whom_a_server_of_an_earlier_release_did_not(house: Installation) -> None:
    session = await house.plan()
    stranger = house.people["stranger"]
    async with house.services.engine.change(session.id) as change:
        await house.services.sessions.store.add_to_roster(change.tx, session, [stranger], change.now)
        change.append(NewEvent(payload=RosterChanged(expected=3)))
    assert (await take_off(house, session, "colleague")).status == 204
    state = (await house.services.engine.current(session.id)).state
    assert state.of(PRESENCE).roster == {house.people["learner"], stranger}
