"""Stream keys: made, shown once, listed, revoked; who may, and what they open."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lectern.kernel.clock import utc_ms
from lectern.kernel.errors import Rejected
from lectern.kernel.roles import SessionRole
from sessions.store import Session
from signaling.stream_keys import service
from signaling.stream_keys.key_text import KeyText, is_stream_key
from tests.installation import Answer, Installation
from tests.signaling.test_whip_refusals import post

# ── the text ──


def new_key() -> KeyText:
    return KeyText.new(random.Random(7).choice)


def test_a_key_is_one_word_that_survives_pasting() -> None:
    key = new_key()
    assert re.fullmatch(r"lsk_[0-9a-z]{10}_[0-9a-z]{26}", str(key))
    for pasted in (str(key), f"  {key}\n", str(key).upper()):
        assert is_stream_key(pasted)
        assert KeyText.parse(pasted) == key
    assert key.secret not in repr(key)


@pytest.mark.parametrize(
    "text", ["", "lsk_", "lk_0123456789_0", "lsk_0123456789_short", str(new_key())[:-1], f"{new_key()}x"]
)
def test_what_is_no_key(text: str) -> None:
    assert KeyText.parse(text) is None


def test_a_key_matches_its_own_hash_alone() -> None:
    key, other = new_key(), KeyText.new(random.Random(8).choice)
    assert key.matches(key.secret_hash)
    assert not key.matches(other.secret_hash)
    assert key.secret not in key.secret_hash


@given(st.text(max_size=60))
def test_anything_is_a_key_or_none_never_worse(text: str) -> None:
    key = KeyText.parse(text)
    assert key is None or str(key) == text.strip().lower()


# ── over HTTP ──


async def make(house: Installation, session: Session, **asked: object) -> Answer:
    by, token = asked.pop("by", "presenter"), asked.pop("token", None)
    url = f"/api/v1/sessions/{session.id}/stream-keys"
    body = {"name": "OBS"} | asked
    if token:
        return await house.ask("POST", url, json=body, token=str(token))
    return await house.ask("POST", url, json=body, by=str(by))


async def listed(house: Installation, session: Session) -> list[dict[str, object]]:
    answer = await house.ask("GET", f"/api/v1/sessions/{session.id}/stream-keys", by="presenter")
    assert answer.status == 200
    items: list[dict[str, object]] = answer.data["items"]
    return items


async def test_a_key_is_shown_once_and_stored_as_a_hash(house: Installation) -> None:
    session = await house.plan()
    made = await make(house, session, name="  Camera 2 ")
    assert made.status == 201
    text = made.data["key"]
    shown = await listed(house, session)
    assert [(k["id"], k["name"], k["use"], k["last_used_utc_ms"], k["in_use"]) for k in shown] == [
        (made.data["id"], "Camera 2", "publish", None, False)
    ]
    assert shown[0]["url"] == f"{house.services.settings.url}/whip/{session.id}"
    assert "key" not in shown[0]
    stored = (await house.services.stream_keys.current([made.data["id"]]))[made.data["id"]]
    assert text.rsplit("_", 1)[1] not in repr(stored)


async def test_keys_are_in_the_audit(house: Installation) -> None:
    session = await house.plan()
    key_id = (await make(house, session)).data["id"]
    gone = await house.ask("DELETE", f"/api/v1/sessions/{session.id}/stream-keys/{key_id}", by="host")
    assert gone.status == 204
    assert await listed(house, session) == []
    again = await house.ask("DELETE", f"/api/v1/sessions/{session.id}/stream-keys/{key_id}", by="host")
    assert (again.status, again.code) == (404, "stream_key_not_found")
    entries = (await house.ask("GET", "/api/v1/audit", by="admin")).data["items"]
    said = [(e["action"], e["target"]) for e in entries if e["target"] == key_id]
    assert sorted(said) == [("stream_key_created", key_id), ("stream_key_revoked", key_id)]


@pytest.mark.parametrize(
    ("by", "status"),
    [
        ("presenter", 201),
        ("host", 201),
        ("admin", 201),
        ("other_presenter", 403),
        ("manager", 403),
        ("learner", 403),
    ],
)
async def test_who_makes_lists_and_revokes_keys(house: Installation, by: str, status: int) -> None:
    session = await house.plan()
    assert (await make(house, session, by=by)).status == status
    url = f"/api/v1/sessions/{session.id}/stream-keys"
    assert (await house.ask("GET", url, by=by)).status == (200 if status == 201 else status)
    key_id = (await make(house, session)).data["id"]
    assert (await house.ask("DELETE", f"{url}/{key_id}", by=by)).status == (204 if status == 201 else status)


async def test_staff_with_a_join_token_and_integrators_make_keys_too(house: Installation) -> None:
    session, other = await house.plan(guests=True), await house.plan(guests=True)
    presenter = house.token(session, SessionRole.PRESENTER, guest="Visiting expert")
    assert (await make(house, session, token=presenter, own=True)).status == 201
    assert (await make(house, other, token=presenter)).code == "not_your_session"
    learner = house.token(session, SessionRole.LEARNER, guest="G")
    assert (await make(house, session, token=learner)).code == "not_your_session"
    assert (await make(house, session, token=await house.api_key("sessions:write"))).status == 201
    assert (await make(house, session, token=await house.api_key("sessions:read"))).code == "not_allowed"
    assert (await house.ask("GET", f"/api/v1/sessions/{session.id}/stream-keys")).status == 401


async def test_as_whom_a_key_publishes(house: Installation) -> None:
    session = await house.plan()
    keys = house.services.stream_keys
    own = (await make(house, session, own=True)).data
    device = (await make(house, session, name="Camera 2")).data
    screen = (await make(house, session, name="Lobby TV", use="watch")).data
    assert (own["person"], device["person"]) == (house.people["presenter"], None)
    known = await keys.current([own["id"], device["id"], screen["id"]])
    grants = {key_id: key.grant for key_id, key in known.items()}
    assert grants[own["id"]].role is SessionRole.PRESENTER
    assert grants[own["id"]].person_id == house.people["presenter"]
    assert (grants[device["id"]].role, grants[device["id"]].guest_name) == (SessionRole.PRESENTER, "Camera 2")
    assert (grants[screen["id"]].role, grants[screen["id"]].guest_name) == (SessionRole.SCREEN, "Lobby TV")
    assert len({grant.guest_id for grant in grants.values()}) == 3
    assert (await make(house, session, own=True, by="admin")).code == "not_allowed"
    assert (await make(house, session, own=True, use="watch")).code == "not_allowed"


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"name": ""}, 400, "body_invalid"),
        ({"name": "   "}, 422, "name_missing"),
        ({"name": "x" * 101}, 400, "body_invalid"),
        ({"use": "both"}, 400, "body_invalid"),
        ({"expires_utc_ms": 1}, 422, "expiry_past"),
    ],
)
async def test_keys_that_are_not_made(
    house: Installation, asked: dict[str, object], status: int, code: str
) -> None:
    session = await house.plan()
    answer = await make(house, session, **asked)
    assert (answer.status, answer.code) == (status, code)
    assert await listed(house, session) == []


async def test_no_keys_for_a_lesson_that_is_over_and_not_too_many(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await house.plan()
    monkeypatch.setattr(service, "MAX_KEYS", 1)
    first = await make(house, session)
    assert (await make(house, session)).code == "stream_keys_too_many"
    await house.ask("DELETE", f"/api/v1/sessions/{session.id}/stream-keys/{first.data['id']}", by="host")
    assert (await make(house, session)).status == 201, "revoked keys do not count"
    await house.services.sessions.start(session.id)
    await house.services.sessions.end(session.id)
    assert (await make(house, session)).code == "session_over"


# ── at the door ──


async def test_what_a_key_opens(house: Installation) -> None:
    session, other = await house.plan(), await house.plan()
    for planned in (session, other):
        await house.services.sessions.start(planned.id)
    publish = (await make(house, session)).data["key"]
    watch = (await make(house, session, use="watch")).data["key"]

    async def code(kind: str, where: Session, key: str) -> tuple[int, str]:
        answer = await post(house, kind, where.id, key)
        return answer.status, answer.code

    assert await code("whip", session, publish) == (503, "media_unavailable")  # let in
    assert await code("whip", session, publish.upper()) == (503, "media_unavailable")
    assert await code("whep", session, publish) == (403, "not_allowed")
    assert await code("whip", session, watch) == (403, "not_allowed")
    assert await code("whip", other, publish) == (403, "token_foreign")
    assert await code("whip", session, publish[:-1]) == (401, "stream_key_invalid")
    wrong = publish[:-1] + ("0" if publish[-1] != "0" else "1")
    assert await code("whip", session, wrong) == (401, "stream_key_invalid")
    assert await code("whip", session, "lsk_0000000000_" + "0" * 26) == (401, "stream_key_invalid")
    api = await house.ask("GET", f"/api/v1/sessions/{session.id}", token=publish)
    assert api.status == 401, "a stream key opens nothing else"


async def test_an_expired_key_lets_nobody_in(house: Installation) -> None:
    session = await house.plan()
    await house.services.sessions.start(session.id)
    made = await make(house, session, expires_utc_ms=utc_ms() + 60_000)
    key = made.data["key"]
    assert (await post(house, "whip", session.id, key)).code == "media_unavailable"
    keys = house.services.stream_keys
    later = service.StreamKeys(
        keys.database, house.services.doors, mono_s=lambda: 0.0, clock=lambda: made.data["expires_utc_ms"]
    )
    with pytest.raises(Rejected) as refused:
        await later.open(key, session.id, "publish", "192.0.2.1")
    assert refused.value.code == "stream_key_expired"
    assert (await later.open(key, session.id, "publish", "192.0.2.1", anew=False)).id == made.data["id"]


async def test_guessing_is_held_up_and_honest_encoders_are_not(house: Installation) -> None:
    session = await house.plan()
    key = (await make(house, session)).data["key"]
    now = 0.0
    keys = service.StreamKeys(house.services.database, house.services.doors, mono_s=lambda: now)

    async def opened(text: str, address: str) -> str:
        try:
            return (await keys.open(text, session.id, "publish", address)).name
        except Exception as error:  # noqa: BLE001 (whatever it is, its code is what the test looks at)
            return str(getattr(error, "code", error))

    assert {await opened(key, "192.0.2.1") for _ in range(100)} == {"OBS"}, "right keys cost nothing"
    guesses = [await opened(f"lsk_0000000000_{n:026}", "192.0.2.1") for n in range(30)]
    assert guesses[0] == "stream_key_invalid"
    assert guesses[-1] == "too_many_tries"
    assert await opened(key, "192.0.2.1") == "too_many_tries"
    assert await opened(key, "192.0.2.2") == "OBS", "another address is not to blame"
    now = 6.0
    assert await opened(key, "192.0.2.1") == "OBS", "after a while it may try again"
