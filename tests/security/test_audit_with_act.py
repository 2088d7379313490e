"""No act without its entry in the audit log, and no entry without its act: they share a transaction."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, select

from accounts.store import AccountStore
from accounts.tables import audit_entries
from interactions.feedback.tables import texts
from lectern.app.tables import metadata
from lectern.kernel.ids import new_id
from notices.tables import notices
from sessions.store import Session
from tests.installation import Installation

BEATING = frozenset({"servers", "session_stewards", "web_sessions"})
"""Tables in which a server writes that it lives, and until when a cookie is good."""


async def rows(house: Installation) -> dict[str, list[Any]]:
    """Return everything that the database holds."""
    async with house.services.database.read() as tx:
        return {
            table.name: sorted((tuple(row) for row in await tx.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
            if table.name not in BEATING
        }


async def prepared(house: Installation) -> dict[str, str]:
    """Bring about one of everything that is acted upon; return where it is."""
    session = await house.plan()
    api, own = "/api/v1", f"/api/v1/sessions/{session.id}"
    made = await house.ask("POST", f"{own}/stream-keys", by="host", json={"name": "Encoder"})
    code = await house.ask("POST", f"{own}/screen-code", by="host", json={})
    body = {"title": "Safety", "text": "1. Who?\nA. I\nB. You"}
    kept = await house.ask("POST", f"{api}/question-sets", by="host", json=body)
    link = {"role": "learner", "name": "Guest"}
    linked = await house.ask("POST", f"{own}/join-tokens", by="host", json=link)
    assert [made.status, code.status, kept.status, linked.status] == [201, 200, 201, 201], (made, code, kept)
    links = await house.ask("GET", f"{own}/join-tokens", by="host")
    return {
        "session": own,
        "key": f"{own}/stream-keys/{made.data['id']}",
        "set": f"{api}/question-sets/{kept.data['id']}",
        "item": f"{api}/feedback-items/{await _item(house, session)}",
        "notice": f"{api}/notices/{await _failed_notice(house)}",
        "link": f"{own}/join-tokens/{links.data['items'][0]['id']}",
    }


async def _item(house: Installation, session: Session) -> str:
    row = {"id": new_id(), "org_id": house.org.id, "session_id": session.id, "body": "Louder, please"}
    async with house.services.database.write() as tx:
        await tx.execute(insert(texts).values(**row, shown=True, state="new", version=1))
    return row["id"]


async def _failed_notice(house: Installation) -> str:
    async with house.services.database.write() as tx:
        await house.services.outbox.put(
            tx,
            org_id=house.org.id,
            kind="question_answered",
            key="1",
            facts={"session_id": "s", "title": "t", "starts_utc_ms": 0, "zone": "UTC", "minutes": 1},
            addresses=["one@example.com", "two@example.com"],  # they fail: there is no mail server
        )
        return str((await tx.execute(select(notices.c.id))).scalars().first())


RULES = {"before_minutes": [10], "after_minutes": [], "invite": False}
ITEM = {"version": 1, "kind": "call_back", "owner_person_id": None, "due_on": None, "note": "Call"}
ACTS: dict[str, Callable[[dict[str, str]], tuple[str, str, Any]]] = {
    "stream_key_created": lambda at: ("POST", f"{at['session']}/stream-keys", {"name": "Second"}),
    "stream_key_revoked": lambda at: ("DELETE", at["key"], None),
    "screen_code_created": lambda at: ("POST", f"{at['session']}/screen-code", {}),
    "screen_code_dropped": lambda at: ("DELETE", f"{at['session']}/screen-code", None),
    "join_token_created": lambda at: ("POST", f"{at['session']}/join-tokens", {"role": "host", "name": "B"}),
    "join_token_ended": lambda at: ("DELETE", at["link"], None),
    "question_set_deleted": lambda at: ("DELETE", at["set"], None),
    "feedback_item_changed": lambda at: ("POST", at["item"], ITEM),
    "people_reminded": lambda at: ("POST", f"{at['session']}/reminders", None),
    "notice_retried": lambda at: ("POST", f"{at['notice']}/retry", None),
    "notices_retried": lambda at: ("POST", "/api/v1/notices/retry-failed", None),
    "reminders_set": lambda at: ("PUT", "/api/v1/notices/rules", RULES),
}


async def test_an_act_whose_entry_fails_did_not_happen(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = await prepared(house)
    write = AccountStore.audit

    async def write_and_fail(self: AccountStore, *args: Any, **more: Any) -> None:
        await write(self, *args, **more)
        raise OSError("the disk is full")

    for action, act in ACTS.items():
        method, path, body = act(places)
        before = await rows(house)
        with monkeypatch.context() as disk:
            disk.setattr(AccountStore, "audit", write_and_fail)
            assert (await house.ask(method, path, by="admin", json=body)).status == 500, action
        assert await rows(house) == before, action

        answer = await house.ask(method, path, by="admin", json=body)
        assert answer.status < 300, (action, answer)
        after = await rows(house)
        written = [row for row in after[audit_entries.name] if row not in before[audit_entries.name]]
        assert [row for row in written if action in row], action
        assert {name for name in after if after[name] != before[name]} > {audit_entries.name}, action
