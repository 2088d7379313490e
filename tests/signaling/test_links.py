"""Links made for somebody: listed with their use, shown again on the record, ended by their date."""

from dataclasses import replace
from typing import Any

import pytest

from lectern.kernel.clock import utc_ms
from lectern.kernel.errors import Forbidden
from lectern.kernel.roles import SessionRole
from sessions.presence.admission import Arrival
from sessions.store import Session
from tests.installation import Installation

DAY = 86_400_000


def path(session: Session, end: str = "") -> str:
    return f"/api/v1/sessions/{session.id}/join-tokens{end}"


async def made(house: Installation, session: Session, **wanted: Any) -> str:
    """Make a link as its host, and return its token."""
    body = {"role": "learner", "name": "Guest"} | wanted
    answer = await house.ask("POST", path(session), by="host", json=body)
    assert answer.status == 201, answer.data
    return str(answer.data["token"])


async def listed(house: Installation, session: Session, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await house.ask("GET", path(session, query), by="presenter")).data["items"]
    return items


async def opens(house: Installation, token: str, *, resumes: bool = False) -> str:
    """Come in as the holder of a token does, for the first time or (`resumes`) after the connection broke."""
    presence, read = house.services.presence, house.services.tokens.read(token, now_s=utc_ms() // 1_000)
    arrival = Arrival("pc", None, None, presence.consent_version)
    entered = await presence.enter(house.org.id, read.grant, "Guest", arrival)
    if resumes:
        known = replace(read.grant, participant_id=entered.participant_id)  # as resume tokens say
        await presence.enter(house.org.id, known, "Guest", arrival)
    return entered.participant_id


async def test_a_link_is_listed_with_its_name_its_maker_and_its_use(house: Installation) -> None:
    session = await house.plan()
    token = await made(house, session, label="For the press")
    (link,) = await listed(house, session)
    assert (link["label"], link["made_by_name"], link["state"]) == ("For the press", "Host", "open")
    assert (link["uses"], link["used_utc_ms"], link["held_by"]) == (0, None, None)
    await opens(house, token, resumes=True)
    await opens(house, token)
    (link,) = await listed(house, session)
    assert link["uses"] == 2  # who comes back after a break opened nothing
    assert abs(link["used_utc_ms"] - utc_ms()) < 60_000


async def test_a_link_ends_when_its_maker_said(house: Installation) -> None:
    session = await house.plan()
    end = utc_ms() + 5 * DAY
    await made(house, session, expires_utc_ms=end)
    (link,) = await listed(house, session)
    assert end - 1_000 < link["expires_utc_ms"] <= end
    for wrong in (utc_ms(), utc_ms() + 31 * DAY):
        body = {"role": "learner", "name": "G", "expires_utc_ms": wrong}
        refused = await house.ask("POST", path(session), by="host", json=body)
        assert (refused.status, refused.code) == (422, "link_end_wrong")


@pytest.mark.parametrize("whom", [{"name": "Guest"}, {"name": None, "external_id": "L1"}])
async def test_a_link_is_shown_again_and_that_is_audited(house: Installation, whom: dict[str, Any]) -> None:
    session = await house.plan()
    token = await made(house, session, **whom)
    (link,) = await listed(house, session)
    one = path(session, f"/{link['id']}")
    shown = await house.ask("POST", f"{one}/show", by="presenter")
    assert shown.data["token"] == token
    assert shown.data["url"].endswith(f"/room/{session.id}#t={token}")
    entry = (await house.ask("GET", "/api/v1/audit", by="admin")).data["items"][0]
    assert (entry["action"], entry["details"]["link"]) == ("join_token_shown", link["id"])
    other = await house.plan()
    assert (await house.ask("POST", path(other, f"/{link['id']}/show"), by="host")).code == "link_not_found"
    assert (await house.ask("DELETE", one, by="host")).status == 204
    assert (await house.ask("POST", f"{one}/show", by="host")).code == "link_not_found"
    assert await listed(house, session) == []
    (ended,) = await listed(house, session, "?ended=true")
    assert (ended["state"], ended["ended_utc_ms"] is None) == ("ended", False)
    with pytest.raises(Forbidden, match="link_ended"):
        await opens(house, token)


async def test_the_register_knows_who_came_by_which_link(house: Installation) -> None:
    session = await house.plan()
    guest = await opens(house, await made(house, session, label="Partner"))
    grant = house.grant(session, SessionRole.LEARNER, person="learner")
    await house.services.presence.enter(
        house.org.id, grant, "learner", Arrival("pc", None, None, house.services.presence.consent_version)
    )
    came = await house.ask("GET", f"/api/v1/sessions/{session.id}/came-by-link", by="host")
    (one,) = came.data["items"]
    assert (one["participant"], one["label"], one["name"]) == (guest, "Partner", "Guest")
