"""At the door: who gets which token, for whom, and for how long."""

from typing import Any

import pytest

from lectern.kernel.clock import utc_ms
from lectern.kernel.roles import SessionRole
from sessions.store import Session
from tests.installation import Answer, Installation


def path(session: Session, what: str) -> str:
    return f"/api/v1/sessions/{session.id}/{what}"


def grant_of(house: Installation, answer: Answer) -> Any:
    return house.services.tokens.read(answer.data["token"], now_s=utc_ms() // 1000).grant


async def test_the_role_follows_from_who_somebody_is(house: Installation) -> None:
    session = await house.plan()
    roles = {
        "presenter": "presenter",
        "host": "host",
        "admin": "host",
        "learner": "learner",
        "other_presenter": None,
        "stranger": None,
    }
    for who, role in roles.items():
        answer = await house.ask("POST", path(session, "enter"), by=who, json={"name": "Somebody Else"})
        if role is None:
            assert (answer.status, answer.code) == (403, "not_invited")
        else:
            assert (answer.data["role"], answer.data["name"]) == (role, who.title())
            assert grant_of(house, answer).person_id == house.people[who]


async def test_an_open_session_lets_colleagues_and_guests_in_as_learners(house: Installation) -> None:
    session = await house.plan(guests=True)
    stranger = await house.ask("POST", path(session, "enter"), by="stranger", json={})
    assert grant_of(house, stranger).person_id == house.people["stranger"]
    guests = [await house.ask("POST", path(session, "enter"), json={"name": " Guest "}) for _ in range(2)]
    grants = [grant_of(house, guest) for guest in guests]
    assert [(g.role, g.person_id, g.guest_name) for g in grants] == [(SessionRole.LEARNER, None, "Guest")] * 2
    assert grants[0].guest_id != grants[1].guest_id  # two guests of one name are two


async def test_guests_are_turned_away_with_a_reason(house: Installation) -> None:
    closed = await house.plan()
    refused = await house.ask("POST", path(closed, "enter"), json={"name": "Guest"})
    assert (refused.status, refused.code) == (401, "sign_in_required")
    session = await house.plan(guests=True)
    for body, status, code in (
        ({}, 422, "name_missing"),
        ({"name": "  "}, 422, "name_missing"),
        ({"name": "x" * 101}, 400, "body_invalid"),
    ):
        answer = await house.ask("POST", path(session, "enter"), json=body)
        assert (answer.status, answer.code) == (status, code)
    missing = await house.ask("POST", "/api/v1/sessions/nothing/enter", json={"name": "G"})
    assert (missing.status, missing.code) == (404, "session_not_found")


async def test_a_flood_of_guests_from_one_address_is_slowed_down(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await house.plan(guests=True)
    monkeypatch.setattr(house.services.entry, "_mono_s", lambda: 100.0)
    statuses = [
        (await house.ask("POST", path(session, "enter"), json={"name": "G"})).status for _ in range(301)
    ]
    assert statuses == [200] * 300 + [429]
    assert (await house.ask("POST", path(session, "enter"), by="learner", json={})).status == 200


async def test_a_token_for_somebody_else(house: Installation) -> None:
    session = await house.plan()
    ask = path(session, "join-tokens")
    person = await house.ask("POST", ask, by="host", json={"role": "learner", "external_id": "L3"})
    assert grant_of(house, person).person_id == house.people["stranger"]
    assert person.data["url"].endswith(f"/room/{session.id}#t={person.data['token']}")
    for role, page in (("host", "studio"), ("presenter", "studio"), ("screen", "screen")):
        made = await house.ask("POST", ask, by="presenter", json={"role": role, "name": "Shop 7"})
        assert made.data["url"].endswith(f"/{page}/{session.id}#t={made.data['token']}")
    screen = await house.ask("POST", ask, by="presenter", json={"role": "screen", "name": "Shop 7"})
    assert (grant_of(house, screen).role, grant_of(house, screen).guest_name) == ("screen", "Shop 7")
    for body, status, code in (
        ({"role": "learner", "external_id": "X9"}, 404, "person_unknown"),
        ({"role": "learner"}, 422, "name_missing"),
        ({"role": "king", "name": "N"}, 400, "body_invalid"),
        ({"role": "learner", "name": "N", "ttl_s": 10}, 400, "body_invalid"),
        ({"role": "learner", "name": "N", "ttl_s": 10**9}, 400, "body_invalid"),
    ):
        answer = await house.ask("POST", ask, by="host", json=body)
        assert (answer.status, answer.code) == (status, code)


async def test_a_join_token_makes_no_other_token(house: Installation) -> None:
    session = await house.plan()
    token = house.token(session, SessionRole.PRESENTER, person="presenter")
    answer = await house.ask(
        "POST", path(session, "join-tokens"), token=token, json={"role": "host", "name": "N"}
    )
    assert (answer.status, answer.code) == (403, "not_allowed")
