"""Accounts on SQLite and on PostgreSQL: the same answers."""

from collections.abc import AsyncIterator

import pytest

from accounts.service import Accounts
from accounts.store import Org
from lectern.app.tables import metadata
from lectern.db.engine import Database
from lectern.db.migrate import upgrade
from lectern.kernel.access import Principal
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, NotFound
from lectern.kernel.roles import OrgRole

NOW = UtcMs(1_795_000_000_000)


@pytest.fixture
async def accounts(database_url: str) -> AsyncIterator[Accounts]:
    database = Database(database_url)
    await upgrade(database, metadata)
    yield Accounts(database, clock=lambda: NOW)
    await database.close()


@pytest.fixture
async def org(accounts: Accounts) -> Org:
    return await accounts.set_up("Org", "UTC")


def admin(org: Org) -> Principal:
    return Principal(org_id=org.id, subject_id="admin", permissions=frozenset())


async def test_an_installation_is_set_up_once(accounts: Accounts) -> None:
    with pytest.raises(Conflict) as refused:
        await accounts.org()
    assert refused.value.code == "not_set_up"
    made = await accounts.set_up("Org", "UTC")
    assert await accounts.org() == made
    with pytest.raises(Conflict) as refused:
        await accounts.set_up("Other", "UTC")
    assert refused.value.code == "already_set_up"


async def test_people_are_imported_found_and_counted(accounts: Accounts, org: Org) -> None:
    lines = "".join(f"N{n:04},Person {n},Dept {n % 3},\n" for n in range(1200))
    data = ("external_id,name,department,roles\n" + lines + "X1,王芳,Dept 1,host\n").encode()
    report = await accounts.import_people(admin(org), data)
    assert (report.added, report.updated, report.unchanged, report.errors) == (1201, 0, 0, [])
    again = await accounts.import_people(admin(org), data.replace(b"Person 7,", b"Person VII,"))
    assert (again.added, again.updated, again.unchanged) == (0, 1, 1200)
    async with accounts.database.read() as tx:
        assert await accounts.store.count_people(tx, org.id) == 1201
        departments = await accounts.store.departments(tx, org.id)
        assert list(departments.values()) == ["Dept 0", "Dept 1", "Dept 2"]
        found = await accounts.store.search(
            tx, org.id, q="person vii", department_ids=None, after="", limit=5
        )
        assert [(p.external_id, p.roles) for p in found] == [("N0007", frozenset({OrgRole.LEARNER}))]
        chinese = await accounts.store.search(tx, org.id, q="王", department_ids=None, after="", limit=5)
        assert [(p.name, p.department, p.roles) for p in chinese] == [
            ("王芳", "Dept 1", frozenset({OrgRole.HOST}))
        ]
        everybody = await accounts.store.persons_by_external_id(
            tx, org.id, [f"N{n:04}" for n in range(1200)] + ["nobody"]
        )
        assert len(everybody) == 1200


async def test_a_login_moves_to_its_new_owner(accounts: Accounts, org: Org) -> None:
    async with accounts.database.write() as tx:
        ids = [
            await accounts.store.create_person(
                tx, org_id=org.id, external_id=number, name=number, department_id=None, now=NOW
            )
            for number in ("1", "2")
        ]
        for id_ in ids:
            await accounts.store.set_password(tx, org.id, id_, "shared", f"hash of {id_}")
            await accounts.store.grant(tx, org.id, id_, OrgRole.HOST)
            await accounts.store.grant(tx, org.id, id_, OrgRole.HOST)  # twice is once
    async with accounts.database.read() as tx:
        assert await accounts.store.local_identity(tx, "shared") == (ids[1], f"hash of {ids[1]}")
        assert await accounts.store.local_identity(tx, "unknown") is None


async def test_keys_and_the_log_of_what_was_done_with_them(accounts: Accounts, org: Org) -> None:
    key, text = await accounts.create_api_key(admin(org), "LMS", ["people:read", "people:read"])
    assert key.scopes == ("people:read",)
    principal = await accounts.by_api_key(text)
    assert principal is not None
    assert principal.permissions == {"people:read"}
    await accounts.revoke_api_key(admin(org), key.id)
    assert await accounts.by_api_key(text) is None
    with pytest.raises(NotFound):
        await accounts.revoke_api_key(admin(org), key.id)
    async with accounts.database.read() as tx:
        log = await accounts.store.audit_log(tx, org.id, "", 10)
        older = await accounts.store.audit_log(tx, org.id, log[0].id, 10)
    assert [entry.action for entry in log] == ["api_key_revoked", "api_key_created"]
    assert older == log[1:]
    assert log[1].details == {"name": "LMS", "scopes": ["people:read"]}
