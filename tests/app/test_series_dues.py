"""A series that is required, in a whole house: asked of its audience, reminded of, over when watched."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from accounts.tables import departments, persons
from catalogue.media import Replay
from catalogue.states import ReplayState
from catalogue.store import CatalogueStore
from catalogue.watch_due import DAY_MS
from lectern.app.wired.analytics import watch_reminders
from lectern.kernel.clock import UtcMs, utc_ms
from lectern.kernel.ids import new_id
from notices.kinds import Kind
from tests.installation import Installation, house, services

__all__ = ["house", "services"]

LENGTH_MS = 4_000
SALES = {"admin", "presenter", "other_presenter", "manager", "learner"}


async def film(house: Installation, title: str) -> str:
    """A replay that can be watched."""
    session = await house.plan(roster=())
    now = utc_ms()
    replay = Replay(
        id=new_id(),
        org_id=house.org.id,
        session_id=session.id,
        title=title,
        state=ReplayState.READY,
        version=1,
        duration_ms=LENGTH_MS,
        recorded=None,
        download_job_id=None,
        created_utc_ms=now,
        ended_utc_ms=now,
        ready_utc_ms=now,
    )
    async with house.services.database.write() as tx:
        await CatalogueStore().add_replay(tx, replay)
    return replay.id


async def watches(house: Installation, who: str, replay_id: str) -> None:
    """Somebody has played it all."""
    played = {
        "id": f"{who}_{replay_id}"[:64], "from_ms": 0, "to_ms": LENGTH_MS,
        "started_utc_ms": utc_ms() - LENGTH_MS, "wall_ms": LENGTH_MS, "speed": 1.0,
        "visible": True, "audible": True,
    }  # fmt: skip
    body = {
        "medium": "replay", "id": replay_id, "version": 1, "player": f"tab_of_{who}", "intervals": [played],
        "position_ms": LENGTH_MS,
    }  # fmt: skip
    answer = await house.ask("POST", "/api/v1/views", by=who, json=body)
    assert (answer.status, answer.data["accepted"]) == (200, 1), answer.data


async def required(house: Installation, *replay_ids: str) -> str:
    """A shown series of these, to be watched within two days."""
    made = (await house.ask("POST", "/api/v1/series", by="presenter", json={"title": "Safety"})).data
    body = {
        "title": "Safety", "version": 1, "shown": True, "required": True, "due_utc_ms": utc_ms() + 2 * DAY_MS,
        "items": [{"medium": "replay", "id": id_} for id_ in replay_ids],
    }  # fmt: skip
    answer = await house.ask("PUT", f"/api/v1/series/{made['id']}", by="presenter", json=body)
    assert answer.status == 200, answer.data
    return str(made["id"])


async def aim(house: Installation, medium: str, id_: str, kind: str, target: str) -> None:
    body = {"targets": [{"kind": kind, "id": target}]}
    answer = await house.ask("PUT", f"/api/v1/shelf/{medium}/{id_}", by="presenter", json=body)
    assert answer.status == 200, answer.data


async def still(house: Installation, series: str, by: str = "admin") -> dict[str, float]:
    answer = await house.ask("GET", f"/api/v1/still-to-watch/series/{series}", by=by)
    assert answer.status == 200, answer.data
    people: list[dict[str, Any]] = answer.data["people"]
    return {one["person"]["name"].lower().replace(" ", "_"): one["share"] for one in people}


async def reminded(house: Installation) -> set[str]:
    """Whose reminders in the app hold."""
    names = {id_: name for name, id_ in house.people.items()}
    async with house.services.database.read() as tx:
        open_work = await house.services.outbox.store.open_work(tx, Kind.WATCH_DUE)
    return {names[id_] for people in open_work.values() for id_ in people}


async def test_a_required_series_is_reminded_of_until_it_is_watched(house: Installation) -> None:
    one, two = await film(house, "One"), await film(house, "Two")
    series = await required(house, one, two)
    assert (await still(house, series)).keys() == house.people.keys(), (
        "without an audience it is for everybody"
    )
    await aim(house, "series", series, "department", house.departments["Sales"])
    await watches(house, "learner", one)
    assert await still(house, series) == dict.fromkeys(SALES, 0.0) | {"learner": 0.5}
    [due] = (await house.ask("GET", "/api/v1/my/dues", by="learner")).data["items"]
    assert (due["medium"], due["id"], due["done"], due["of"]) == ("series", series, 1, 2)
    assert (await house.ask("GET", "/api/v1/my/dues", by="colleague")).data["items"] == []

    later = UtcMs(utc_ms() + DAY_MS + 60_000)
    reminders = replace(watch_reminders(house.services), clock=lambda: later)
    assert await reminders.remind() == 1
    assert await reminded(house) == SALES
    [notice] = (await house.ask("GET", "/api/v1/my/notices?language=en", by="learner")).data["items"]
    assert (notice["path"], notice["subject"]) == (f"/series/{series}", "Still to watch: Safety")
    assert "The series “Safety” is required" in notice["paragraphs"][0]
    assert await reminders.settle() == 0
    await watches(house, "learner", two)
    assert await reminders.settle() == 1
    assert await reminded(house) == SALES - {"learner"}
    assert (await house.ask("GET", "/api/v1/my/notices/unread", by="learner")).data == {"unread": 0}
    assert (await still(house, series))["learner"] == 1.0


async def test_a_part_that_is_not_for_somebody_is_not_asked_of_them(house: Installation) -> None:
    one, two = await film(house, "One"), await film(house, "Two")
    series = await required(house, one, two)
    await aim(house, "replay", two, "person", house.people["colleague"])
    await watches(house, "learner", one)
    await watches(house, "colleague", one)
    found = await still(house, series)
    assert (found["learner"], found["colleague"], found["stranger"]) == (1.0, 0.5, 0.0)
    await aim(house, "replay", one, "person", house.people["colleague"])
    assert (await still(house, series)).keys() == {"colleague"}, "nothing is left for the others"


async def test_departments_below_are_in_it_and_who_left_is_not(house: Installation) -> None:
    series = await required(house, await film(house, "One"))
    colleague = update(persons).where(persons.c.id == house.people["colleague"])
    async with house.services.database.write() as tx:
        below = await house.services.accounts.store.create_department(tx, house.org.id, "Sales North")
        inside = update(departments).where(departments.c.id == below)
        await tx.execute(inside.values(parent_id=house.departments["Sales"]))
        await tx.execute(colleague.values(department_id=below))
    await aim(house, "series", series, "department", house.departments["Sales"])
    assert (await still(house, series)).keys() == SALES | {"colleague"}
    async with house.services.database.write() as tx:
        await tx.execute(colleague.values(active=False))
    assert (await still(house, series)).keys() == SALES


@pytest.mark.parametrize(("who", "status"), [("learner", 403), ("presenter", 200), ("manager", 200)])
async def test_who_may_read_how_far_they_are(house: Installation, who: str, status: int) -> None:
    series = await required(house, await film(house, "One"))
    answer = await house.ask("GET", f"/api/v1/still-to-watch/series/{series}", by=who)
    assert answer.status == status
    if who == "manager":
        assert {one["person"]["department"] for one in answer.data["people"]} == {"Sales"}
    unknown = await house.ask("GET", "/api/v1/still-to-watch/series/none", by=who)
    assert unknown.status == (403 if status == 403 else 404)
