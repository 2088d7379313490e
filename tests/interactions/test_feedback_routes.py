"""Feedback over HTTP, in a whole house: handing in, results for those who lead, files, work items."""

import csv
import io
import zipfile
from typing import Any

import pytest

from interactions.feedback.commands import FEWEST
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, SessionEnded, SessionStarted
from sessions.presence.admission import Arrival
from sessions.store import Session
from tests.installation import Installation, house, services

__all__ = ["house", "services"]

FORM: dict[str, Any] = {"teacher": 5, "course": 4, "organisation": 3, "recommend": 9, "text": "=Well done"}
GUESTS = [f"G{n}" for n in range(FEWEST - 1)]


async def arrive(house: Installation, session: Session, role: SessionRole, **who: str) -> None:
    """Let somebody connect to the class."""
    grant = house.grant(session, role, **who)
    arrival = Arrival("pc", None, None, house.services.presence.consent_version)
    await house.services.presence.enter(house.org.id, grant, who.get("person") or who["guest"], arrival)


@pytest.fixture
async def session(house: Installation) -> Session:
    """A lesson that is over: the learner and some guests came, the colleague did not."""
    session = await house.plan(guests=True)
    for guest in GUESTS:
        await arrive(house, session, SessionRole.LEARNER, guest=guest)
    await arrive(house, session, SessionRole.LEARNER, person="learner")
    for payload in (SessionStarted(), SessionEnded()):
        async with house.services.engine.change(session.id) as change:
            change.append(NewEvent(payload=payload))
    return session


def mine(session: Session) -> str:
    return f"/api/v1/sessions/{session.id}/my-feedback"


async def everybody_hands_in(house: Installation, session: Session) -> None:
    """The guests by their tokens, the learner by cookie."""
    for guest in GUESTS:
        token = house.token(session, SessionRole.LEARNER, guest=guest)
        assert (await house.ask("POST", mine(session), token=token, json=FORM)).status == 204
    assert (await house.ask("POST", mine(session), by="learner", json=FORM)).status == 204


async def test_who_came_hands_in_once_by_whatever_door(house: Installation, session: Session) -> None:
    assert (await house.ask("GET", mine(session), by="learner")).data["state"] == "open"
    assert (await house.ask("GET", mine(session), by="colleague")).data["state"] == "not_here"
    presenter = house.token(session, SessionRole.PRESENTER, person="presenter")
    assert (await house.ask("GET", mine(session), token=presenter)).data["state"] == "not_here"
    assert (await house.ask("POST", mine(session), by="colleague", json=FORM)).code == "feedback_not_here"
    assert (await house.ask("POST", mine(session), by="learner", json={})).code == "feedback_empty"
    assert (await house.ask("POST", mine(session), by="learner", json={"teacher": 6})).status == 400
    assert (await house.ask("POST", mine(session), by="learner", json=FORM)).status == 204
    token = house.token(session, SessionRole.LEARNER, person="learner")
    assert (await house.ask("POST", mine(session), token=token, json=FORM)).code == "feedback_given"
    assert (await house.ask("GET", mine(session), token=token)).data["state"] == "given"
    other = await house.plan()
    assert (await house.ask("POST", mine(other), token=token, json=FORM)).status == 404


async def test_those_who_lead_read_results_and_others_do_not(house: Installation, session: Session) -> None:
    await everybody_hands_in(house, session)
    path = f"/api/v1/sessions/{session.id}/feedback"
    for reader in ("presenter", "host", "admin"):
        assert (await house.ask("GET", path, by=reader)).status == 200
    token = house.token(session, SessionRole.HOST, guest="Aide")
    found = (await house.ask("GET", path, token=token)).data
    assert (found["given"], found["attendees"], found["shown"]) == (FEWEST, FEWEST, FEWEST)
    assert [(f["question"], f["mean"]) for f in found["figures"]] == [
        ("teacher", 5.0),
        ("course", 4.0),
        ("organisation", 3.0),
        ("recommend", 9.0),
    ]
    assert found["recommendation"]["score"] == 100.0
    assert {item["text"] for item in found["items"]} == {"=Well done"}
    learner = house.token(session, SessionRole.LEARNER, person="learner")
    assert (await house.ask("GET", path, token=learner)).status == 403
    for reader in ("other_presenter", "manager", "learner"):
        assert (await house.ask("GET", path, by=reader)).status == 403


async def test_who_came_by_a_link_reads_what_was_said_but_not_whom_to_call(
    house: Installation, session: Session
) -> None:
    form = {"text": "The air was bad", "contact": "Li, 4711"}
    await house.ask("POST", mine(session), by="learner", json=form)
    path = f"/api/v1/sessions/{session.id}/feedback"
    item = (await house.ask("GET", path, by="host")).data["items"][0]
    change = {
        "version": 1,
        "kind": "call_back",
        "owner_external_id": "H1",
        "note": "n",
        "due_on": "2026-12-01",
    }
    await house.ask("POST", f"/api/v1/feedback-items/{item['id']}", by="host", json=change)
    token = house.token(session, SessionRole.HOST, guest="Aide")
    (seen,) = (await house.ask("GET", path, token=token)).data["items"]
    assert (seen["text"], seen["kind"], seen["state"]) == ("The air was bad", "call_back", "new")
    hidden = ("contact", "owner_person_id", "owner_name", "note", "due_on")
    assert [seen[name] for name in hidden] == [None] * len(hidden)
    headers = {"Authorization": f"Bearer {token}"}
    async with house.client.get(f"{path}.xlsx?lang=en", headers=headers) as response:
        book = zipfile.ZipFile(io.BytesIO(await response.read()))
    words = book.read("xl/sharedStrings.xml").decode()
    assert "The air was bad" in words
    assert "2026-12-01" not in words
    assert "4711" not in words
    for refused in ("", "/open"):
        assert (await house.ask("GET", f"/api/v1/feedback-items{refused}", token=token)).status == 403


