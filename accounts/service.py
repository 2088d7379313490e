"""What can be done with accounts: sign in, import people, keep keys; each in one transaction, audited."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.credentials import (
    KeyText,
    decoy_hash,
    fingerprint,
    hash_password,
    new_key_secret,
    sign_in_of,
    verify_password,
)
from accounts.people_import import ImportedPerson, read_people
from accounts.store import AccountStore, ApiKey, NewPerson, Org, Person
from lectern.db.engine import Database
from lectern.kernel.access import ALLOWED, Permission, Principal
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Conflict, NotFound, Overloaded, Rejected, Unauthenticated
from lectern.kernel.ids import new_secret
from lectern.kernel.rate import RateLimit, origin_of
from lectern.kernel.roles import OrgRole
from lectern.kernel.sheet import LineError

_log = structlog.get_logger()
COOKIE_DAYS = 7
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did."""

    added: int
    updated: int
    unchanged: int
    errors: list[LineError]


class Accounts:
    """The organisation's people, and the ways in which they prove who they are."""

    def __init__(self, database: Database, clock: Clock = utc_ms) -> None:
        self.database = database
        self.store = AccountStore()
        self._clock = clock
        # Ten tries at once, then one every 6 s for a login; an address has more: offices share one.
        self._tries_by_login = RateLimit(per_s=1 / 6, burst=10)
        self._tries_by_address = RateLimit(per_s=2, burst=60)

    async def org(self) -> Org:
        """Return the organisation.

        Raises:
            Conflict: the installation was never set up.
        """
        async with self.database.read() as tx:
            org = await self.store.org(tx)
        if org is None:
            raise Conflict("not_set_up", "This installation has no organisation yet. Run: lectern setup")
        return org

    async def sign_in(self, login: str, password: str, address: str) -> tuple[str, Person]:
        """Check a password and return a new cookie with its person.

        Raises:
            Overloaded: too many tries for this login or from this address.
            Unauthenticated: wrong login or password; the answer does not say which.
        """
        now_s = time.monotonic()
        # The address first: whoever is refused by it must not use up the tries of somebody else's login.
        wait = self._tries_by_address.wait_s(origin_of(address), now_s)
        wait = wait or self._tries_by_login.wait_s(login.casefold(), now_s)
        if wait > 0:
            raise Overloaded(
                "too_many_tries", "Too many tries. Please wait a moment.", retry_after_s=round(wait + 0.5)
            )
        async with self.database.read() as tx:
            identity = await self.store.local_identity(tx, login)
        # The same work for an unknown login, so that time does not tell which logins exist.
        right = await verify_password(identity[1] if identity else decoy_hash(), password)
        if identity is None or not right:
            raise Unauthenticated("sign_in_failed", "The login or the password is wrong.")
        cookie, now = new_secret(32), self._clock()
        async with self.database.write() as tx:
            person = await self.store.person(tx, identity[0])
            assert person is not None
            await self.store.open_web_session(
                tx, fingerprint(cookie), person, now, now + COOKIE_DAYS * _DAY_MS
            )
        _log.info("person_signed_in", person_id=person.id)
        return cookie, person

    async def sign_out(self, cookie: str) -> None:
        """End a cookie."""
        async with self.database.write() as tx:
            await self.store.close_web_session(tx, fingerprint(cookie))

    async def by_cookie(self, cookie: str) -> Principal | None:
        """Return who a cookie belongs to, while it lasts."""
        async with self.database.read() as tx:
            person = await self.store.web_session(tx, fingerprint(cookie), self._clock())
        return None if person is None else replace(principal_of(person), sign_in=sign_in_of(cookie))

    async def by_api_key(self, text: str) -> Principal | None:
        """Return what an API key stands for, while it is in force."""
        key = KeyText.parse(text)
        if key is None:
            return None
        async with self.database.read() as tx:
            found = await self.store.api_key(tx, key.id)
        if found is None or not key.matches(found[1]):
            return None
        scopes = frozenset(Permission(scope) for scope in found[0].scopes)
        return Principal(org_id=found[0].org_id, subject_id=found[0].id, permissions=scopes)

    async def set_up(self, name: str, zone: str) -> Org:
        """Create the organisation of a new installation.

        Raises:
            Conflict: there is one already.
        """
        async with self.database.write() as tx:
            if await self.store.org(tx) is not None:
                raise Conflict("already_set_up", "This installation has an organisation already.")
            return await self.store.create_org(tx, name, zone, self._clock())

    async def add_person(
        self,
        org_id: str,
        *,
        external_id: str,
        name: str,
        department_id: str | None,
        roles: tuple[OrgRole, ...],
        manages: str | None = None,
        login: str | None = None,
        password: str | None = None,
        email: str | None = None,
    ) -> str:
        """Add a person, with a local sign-in where `login` and `password` are given; return the id."""
        secret_hash = None if password is None else await hash_password(password)
        async with self.database.write() as tx:
            person_id = await self.store.create_person(
                tx,
                org_id=org_id,
                external_id=external_id,
                name=name,
                department_id=department_id,
                email=email,
                now=self._clock(),
            )
            for role in roles:
                limited = manages if role is OrgRole.LINE_MANAGER else None
                await self.store.grant(tx, org_id, person_id, role, limited)
            if login is not None and secret_hash is not None:
                await self.store.set_password(tx, org_id, person_id, login, secret_hash)
        return person_id

    async def import_people(self, who: Principal, data: bytes) -> ImportReport:
        """Take over a staff list. Good lines are kept even if others are wrong; the report names those.

        Raises:
            Rejected: the file as a whole cannot be read.
        """
        listed, errors = await asyncio.to_thread(read_people, data)
        people: list[ImportedPerson] = []
        for imported in listed:
            if OrgRole.ADMIN not in imported.roles or who.allows(Permission.ADMIN):
                people.append(imported)
            else:
                message = "Only an administrator may make administrators."
                errors.append(LineError(imported.line, "not_allowed", message))
        errors.sort(key=lambda error: error.line)
        updated = unchanged = 0
        new: list[NewPerson] = []
        async with self.database.write() as tx:
            known = await self.store.persons_by_external_id(tx, who.org_id, [p.external_id for p in people])
            departments = {name: id_ for id_, name in (await self.store.departments(tx, who.org_id)).items()}
            for imported in people:
                department_id = None
                if imported.department:
                    department_id = departments.get(imported.department)
                    if department_id is None:
                        department_id = await self.store.create_department(
                            tx, who.org_id, imported.department
                        )
                        departments[imported.department] = department_id
                person = known.get(imported.external_id)
                if person is None:
                    grants = tuple(
                        (role, department_id if role is OrgRole.LINE_MANAGER else None)
                        for role in dict.fromkeys(imported.roles)
                    )
                    new.append(
                        NewPerson(imported.external_id, imported.name, department_id, grants, imported.email)
                    )
                elif (person.name, person.department_id, person.email, person.active) == (
                    imported.name,
                    department_id or person.department_id,
                    imported.email or person.email,
                    True,
                ):
                    unchanged += 1
                else:
                    updated += 1
                    await self.store.update_person(
                        tx,
                        person.id,
                        name=imported.name,
                        department_id=department_id or person.department_id,
                        email=imported.email or person.email,
                    )
            await self.store.create_persons(tx, who.org_id, new, self._clock())
            counts: dict[str, Any] = {"added": len(new), "updated": updated, "errors": len(errors)}
            await self.write(tx, who, "people_imported", who.org_id, counts)
        return ImportReport(len(new), updated, unchanged, errors)

    async def create_api_key(self, who: Principal, name: str, scopes: list[str]) -> tuple[ApiKey, str]:
        """Make a key; its text is shown this once.

        Raises:
            Rejected: a scope that does not exist.
        """
        known = {permission.value for permission in Permission}
        unknown = [scope for scope in scopes if scope not in known]
        if unknown or not scopes:
            raise Rejected("scope_unknown", "Choose at least one known scope.", known=sorted(known))
        secret = new_key_secret()
        async with self.database.write() as tx:
            key = await self.store.create_api_key(
                tx,
                org_id=who.org_id,
                name=name,
                scopes=sorted(set(scopes)),
                secret_hash=fingerprint(secret),
                created_by=who.subject_id,
                now=self._clock(),
            )
            await self.write(
                tx, who, "api_key_created", key.id, {"name": name, "scopes": sorted(set(scopes))}
            )
        return key, str(KeyText(key.id, secret))

    async def revoke_api_key(self, who: Principal, key_id: str) -> None:
        """Revoke a key at once.

        Raises:
            NotFound: there is no such key in force.
        """
        async with self.database.write() as tx:
            if not await self.store.revoke_api_key(tx, who.org_id, key_id, self._clock()):
                raise NotFound("api_key_not_found", "There is no such key.")
            await self.write(tx, who, "api_key_revoked", key_id, {})

    async def audit(self, who: Principal, action: str, target: str, details: dict[str, Any]) -> None:
        """Write down an export before it leaves the house; what changes rows is noted in its transaction."""
        async with self.database.write() as tx:
            await self.write(tx, who, action, target, details)

    async def write(
        self, tx: AsyncConnection, who: Principal, action: str, target: str, details: Mapping[str, Any]
    ) -> None:
        """Add an entry to the audit log (`lectern.db.trail.Trail`)."""
        await self.store.audit(
            tx,
            org_id=who.org_id,
            actor=who.subject_id,
            action=action,
            target=target,
            now=self._clock(),
            details=details,
        )


def principal_of(person: Person) -> Principal:
    """Return what a signed-in person may do."""
    permissions = frozenset[Permission]().union(*(ALLOWED[role] for role in person.roles))
    return Principal(
        org_id=person.org_id,
        subject_id=person.id,
        permissions=permissions,
        roles=person.roles,
        departments=person.manages,
        person_id=person.id,
    )
