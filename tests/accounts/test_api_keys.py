"""API keys and the audit log."""

import pytest

from lectern.kernel.access import Permission
from tests.installation import Installation

OPERATIONS: list[tuple[str, str, dict[str, object] | bytes | None, Permission]] = [
    ("GET", "/api/v1/sessions", None, Permission.SESSIONS_READ),
    ("POST", "/api/v1/sessions", {"title": "T"}, Permission.SESSIONS_WRITE),
    ("GET", "/api/v1/people", None, Permission.PEOPLE_READ),
    ("GET", "/api/v1/departments", None, Permission.PEOPLE_READ),
    ("POST", "/api/v1/people/import", b"external_id,name\n9,N\n", Permission.PEOPLE_WRITE),
    ("GET", "/api/v1/api-keys", None, Permission.ADMIN),
    ("GET", "/api/v1/audit", None, Permission.ADMIN),
]


@pytest.mark.parametrize(("method", "path", "body", "needs"), OPERATIONS)
async def test_a_key_does_what_its_scopes_say_and_no_more(
    house: Installation, method: str, path: str, body: dict[str, object] | bytes | None, needs: Permission
) -> None:
    sent = {"data": body} if isinstance(body, bytes) else {"json": body}
    right = await house.api_key(needs)
    wrong = await house.api_key(*(p for p in Permission if p is not needs))
    refused = await house.ask(method, path, token=wrong, **sent)
    assert (refused.status, refused.code) == (403, "not_allowed")
    assert refused.data["error"]["details"] == {"needs": needs}
    allowed = await house.ask(method, path, token=right, **sent)
    assert allowed.status in (200, 201)


async def test_a_key_is_shown_once_and_revoked_at_once(house: Installation) -> None:
    body = {"name": "LMS", "scopes": ["people:read"]}
    made = await house.ask("POST", "/api/v1/api-keys", by="admin", json=body)
    key = made.data["key"]
    assert made.status == 201
    assert key.startswith(f"lk_{made.data['id']}_")
    listed = (await house.ask("GET", "/api/v1/api-keys", by="admin")).data["items"]
    assert [(k["id"], k["key"], k["revoked_utc_ms"]) for k in listed] == [(made.data["id"], None, None)]
    assert (await house.ask("GET", "/api/v1/people", token=key)).status == 200

    assert (await house.ask("DELETE", f"/api/v1/api-keys/{made.data['id']}", by="admin")).status == 204
    answer = await house.ask("GET", "/api/v1/people", token=key)
    assert (answer.status, answer.code) == (401, "api_key_invalid")
    again = await house.ask("DELETE", f"/api/v1/api-keys/{made.data['id']}", by="admin")
    assert (again.status, again.code) == (404, "api_key_not_found")
    secret = key.rpartition("_")[2].encode()
    assert not any(secret in path.read_bytes() for path in house.services.settings.data.glob("lectern.db*"))


async def test_half_a_key_opens_nothing(house: Installation) -> None:
    key = await house.api_key("people:read")
    for wrong in (key[:-1], key + "x", key.replace("lk_", "lk_0"), "lk_" + key.split("_")[1] + "_"):
        assert (await house.ask("GET", "/api/v1/people", token=wrong)).code == "api_key_invalid"


@pytest.mark.parametrize("scopes", [[], ["people:read", "everything"]])
async def test_unknown_scopes_are_refused_with_the_known_ones(house: Installation, scopes: list[str]) -> None:
    answer = await house.ask("POST", "/api/v1/api-keys", by="admin", json={"name": "x", "scopes": scopes})
    assert (answer.status, answer.code) == (422, "scope_unknown")
    assert answer.data["error"]["details"]["known"] == sorted(Permission)


@pytest.mark.parametrize("who", ["presenter", "host", "manager", "learner"])
async def test_keys_and_audit_are_the_administrators(house: Installation, who: str) -> None:
    for method, path in (
        ("GET", "/api/v1/api-keys"),
        ("DELETE", "/api/v1/api-keys/x"),
        ("GET", "/api/v1/audit"),
    ):
        assert (await house.ask(method, path, by=who)).code == "not_allowed"


async def test_the_log_says_who_did_what(house: Installation) -> None:
    session = await house.plan()
    await house.ask("POST", "/api/v1/people/import", by="admin", data=b"external_id,name\n9,N\n")
    made = await house.ask("POST", "/api/v1/api-keys", by="admin", json={"name": "k", "scopes": ["admin"]})
    await house.ask("DELETE", f"/api/v1/api-keys/{made.data['id']}", by="admin")
    body = {"role": "learner", "external_id": "L1"}
    await house.ask("POST", f"/api/v1/sessions/{session.id}/join-tokens", by="presenter", json=body)
    await house.ask("POST", "/api/v1/people/import", by="admin", data=b"nonsense")  # refused: no entry

    page = (await house.ask("GET", "/api/v1/audit?limit=3", by="admin")).data
    rest = (await house.ask("GET", f"/api/v1/audit?cursor={page['next']}", by="admin")).data
    entries = [(e["actor_name"], e["action"], e["target"]) for e in page["items"] + rest["items"]]
    assert entries == [
        ("Presenter", "join_token_created", session.id),
        ("Admin", "api_key_revoked", made.data["id"]),
        ("Admin", "api_key_created", made.data["id"]),
        ("Admin", "people_imported", house.org.id),
    ]
    assert rest["next"] is None
    imported = rest["items"][-1]["details"]
    assert imported == {"added": 1, "updated": 0, "errors": 0}
