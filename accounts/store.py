"""Accounts in SQL: the only file here that speaks it. Every method works inside the caller's transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts import tables as t
from lectern.db.one_of import one_of
from lectern.kernel.clock import UtcMs
from lectern.kernel.ids import new_id
from lectern.kernel.roles import OrgRole

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Org:
    """The organisation; one installation holds one so far."""

    id: str
    name: str
    zone: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the organisation. `roles` come with the departments that they are limited to."""

    id: str
    org_id: str
    external_id: str
    name: str
    department_id: str | None
    department: str | None
    active: bool
    roles: frozenset[OrgRole] = frozenset()
    manages: frozenset[str] = frozenset()
    email: str | None = None


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to add. `grants` are roles, each with the department that it is limited to."""

    external_id: str
    name: str
    department_id: str | None
    grants: tuple[tuple[OrgRole, str | None], ...]
    email: str | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An integrator's key, without its secret."""

    id: str
    org_id: str
    name: str
    scopes: tuple[str, ...]
    created_utc_ms: int
    revoked_utc_ms: int | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to whom, when."""

    id: str
    utc_ms: int
    actor: str
    action: str
    target: str
    details: Mapping[str, Any]


class AccountStore:
    """Reads and writes people, credentials and the audit log."""

    async def org(self, tx: AsyncConnection) -> Org | None:
        """Return the organisation, or None in a database that was never set up."""
        row = (await tx.execute(select(t.orgs).limit(1))).one_or_none()
        return None if row is None else Org(row.id, row.name, row.zone)

    async def create_org(self, tx: AsyncConnection, name: str, zone: str, now: UtcMs) -> Org:
        """Create the organisation."""
        org = Org(new_id(), name, zone)
        await tx.execute(insert(t.orgs).values(id=org.id, name=name, zone=zone, created_utc_ms=now))
        return org

    async def departments(self, tx: AsyncConnection, org_id: str) -> dict[str, str]:
        """Return department names by id."""
        rows = await tx.execute(
            select(t.departments.c.id, t.departments.c.name)
            .where(t.departments.c.org_id == org_id)
            .order_by(t.departments.c.name)
        )
        return {row.id: row.name for row in rows}

    async def create_department(self, tx: AsyncConnection, org_id: str, name: str) -> str:
        """Create a department and return its id."""
        id_ = new_id()
        await tx.execute(insert(t.departments).values(id=id_, org_id=org_id, name=name, parent_id=None))
        return id_

    async def person(self, tx: AsyncConnection, person_id: str) -> Person | None:
        """Return one person with roles."""
        found = await self._persons(tx, t.persons.c.id == person_id)
        return found[0] if found else None

    async def persons_by_id(self, tx: AsyncConnection, ids: Collection[str]) -> dict[str, Person]:
        """Return persons by id; unknown ids are left out."""
        return {p.id: p for p in await self._persons(tx, one_of(t.persons.c.id, ids))} if ids else {}

    async def names_by_id(
        self, tx: AsyncConnection, org_id: str, ids: Collection[str]
    ) -> list[tuple[str, str, str, str | None, str | None]]:
        """Return id, HR number, name, department's id and name of those who exist, for long lists."""
        p, d = t.persons.c, t.departments.c
        query = select(p.id, p.external_id, p.name, p.department_id, d.name.label("department"))
        query = query.join(t.departments, d.id == p.department_id, isouter=True)
        rows = await tx.execute(query.where(p.org_id == org_id, one_of(p.id, ids)))
        return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]

    async def persons_by_external_id(
        self, tx: AsyncConnection, org_id: str, external_ids: Collection[str]
    ) -> dict[str, Person]:
        """Return persons by HR number; unknown numbers are left out."""
        wanted = one_of(t.persons.c.external_id, external_ids)
        found = await self._persons(tx, and_(t.persons.c.org_id == org_id, wanted))
        return {person.external_id: person for person in found}

    async def search(
        self,
        tx: AsyncConnection,
        org_id: str,
        *,
        q: str,
        department_ids: Collection[str] | None,
        after: str,
        limit: int,
        roles: Collection[OrgRole] | None = None,
    ) -> list[Person]:
        """Return people in the order of their HR numbers, after `after`.

        With `roles`, only those who hold one of them and have not left.
        """
        where = [t.persons.c.org_id == org_id, t.persons.c.external_id > after]
        if q:
            pattern = f"%{q.replace('%', '').replace('_', '')}%"
            where.append(or_(t.persons.c.name.ilike(pattern), t.persons.c.external_id.ilike(pattern)))
        if department_ids is not None:
            where.append(one_of(t.persons.c.department_id, department_ids))
        if roles is not None:
            held = select(t.role_grants.c.person_id).where(t.role_grants.c.role.in_([str(r) for r in roles]))
            where += [t.persons.c.active.is_(True), t.persons.c.id.in_(held)]
        return await self._persons(tx, and_(*where), limit)

    async def _persons(self, tx: AsyncConnection, where: Any, limit: int | None = None) -> list[Person]:
        query = (
            select(t.persons, t.departments.c.name.label("department"))
            .join(t.departments, t.departments.c.id == t.persons.c.department_id, isouter=True)
            .where(where)
            .order_by(t.persons.c.external_id)
            .limit(limit)
        )
        rows = (await tx.execute(query)).all()
        grants: dict[str, set[OrgRole]] = {}
        manages: dict[str, set[str]] = {}
        if rows:
            ids = [row.id for row in rows]
            for grant in await tx.execute(
                select(t.role_grants).where(one_of(t.role_grants.c.person_id, ids))
            ):
                grants.setdefault(grant.person_id, set()).add(OrgRole(grant.role))
                if grant.role == OrgRole.LINE_MANAGER and grant.department_id:
                    manages.setdefault(grant.person_id, set()).add(grant.department_id)
        return [
            Person(
                row.id,
                row.org_id,
                row.external_id,
                row.name,
                row.department_id,
                row.department,
                row.active,
                frozenset(grants.get(row.id, ())),
                frozenset(manages.get(row.id, ())),
                row.email,
            )
            for row in rows
        ]

    async def create_person(
        self,
        tx: AsyncConnection,
        *,
        org_id: str,
        external_id: str,
        name: str,
        department_id: str | None,
        now: UtcMs,
        email: str | None = None,
    ) -> str:
        """Create a person and return the id."""
        id_ = new_id()
        await tx.execute(
            insert(t.persons).values(
                id=id_,
                org_id=org_id,
                external_id=external_id,
                name=name,
                department_id=department_id,
                email=email,
                active=True,
                created_utc_ms=now,
            )
        )
        return id_

    async def create_persons(
        self, tx: AsyncConnection, org_id: str, people: Sequence[NewPerson], now: UtcMs
    ) -> None:
        """Create many people at once: a whole company in one statement for them and one for their roles."""
        persons: list[dict[str, Any]] = []
        grants: list[dict[str, Any]] = []
        for person in people:
            id_ = new_id()
            persons.append(
                {
                    "id": id_,
                    "org_id": org_id,
                    "external_id": person.external_id,
                    "name": person.name,
                    "department_id": person.department_id,
                    "email": person.email,
                    "active": True,
                    "created_utc_ms": now,
                }
            )
            grants += [
                {"id": new_id(), "org_id": org_id, "person_id": id_, "role": role, "department_id": limit}
                for role, limit in person.grants
            ]
        if persons:
            await tx.execute(insert(t.persons), persons)
        if grants:
            await tx.execute(insert(t.role_grants), grants)

    async def update_person(
        self,
        tx: AsyncConnection,
        person_id: str,
        *,
        name: str,
        department_id: str | None,
        email: str | None,
    ) -> None:
        """Take over what HR says."""
        await tx.execute(
            update(t.persons)
            .where(t.persons.c.id == person_id)
            .values(name=name, department_id=department_id, email=email, active=True)
        )

    async def grant(
        self,
        tx: AsyncConnection,
        org_id: str,
        person_id: str,
        role: OrgRole,
        department_id: str | None = None,
    ) -> None:
        """Give a role, once."""
        same = and_(
            t.role_grants.c.person_id == person_id,
            t.role_grants.c.role == role,
            t.role_grants.c.department_id.is_not_distinct_from(department_id),
        )
        if (await tx.execute(select(t.role_grants.c.id).where(same))).first() is None:
            await tx.execute(
                insert(t.role_grants).values(
                    id=new_id(), org_id=org_id, person_id=person_id, role=role, department_id=department_id
                )
            )

    async def set_password(
        self, tx: AsyncConnection, org_id: str, person_id: str, login: str, secret_hash: str
    ) -> None:
        """Set the local sign-in of a person."""
        key = and_(
            t.identities.c.org_id == org_id, t.identities.c.provider == LOCAL, t.identities.c.subject == login
        )
        await tx.execute(delete(t.identities).where(key))
        await tx.execute(
            insert(t.identities).values(
                org_id=org_id, provider=LOCAL, subject=login, person_id=person_id, secret_hash=secret_hash
            )
        )

    async def local_identity(self, tx: AsyncConnection, login: str) -> tuple[str, str] | None:
        """Return (person id, password hash) of an active person's login."""
        row = (
            await tx.execute(
                select(t.identities.c.person_id, t.identities.c.secret_hash)
                .join(t.persons, t.persons.c.id == t.identities.c.person_id)
                .where(
                    t.identities.c.provider == LOCAL,
                    t.identities.c.subject == login,
                    t.persons.c.active.is_(True),
                )
            )
        ).one_or_none()
        return None if row is None or row.secret_hash is None else (row.person_id, row.secret_hash)

    async def open_web_session(
        self, tx: AsyncConnection, token_hash: str, person: Person, now: UtcMs, expires: int
    ) -> None:
        """Remember a cookie by its hash; expired ones go."""
        await tx.execute(delete(t.web_sessions).where(t.web_sessions.c.expires_utc_ms < now))
        await tx.execute(
            insert(t.web_sessions).values(
                token_hash=token_hash,
                org_id=person.org_id,
                person_id=person.id,
                created_utc_ms=now,
                expires_utc_ms=expires,
            )
        )

    async def web_session(self, tx: AsyncConnection, token_hash: str, now: UtcMs) -> Person | None:
        """Return whose cookie this is, while it lasts."""
        row = (
            await tx.execute(
                select(t.web_sessions.c.person_id).where(
                    t.web_sessions.c.token_hash == token_hash, t.web_sessions.c.expires_utc_ms > now
                )
            )
        ).one_or_none()
        person = None if row is None else await self.person(tx, row.person_id)
        return person if person is not None and person.active else None

    async def close_web_session(self, tx: AsyncConnection, token_hash: str) -> None:
        """Forget a cookie."""
        await tx.execute(delete(t.web_sessions).where(t.web_sessions.c.token_hash == token_hash))

    async def create_api_key(
        self,
        tx: AsyncConnection,
        *,
        org_id: str,
        name: str,
        scopes: Sequence[str],
        secret_hash: str,
        created_by: str,
        now: UtcMs,
    ) -> ApiKey:
        """Store a key by the hash of its secret."""
        key = ApiKey(new_id(), org_id, name, tuple(scopes), now, None)
        await tx.execute(
            insert(t.api_keys).values(
                id=key.id,
                org_id=org_id,
                name=name,
                secret_hash=secret_hash,
                scopes=list(scopes),
                created_by=created_by,
                created_utc_ms=now,
                revoked_utc_ms=None,
            )
        )
        return key

    async def api_key(self, tx: AsyncConnection, key_id: str) -> tuple[ApiKey, str] | None:
        """Return a key that is not revoked, and the hash of its secret."""
        query = select(t.api_keys).where(t.api_keys.c.id == key_id, t.api_keys.c.revoked_utc_ms.is_(None))
        row = (await tx.execute(query)).one_or_none()
        return None if row is None else (_api_key(row), row.secret_hash)

    async def api_keys(self, tx: AsyncConnection, org_id: str) -> list[ApiKey]:
        """Return all keys, newest first."""
        query = select(t.api_keys).where(t.api_keys.c.org_id == org_id).order_by(t.api_keys.c.id.desc())
        return [_api_key(row) for row in await tx.execute(query)]

    async def revoke_api_key(self, tx: AsyncConnection, org_id: str, key_id: str, now: UtcMs) -> bool:
        """Revoke a key; False if there is no such key in force."""
        revoked = await tx.execute(
            update(t.api_keys)
            .where(
                t.api_keys.c.org_id == org_id,
                t.api_keys.c.id == key_id,
                t.api_keys.c.revoked_utc_ms.is_(None),
            )
            .values(revoked_utc_ms=now)
        )
        return revoked.rowcount == 1

    async def audit(
        self,
        tx: AsyncConnection,
        *,
        org_id: str,
        actor: str,
        action: str,
        target: str,
        now: UtcMs,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Write down who did what, in the transaction that does it."""
        await tx.execute(
            insert(t.audit_entries).values(
                id=new_id(),
                org_id=org_id,
                utc_ms=now,
                actor=actor,
                action=action,
                target=target,
                details=dict(details or {}),
            )
        )

    async def audit_log(self, tx: AsyncConnection, org_id: str, before: str, limit: int) -> list[AuditEntry]:
        """Return entries, newest first, older than the id `before` ("" for the newest)."""
        query = select(t.audit_entries).where(t.audit_entries.c.org_id == org_id)
        if before:
            query = query.where(t.audit_entries.c.id < before)
        rows = await tx.execute(query.order_by(t.audit_entries.c.id.desc()).limit(limit))
        return [AuditEntry(r.id, r.utc_ms, r.actor, r.action, r.target, r.details) for r in rows]

    async def count_people(self, tx: AsyncConnection, org_id: str) -> int:
        """Return how many people there are."""
        query = select(func.count()).select_from(t.persons).where(t.persons.c.org_id == org_id)
        return int((await tx.execute(query)).scalar_one())

    async def holders_of(self, tx: AsyncConnection, org_id: str, role: OrgRole) -> list[str]:
        """Return the ids of the people who hold a role and have not left."""
        query = (
            select(t.persons.c.id)
            .join(t.role_grants, t.role_grants.c.person_id == t.persons.c.id)
            .where(t.persons.c.org_id == org_id, t.persons.c.active, t.role_grants.c.role == role)
            .distinct()
        )
        return [row.id for row in await tx.execute(query)]


def _api_key(row: Any) -> ApiKey:
    return ApiKey(row.id, row.org_id, row.name, tuple(row.scopes), row.created_utc_ms, row.revoked_utc_ms)
