"""People: who sees whom, and taking over a staff list."""

import pytest
from sqlalchemy import update

from accounts.people_import import read_people
from accounts.tables import persons
from lectern.kernel.roles import OrgRole
from tests.installation import Installation

EVERYBODY = {"A1", "P1", "P2", "H1", "M1", "L1", "L2", "L3"}
SALES = {"A1", "P1", "P2", "M1", "L1"}


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("admin", EVERYBODY),
        ("presenter", EVERYBODY),
        ("host", EVERYBODY),
        ("manager", SALES),
        ("learner", None),
    ],
)
async def test_who_sees_whom(house: Installation, who: str, seen: set[str] | None) -> None:
    answer = await house.ask("GET", "/api/v1/people", by=who)
    if seen is None:
        assert (answer.status, answer.code) == (403, "not_allowed")
    else:
        assert {person["external_id"] for person in answer.data["items"]} == seen


async def test_a_line_manager_sees_no_other_department_by_any_way(house: Installation) -> None:
    foreign = house.departments["Service"]
    answer = await house.ask("GET", f"/api/v1/people?department={foreign}", by="manager")
    assert (answer.status, answer.code) == (403, "not_allowed")
    assert (await house.ask("GET", "/api/v1/people?q=L2", by="manager")).data["items"] == []
    shown = (await house.ask("GET", "/api/v1/departments", by="manager")).data["items"]
    assert [department["name"] for department in shown] == ["Sales"]


async def test_search_and_paging(house: Installation) -> None:
    first = (await house.ask("GET", "/api/v1/people?limit=3", by="admin")).data
    assert [p["external_id"] for p in first["items"]] == ["A1", "H1", "L1"]
    second = (await house.ask("GET", f"/api/v1/people?limit=3&cursor={first['next']}", by="admin")).data
    assert [p["external_id"] for p in second["items"]] == ["L2", "L3", "M1"]
    found = (await house.ask("GET", "/api/v1/people?q=presenter", by="admin")).data["items"]
    assert {p["external_id"] for p in found} == {"P1", "P2"}
    assert (await house.ask("GET", "/api/v1/people?q=%25", by="admin")).data["items"]  # a lone % is no filter
    assert (await house.ask("GET", "/api/v1/people?limit=501", by="admin")).code == "query_invalid"


async def test_only_who_may_host_and_has_not_left(house: Installation) -> None:
    async def found(q: str, by: str = "presenter") -> set[str]:
        page = (await house.ask("GET", f"/api/v1/people?may=host&q={q}", by=by)).data
        return {p["external_id"] for p in page["items"]}

    assert await found("") == {"A1", "P1", "P2", "H1"}
    assert await found("h1") == {"H1"}
    assert await found("learner") == set()
    assert await found("", by="manager") == {"A1", "P1", "P2"}  # of Sales, as everywhere
    async with house.services.database.write() as tx:
        await tx.execute(update(persons).where(persons.c.external_id == "H1").values(active=False))
    assert await found("h1") == set()
    assert (await house.ask("GET", "/api/v1/people?may=fly", by="admin")).code == "query_invalid"


LIST = "工号,姓名,部门,角色\n100,王芳,Sales,learner\n101,李伟,新部门,line_manager\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
async def test_a_staff_list_comes_in(house: Installation, encoding: str) -> None:
    answer = await house.ask("POST", "/api/v1/people/import", by="admin", data=LIST.encode(encoding))
    assert answer.data == {"added": 2, "updated": 0, "unchanged": 0, "errors": []}
    again = await house.ask("POST", "/api/v1/people/import", by="admin", data=LIST.encode(encoding))
    assert again.data == {"added": 0, "updated": 0, "unchanged": 2, "errors": []}
    renamed = LIST.replace("王芳", "王芳芳").encode(encoding)
    changed = await house.ask("POST", "/api/v1/people/import", by="admin", data=renamed)
    assert changed.data == {"added": 0, "updated": 1, "unchanged": 1, "errors": []}

    found = (await house.ask("GET", "/api/v1/people?q=10", by="admin")).data["items"]
    assert [(p["external_id"], p["name"], p["department"]) for p in found] == [
        ("100", "王芳芳", "Sales"),
        ("101", "李伟", "新部门"),
    ]
    async with house.services.database.read() as tx:
        store = house.services.accounts.store
        manager = (await store.persons_by_external_id(tx, house.org.id, ["101"]))["101"]
    assert manager.roles == {OrgRole.LINE_MANAGER}
    assert manager.manages == {manager.department_id}  # their own department and no other


async def test_good_lines_stand_and_bad_ones_are_named(house: Installation) -> None:
    data = b"external_id,name,roles\n1,A,\n1,B,\n,C,\n4,D,king\n5,E,learner host\n"
    answer = await house.ask("POST", "/api/v1/people/import", by="admin", data=data)
    assert answer.data["added"] == 2
    assert [(e["line"], e["code"]) for e in answer.data["errors"]] == [
        (3, "duplicate_person"),
        (4, "cell_empty"),
        (5, "role_unknown"),
    ]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("x" * 121 + ",A,Sales", "cell_too_long"),
        ("1," + "x" * 201 + ",Sales", "cell_too_long"),
        ("1,A," + "x" * 201, "cell_too_long"),
    ],
)
def test_cells_that_no_column_can_hold(row: str, code: str) -> None:
    people, errors = read_people(f"external_id,name,department\n{row}\n".encode())
    assert people == []
    assert [(error.line, error.code) for error in errors] == [(2, code)]


@pytest.mark.parametrize("who", ["presenter", "host", "manager", "learner"])
async def test_only_an_administrator_imports_people(house: Installation, who: str) -> None:
    answer = await house.ask("POST", "/api/v1/people/import", by=who, data=LIST.encode())
    assert (answer.status, answer.code) == (403, "not_allowed")


async def test_a_file_that_cannot_be_read_changes_nothing(house: Installation) -> None:
    answer = await house.ask("POST", "/api/v1/people/import", by="admin", data=b"name\nA\n")
    assert (answer.status, answer.code) == (422, "column_missing")
    assert len((await house.ask("GET", "/api/v1/people", by="admin")).data["items"]) == len(EVERYBODY)


async def test_a_whole_company_comes_in_within_seconds(house: Installation) -> None:
    lines = "".join(f"N{number},Person {number},Department {number % 40}\n" for number in range(5_000))
    data = ("external_id,name,department\n" + lines).encode()
    answer = await house.ask("POST", "/api/v1/people/import", by="admin", data=data)
    assert answer.data["added"] == 5_000


async def test_a_key_for_people_makes_no_administrators(house: Installation) -> None:
    key = await house.api_key("people:write", "people:read")
    sheet = b"external_id,name,roles\n200,Mallory,admin\n201,Wang Fang,presenter\n"
    answer = await house.ask("POST", "/api/v1/people/import", token=key, data=sheet)
    assert answer.data["added"] == 1
    assert [(e["line"], e["code"]) for e in answer.data["errors"]] == [(2, "not_allowed")]
    listed = (await house.ask("GET", "/api/v1/people?q=Mallory", token=key)).data["items"]
    assert listed == []
    allowed = await house.ask("POST", "/api/v1/people/import", by="admin", data=sheet)
    assert allowed.data["errors"] == []
