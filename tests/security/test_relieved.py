"""Whoever is host no longer holds nothing that still opens doors: neither a connection nor an old token."""

from typing import Any

import pytest
from sqlalchemy import delete

from accounts.tables import role_grants
from lectern.kernel.clock import utc_ms
from lectern.kernel.errors import Conflict, Forbidden
from lectern.kernel.roles import SessionRole
from lectern.timeline.idea import Actor
from sessions import links
from sessions.presence.admission import Arrival
from sessions.presence.idea import PRESENCE
from sessions.store import Session
from tests.installation import Installation


async def enters(house: Installation, token: str) -> str:
    """Come in with a token, as any connection to the class does."""
    presence = house.services.presence
    grant = house.services.tokens.read(token, now_s=utc_ms() // 1_000).grant
    arrival = Arrival("pc", None, None, presence.consent_version)
    return (await presence.enter(house.org.id, grant, "Host", arrival)).participant_id


def token_of(house: Installation, session: Session, made_s: int) -> str:
    """A token for the host, made some seconds from now."""
    grant = house.grant(session, SessionRole.HOST, person="host")
    return house.services.tokens.issue(house.org.id, grant, now_s=utc_ms() // 1_000 + made_s, ttl_s=3_600)


async def names_another_host(house: Installation, session: Session) -> None:
    change: dict[str, Any] = {"host_person_id": house.people["other_presenter"]}
    assert (await house.ask("PATCH", f"/api/v1/sessions/{session.id}", by="admin", json=change)).status == 200


async def test_a_host_who_is_replaced_is_a_learner_at_once(house: Installation) -> None:
    session = await house.plan()
    old = token_of(house, session, -5)
    participant = await enters(house, old)
    path = f"/api/v1/sessions/{session.id}/feedback"
    assert (await house.ask("GET", path, token=old)).status == 200
    await names_another_host(house, session)
    present = (await house.services.engine.current(session.id)).state.of(PRESENCE).participants[participant]
    assert present.joined.role == SessionRole.LEARNER
    with pytest.raises(Forbidden, match="role_changed"):
        await enters(house, old)
    refused = await house.ask("GET", path, token=old)
    assert (refused.status, refused.code) == (403, "role_changed")


async def test_who_is_named_again_comes_in_with_a_new_token(house: Installation) -> None:
    session = await house.plan()
    await enters(house, token_of(house, session, -5))
    await names_another_host(house, session)
    change = {"host_person_id": house.people["host"]}
    await house.ask("PATCH", f"/api/v1/sessions/{session.id}", by="admin", json=change)
    participant = await enters(house, token_of(house, session, 1))
    present = (await house.services.engine.current(session.id)).state.of(PRESENCE).participants[participant]
    assert present.joined.role == SessionRole.HOST


STAFF_ONLY = ("feedback", "attendance", "attendance.csv", "checkins", "poll-results", "groups", "stream-keys")


async def refused_everywhere(house: Installation, session: Session, token: str, code: str) -> None:
    for path in (*STAFF_ONLY, "screen-code"):
        answer = await house.ask("GET", f"/api/v1/sessions/{session.id}/{path}", token=token)
        assert (answer.status, answer.code) == (403, code), path
    with pytest.raises(Forbidden, match=code):
        await enters(house, token)


async def test_a_host_who_is_replaced_before_they_ever_came_is_no_host(house: Installation) -> None:
    session = await house.plan()
    entered = await house.ask("POST", f"/api/v1/sessions/{session.id}/enter", by="host", json={})
    token = entered.data["token"]
    assert entered.data["role"] == SessionRole.HOST
    assert (await house.ask("GET", f"/api/v1/sessions/{session.id}/feedback", token=token)).status == 200
    await names_another_host(house, session)
    await refused_everywhere(house, session, token, "role_changed")


async def test_who_administers_no_longer_is_no_host_either(house: Installation) -> None:
    session = await house.plan()
    token = (await house.ask("POST", f"/api/v1/sessions/{session.id}/enter", by="admin", json={})).data[
        "token"
    ]
    assert (await house.ask("GET", f"/api/v1/sessions/{session.id}/feedback", token=token)).status == 200
    accounts = house.services.accounts
    async with accounts.database.write() as tx:
        await tx.execute(delete(role_grants).where(role_grants.c.person_id == house.people["admin"]))
    await refused_everywhere(house, session, token, "role_changed")


async def link(house: Installation, session: Session, by: str = "host", **wanted: Any) -> Any:
    """Make a link, and return its token and its id."""
    path = f"/api/v1/sessions/{session.id}/join-tokens"
    made = await house.ask("POST", path, by=by, json={"role": "presenter", "name": "TV"} | wanted)
    assert made.status == 201
    listed = await house.ask("GET", path, by=by)
    return made.data["token"], listed.data["items"][0]["id"]


async def test_links_a_host_made_for_staff_end_with_them(house: Installation) -> None:
    session = await house.plan()
    device, _ = await link(house, session, ttl_s=30 * 86_400)
    colleague, _ = await link(house, session, role="host", name=None, external_id="L1")
    learner, _ = await link(house, session, role="learner", name=None, external_id="L2")
    other, _ = await link(house, session, by="presenter")
    present = {token: await enters(house, token) for token in (device, colleague, learner, other)}
    await names_another_host(house, session)
    await refused_everywhere(house, session, device, "link_ended")
    await refused_everywhere(house, session, colleague, "link_ended")
    participants = (await house.services.engine.current(session.id)).state.of(PRESENCE).participants
    assert participants[present[device]].removed
    assert participants[present[colleague]].joined.role == SessionRole.LEARNER
    for kept in (learner, other):
        assert await enters(house, kept) == present[kept]
    assert participants[present[other]].joined.role == SessionRole.PRESENTER


async def audited(house: Installation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await house.ask("GET", "/api/v1/audit", by="admin")).data["items"]
    return found


async def test_links_for_learners_pass_to_the_new_host(house: Installation) -> None:
    session = await house.plan()
    learner, learner_id = await link(house, session, role="learner", name="Guest")
    _, screen_id = await link(house, session, role="screen", name="TV")
    _, staff_id = await link(house, session, role="host", name=None, external_id="L1")
    await link(house, session, by="presenter", role="learner", name="Another")
    before = len(await audited(house))
    await names_another_host(house, session)
    entries = (await audited(house))[:-before]
    said = {entry["action"]: entry["details"] for entry in entries}
    host, other = house.people["host"], house.people["other_presenter"]
    assert said == {
        "host_named": {"before": host, "after": other},
        "join_token_ended": {"link": staff_id, "role": "host", "person": house.people["learner"]},
        "join_tokens_passed_on": {"count": 2, "before": host, "after": other},
    }
    await enters(house, learner)
    async with house.services.database.read() as tx:
        listed = {one.id: one for one in await links.page(tx, session.id, utc_ms(), before="", limit=9)}
    assert {listed[learner_id].held_by, listed[screen_id].held_by} == {other}
    assert {one.held_by for one in listed.values()} == {other, None}
    # The heir may take it back; who was relieved may not.
    one = f"/api/v1/sessions/{session.id}/join-tokens/{learner_id}"
    assert (await house.ask("DELETE", one, by="host")).status == 403
    assert (await house.ask("DELETE", one, by="other_presenter")).status == 204
    await refused_everywhere(house, session, learner, "link_ended")


async def test_without_its_audit_entry_no_host_is_replaced(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await house.plan()
    _, staff_id = await link(house, session, role="host", name=None, external_id="L1")

    async def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(house.services.sessions, "_audit", fails)
    with pytest.raises(RuntimeError, match="disk"):
        await house.services.sessions.replan(
            session, title=None, starts_utc_ms=None, zone=None, guests_allowed=None,
            host_person_id=house.people["other_presenter"], by="tests",
        )  # fmt: skip
    after = await house.services.sessions.get(session.id)
    assert after.host_person_id == house.people["host"]
    async with house.services.database.read() as tx:
        assert [one.id for one in await links.page(tx, session.id, utc_ms(), before="", limit=9)] == [
            staff_id
        ]


async def test_a_link_is_listed_audited_without_its_token_and_taken_back(house: Installation) -> None:
    session = await house.plan()
    path = f"/api/v1/sessions/{session.id}/join-tokens"
    token, link_id = await link(house, session, ttl_s=600)
    resumed = house.services.tokens.read(token, now_s=utc_ms() // 1_000).grant
    assert resumed.link_id == link_id
    (listed,) = (await house.ask("GET", path, by="presenter")).data["items"]
    assert (listed["role"], listed["name"], listed["made_by"]) == ("presenter", "TV", house.people["host"])
    entry = (await house.ask("GET", "/api/v1/audit", by="admin")).data["items"][0]
    assert entry["action"] == "join_token_created"
    assert entry["details"] == {
        "link": link_id,
        "role": "presenter",
        "person": None,
        "expires_utc_ms": listed["expires_utc_ms"],
    }
    for refused in ({"by": "other_presenter"}, {"by": "learner"}, {"token": token}):
        assert (await house.ask("GET", path, **refused)).status == 403
        assert (await house.ask("DELETE", f"{path}/{link_id}", **refused)).status == 403
    other = await house.plan()
    elsewhere = f"/api/v1/sessions/{other.id}/join-tokens/{link_id}"
    assert (await house.ask("DELETE", elsewhere, by="host")).code == "link_not_found"
    await enters(house, token)
    assert (await house.ask("DELETE", f"{path}/{link_id}", by="host")).status == 204
    await refused_everywhere(house, session, token, "link_ended")
    assert (await house.ask("GET", path, by="host")).data["items"] == []
    assert (await house.ask("DELETE", f"{path}/{link_id}", by="host")).code == "link_not_found"
    entry = (await house.ask("GET", "/api/v1/audit", by="admin")).data["items"][0]
    assert (entry["action"], entry["details"]["link"]) == ("join_token_ended", link_id)


async def test_staff_by_a_link_alone_can_be_sent_out(house: Installation) -> None:
    session = await house.plan()
    token, _ = await link(house, session)
    device = await enters(house, token)
    host = await enters(house, token_of(house, session, 0))
    engine = house.services.engine
    await engine.execute(
        session.id, Actor(host, SessionRole.HOST), "1", "participant_remove", {"participant": device}
    )
    with pytest.raises(Conflict, match="is_staff"):
        await engine.execute(
            session.id, Actor(host, SessionRole.HOST), "2", "participant_remove", {"participant": host}
        )
    await refused_everywhere(house, session, token, "removed")


async def test_keys_for_publishing_end_with_their_host(house: Installation) -> None:
    session = await house.plan()
    path = f"/api/v1/sessions/{session.id}/stream-keys"
    for use in ("publish", "watch"):
        made = await house.ask("POST", path, by="host", json={"name": use, "use": use})
        assert made.status == 201
    assert (
        await house.ask("POST", path, by="presenter", json={"name": "ours", "use": "publish"})
    ).status == 201
    await names_another_host(house, session)
    left = {key["name"] for key in (await house.ask("GET", path, by="presenter")).data["items"]}
    assert left == {"ours", "watch"}
