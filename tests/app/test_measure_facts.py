"""Course measures in the whole house: what they ask catalogue and accounts, and what is forgotten."""

from sqlalchemy import select, update

from accounts.tables import departments
from catalogue.response.store import ResponseStore
from catalogue.response.tables import medium_favourites, medium_shares
from lectern.app.measure_facts import ResponsesForMeasures, ShelfForMeasures
from lectern.app.wired.analytics import forgetting_people
from lectern.kernel.access import Permission, Principal
from tests.installation import Installation

MONTH = "2027-01"


async def answers(house: Installation) -> str:
    """Have a learner keep and share a series that stands in a category; return the category."""
    made = (await house.ask("POST", "/api/v1/series", by="presenter", json={"title": "Safety"})).data
    tree = await house.ask("POST", "/api/v1/categories", by="admin", json={"name": "Fire", "parent_id": None})
    [category] = tree.data["items"]
    shelf = {"description": "", "category_id": category["id"], "tags": [], "targets": []}
    path = f"/api/v1/shelf/series/{made['id']}"
    assert (await house.ask("PUT", path, by="presenter", json=shelf)).status == 200
    row = {
        "person_id": house.people["learner"],
        "medium": "series",
        "medium_id": made["id"],
        "org_id": house.org.id,
        "session_id": None,
        "month": MONTH,
    }
    async with house.services.database.write() as tx:
        await ResponseStore().keep(tx, row | {"kept_utc_ms": 1})
        await ResponseStore().share(tx, row | {"last_utc_ms": 1})
    return str(category["id"])


async def test_the_page_is_wired_to_the_house(house: Installation) -> None:
    category = await answers(house)
    path = f"/api/v1/course-measures?period={MONTH}&by=series"
    found = await house.ask("GET", path, by="admin")
    assert found.status == 200, found.data
    [row] = found.data["items"]
    assert (row["title"], row["measures"]["favourites"], row["measures"]["shares"]) == ("Safety", 1, 1)
    assert (await house.ask("GET", f"{path}&category={category}", by="admin")).data["rows"] == 1
    sales, service = house.departments["Sales"], house.departments["Service"]
    assert (await house.ask("GET", f"{path}&department={sales}", by="admin")).data["rows"] == 1
    assert (await house.ask("GET", f"{path}&department={service}", by="admin")).data["rows"] == 0
    for query, code in (("category", "category_not_found"), ("department", "department_not_found")):
        refused = await house.ask("GET", f"{path}&{query}=none", by="admin")
        assert (refused.status, refused.code) == (404, code)
    for who in ("learner", "manager"):
        assert (await house.ask("GET", path, by=who)).status == 403


async def test_a_department_has_those_below_it(house: Installation) -> None:
    facts = ShelfForMeasures(house.services.database)
    sales, service = house.departments["Sales"], house.departments["Service"]
    before = await facts.members(house.org.id, sales)
    async with house.services.database.write() as tx:
        below = update(departments).where(departments.c.id == service).values(parent_id=sales)
        await tx.execute(below)
    assert set(await facts.members(house.org.id, sales)) == set(house.people.values())
    assert 0 < len(before) < len(house.people)
    assert house.people["learner"] not in await facts.members(house.org.id, service)
    session = await house.plan()
    assert await facts.lessons(house.org.id, [session.id, "none"]) == {session.id: "Product launch"}
    assert await facts.lessons("elsewhere", [session.id]) == {}


async def test_who_is_forgotten_has_no_list_and_their_shares_are_nobodys(house: Installation) -> None:
    await answers(house)
    operator = Principal(house.org.id, "command line", frozenset({Permission.ADMIN}))
    assert await forgetting_people(house.services).person(operator, house.people["learner"]) == 2
    async with house.services.database.read() as tx:
        assert (await tx.execute(select(medium_favourites))).all() == []
        [share] = (await tx.execute(select(medium_shares))).all()
    assert share.person_id not in house.people.values()
    found = await ResponsesForMeasures(house.services.database).of(house.org.id, MONTH, None)
    assert [each.shares for each in found.values()] == [1]