async def test_open_items_are_counted_for_those_who_may_see_them(
    house: Installation, session: Session
) -> None:
    await everybody_hands_in(house, session)

    async def counted(by: str) -> tuple[int, int]:
        found = (await house.ask("GET", "/api/v1/feedback-items/open", by=by)).data
        return found["open"], found["mine"]

    items = (await house.ask("GET", "/api/v1/feedback-items", by="presenter")).data["items"]
    for reader, open_ in (("presenter", FEWEST), ("host", FEWEST), ("admin", FEWEST), ("other_presenter", 0)):
        assert await counted(reader) == (open_, 0), reader
        listed = (await house.ask("GET", "/api/v1/feedback-items", by=reader)).data["items"]
        assert len(listed) == open_, reader
    first, second = (f"/api/v1/feedback-items/{item['id']}" for item in items[:2])
    await house.ask("POST", first, by="presenter", json={"version": 1, "step": "finish"})
    await house.ask("POST", second, by="presenter", json={"version": 1, "owner_external_id": "L3"})
    assert await counted("presenter") == (FEWEST - 1, 0)
    assert await counted("stranger") == (1, 1)  # what somebody was given, and nothing else
    assert await counted("learner") == (0, 0)


async def test_rules_are_set_before_the_lesson(house: Installation) -> None:
    session = await house.plan()
    path = f"/api/v1/sessions/{session.id}/feedback"
    assert (await house.ask("PUT", path, by="presenter", json={"on": False, "lang": "zh-CN"})).status == 204
    found = (await house.ask("GET", path, by="presenter")).data
    assert (found["on"], found["lang"], found["until_utc_ms"]) == (False, "zh-CN", None)
    assert (await house.ask("PUT", path, by="other_presenter", json={"on": True})).status == 403


async def test_files_are_safe_and_say_the_same(house: Installation, session: Session) -> None:
    await everybody_hands_in(house, session)
    path = f"/api/v1/sessions/{session.id}/feedback"
    cookie = {"Cookie": f"lectern_session={house.cookies['presenter']}"}
    async with house.client.get(f"{path}.csv?lang=en", headers=cookie) as response:
        rows = list(csv.DictReader(io.StringIO((await response.text()).lstrip("\ufeff"))))
    teacher = {row["Grade"]: row["Times given"] for row in rows if row["Question"] == "Teacher"}
    assert teacher == {"1": "0", "2": "0", "3": "0", "4": "0", "5": str(FEWEST)}
    async with house.client.get(f"{path}.xlsx?lang=zh-CN", headers=cookie) as response:
        book = zipfile.ZipFile(io.BytesIO(await response.read()))
    words = book.read("xl/sharedStrings.xml").decode()
    assert "净推荐值" in words
    assert "=Well done" in words
    assert "<f>" not in "".join(book.read(name).decode() for name in book.namelist() if "sheet" in name)
    log = (await house.ask("GET", "/api/v1/audit", by="admin")).data["items"]
    assert sum(entry["action"] == "feedback_exported" for entry in log) == 2


async def test_a_text_is_sorted_assigned_and_done(house: Installation, session: Session) -> None:
    form = {"text": "The air was bad", "contact": "Li, 4711"}
    await house.ask("POST", mine(session), by="learner", json=form)
    listed = (await house.ask("GET", "/api/v1/feedback-items?kind=call_back", by="presenter")).data["items"]
    assert [(item["text"], item["contact"], item["session_title"]) for item in listed] == [
        ("The air was bad", "Li, 4711", "Product launch")
    ]
    item = listed[0]
    path = f"/api/v1/feedback-items/{item['id']}"
    change = {
        "version": 1,
        "kind": "short_term",
        "owner_external_id": "H1",
        "due_on": "2026-12-01",
        "note": "n",
    }
    assert (await house.ask("POST", path, by="other_presenter", json=change)).status == 404
    assert (await house.ask("POST", path, by="learner", json=change)).status == 404
    unknown = {**change, "owner_external_id": "X"}
    assert (await house.ask("POST", path, by="presenter", json=unknown)).code == "person_unknown"
    assert (await house.ask("POST", path, by="presenter", json=change)).data["owner_name"] == "Host"
    assert (await house.ask("POST", path, by="presenter", json=change)).code == "item_changed"
    own = (await house.ask("GET", "/api/v1/feedback-items?mine=true", by="host")).data["items"]
    assert [(each["id"], each["due_on"], each["version"]) for each in own] == [(item["id"], "2026-12-01", 2)]
    kept = {"version": 2, "kind": "short_term", "owner_person_id": own[0]["owner_person_id"]}
    done = await house.ask("POST", path, by="host", json={**kept, "step": "finish"})
    assert (done.data["state"], done.data["contact"]) == ("done", None)
    assert (await house.ask("GET", "/api/v1/feedback-items", by="stranger")).data["items"] == []
    log = (await house.ask("GET", "/api/v1/audit", by="admin")).data["items"]
    entries = [entry["details"] for entry in log if entry["action"] == "feedback_item_changed"]
    assert [entry.get("state") for entry in entries] == ["done", None]
    assert "The air" not in str(entries)


async def test_items_come_in_pages(house: Installation, session: Session) -> None:
    await everybody_hands_in(house, session)
    seen, cursor = [], ""
    while True:
        page = (await house.ask("GET", f"/api/v1/feedback-items?limit=2&cursor={cursor}", by="admin")).data
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == FEWEST
    assert (await house.ask("GET", "/api/v1/feedback-items?cursor=x", by="admin")).code == "cursor_invalid"
