"""Groups over a whole server: late learners are placed at the door, and what groups did can be read."""

from typing import Any

from interactions.breakout.arrivals import Arrivals
from interactions.breakout.idea import BREAKOUT, group_of
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, SessionStarted
from lectern.timeline.idea import Actor
from sessions.presence.admission import Arrival
from sessions.store import Session
from tests.installation import Installation


async def comes(house: Installation, session: Session, role: SessionRole, person: str) -> Actor:
    """Let somebody in as the door does, placing included."""
    here = Arrival("pc", None, None, house.services.settings.consent_version)
    grant = house.grant(session, role, person=person)
    entered = await house.services.presence.enter(house.org.id, grant, person, here)
    await Arrivals(house.services.engine).place(session.id, entered.participant_id)
    return Actor(entered.participant_id, role)


async def test_who_comes_late_has_a_group_and_the_record_says_so(house: Installation) -> None:
    session = await house.plan()
    engine = house.services.engine
    host = await comes(house, session, SessionRole.HOST, "host")
    async with engine.change(session.id) as change:
        change.append(NewEvent(payload=SessionStarted()))
    early = await comes(house, session, SessionRole.LEARNER, "learner")

    async def command(id_: str, actor: Actor, type_: str, **data: Any) -> None:
        await engine.execute(session.id, actor, id_, type_, data)

    planned = [{"name": "One", "members": [early.participant_id]}, {"name": "Two"}]
    await command("1", host, "breakout_open", groups=planned, late="smallest")
    await command("1", host, "breakout_open", groups=planned, late="smallest")  # replayed: once
    late = await comes(house, session, SessionRole.LEARNER, "colleague")
    await comes(house, session, SessionRole.LEARNER, "colleague")  # a second device moves nobody
    state = (await engine.current(session.id)).state
    _, second = state.of(BREAKOUT).groups
    assert group_of(state, late.participant_id) == second
    assert group_of(state, host.participant_id) is None
    await command("2", late, "chat_send", text="hello?", group=second)
    await command("3", late, "breakout_reporter", participant=late.participant_id)
    await command("4", late, "breakout_report", text="Ours")
    await command("5", host, "breakout_close")

    path = f"/api/v1/sessions/{session.id}/groups"
    answer = await house.ask("GET", path, by="presenter")
    assert answer.status == 200
    one, two = answer.data["groups"]
    assert [(m["name"], m["messages"]) for m in one["members"]] == [("learner", 0)]
    assert [(m["name"], m["messages"]) for m in two["members"]] == [("colleague", 1)]
    assert (two["name"], two["result"], one["result"]) == ("Two", "Ours", None)
    assert one["closed_utc_ms"] >= one["opened_utc_ms"]
    token = house.token(session, SessionRole.HOST, person="host")
    assert (await house.ask("GET", path, token=token)).data == answer.data


async def test_only_who_may_see_everybodys_attendance_reads_it(house: Installation) -> None:
    session, other = await house.plan(), await house.plan()
    path = f"/api/v1/sessions/{session.id}/groups"
    for by in ("learner", "manager"):
        assert (await house.ask("GET", path, by=by)).status == 403
    for of, role in ((session, SessionRole.LEARNER), (other, SessionRole.HOST)):
        assert (await house.ask("GET", path, token=house.token(of, role, person="learner"))).status == 403
    assert (await house.ask("GET", "/api/v1/sessions/nothing/groups", by="admin")).status == 404
    assert (await house.ask("GET", path)).status == 401
