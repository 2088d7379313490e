"""Accounts over HTTP."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from aiohttp import web
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.service import COOKIE_DAYS, Accounts
from accounts.store import ApiKey, Person
from lectern.edge.routes import Request, Route, json_response
from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import Forbidden, ProtocolViolation, Unauthenticated

COOKIE = "lectern_session"
_WORDS = "reason_ref"
MAX_IMPORT_BYTES = 10 * 1024 * 1024


class SignIn(BaseModel):
    """A login and a password."""

    login: str = Field(max_length=200)
    password: str = Field(max_length=1000)


class DepartmentModel(BaseModel):
    """A department."""

    id: str
    name: str


class PersonModel(BaseModel):
    """A person as others see them."""

    id: str
    external_id: str
    name: str
    department: str | None
    department_id: str | None
    roles: list[str]
    active: bool


class OrgModel(BaseModel):
    """The organisation."""

    name: str
    zone: str


class Me(BaseModel):
    """Who is signed in."""

    person: PersonModel
    roles: list[str]
    org: OrgModel


class PeopleQuery(BaseModel):
    """Which people."""

    q: str = Field("", max_length=100)
    department: str | None = None
    cursor: str = ""
    limit: int = Field(50, ge=1, le=500)


class People(BaseModel):
    """A page of people; `next` is the cursor of the following one."""

    items: list[PersonModel]
    next: str | None


class Departments(BaseModel):
    """All departments."""

    items: list[DepartmentModel]


class LineErrorModel(BaseModel):
    """What is wrong with a line of an imported file."""

    line: int
    code: str
    message: str


class ImportReportModel(BaseModel):
    """What an import did."""

    added: int
    updated: int
    unchanged: int
    errors: list[LineErrorModel]


class NewApiKey(BaseModel):
    """A key to make."""

    name: str = Field(min_length=1, max_length=200)
    scopes: list[str] = Field(max_length=20)


class ApiKeyModel(BaseModel):
    """A key; `key` is its text and comes only once, when it is made."""

    id: str
    name: str
    scopes: list[str]
    created_utc_ms: int
    revoked_utc_ms: int | None
    key: str | None = None


class ApiKeys(BaseModel):
    """All keys."""

    items: list[ApiKeyModel]


class AuditQuery(BaseModel):
    """Which part of the log."""

    cursor: str = ""
    limit: int = Field(50, ge=1, le=500)


class AuditEntryModel(BaseModel):
    """Who did what."""

    id: str
    utc_ms: int
    actor: str
    actor_name: str | None
    action: str
    target: str
    details: dict[str, object]


class Audit(BaseModel):
    """A page of the log, newest first."""

    items: list[AuditEntryModel]
    next: str | None


def person_model(person: Person) -> PersonModel:
    """Show a person."""
    return PersonModel(
        id=person.id,
        external_id=person.external_id,
        name=person.name,
        department=person.department,
        department_id=person.department_id,
        roles=sorted(person.roles),
        active=person.active,
    )


class Words(Protocol):
    """Where words are that can be erased, and that audit entries therefore only refer to."""

    async def __call__(self, tx: AsyncConnection, org_id: str, refs: Collection[str], /) -> dict[str, str]:
        """Return those that are still there."""


class AccountRoutes:
    """The handlers; `secure` says whether cookies may travel over HTTPS only."""

    def __init__(self, accounts: Accounts, words: Words, *, secure: bool) -> None:
        self._accounts = accounts
        self._words = words
        self._secure = secure

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        api = "/api/v1"
        return [
            Route("POST", f"{api}/sign-in", self.sign_in, "Sign in", Me, SignIn, public=True),
            Route("POST", f"{api}/sign-out", self.sign_out, "Sign out", public=True),
            Route("GET", f"{api}/me", self.me, "Who is signed in", Me),
            Route("GET", f"{api}/people", self.people, "List people", People, query=PeopleQuery),
            Route(
                "POST",
                f"{api}/people/import",
                self.import_people,
                "Import a staff list (CSV)",
                ImportReportModel,
                bytes,
                max_bytes=MAX_IMPORT_BYTES,
                content_type="text/csv",
            ),
            Route("GET", f"{api}/departments", self.departments, "List departments", Departments),
            Route("GET", f"{api}/api-keys", self.api_keys, "List API keys", ApiKeys),
            Route(
                "POST",
                f"{api}/api-keys",
                self.create_api_key,
                "Make an API key",
                ApiKeyModel,
                NewApiKey,
                status=201,
            ),
            Route("DELETE", f"{api}/api-keys/{{id}}", self.revoke_api_key, "Revoke an API key"),
            Route("GET", f"{api}/audit", self.audit, "Read the audit log", Audit, query=AuditQuery),
        ]

    async def sign_in(self, request: Request) -> web.Response:
        """Set the cookie.

        Raises:
            ProtocolViolation: the body is not declared as JSON. A form on a foreign page cannot declare that,
                and so cannot sign a visitor in as somebody else.
        """
        if request.http.content_type != "application/json":
            raise ProtocolViolation("content_type_invalid", "Send the sign-in as application/json.")
        cookie, person = await self._accounts.sign_in(
            request.body.login, request.body.password, request.client_ip
        )
        response = json_response(await self._me(person))
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=COOKIE_DAYS * 86_400,
            httponly=True,
            samesite="Lax",
            secure=self._secure,
            path="/",
        )
        return response

    async def sign_out(self, request: Request) -> web.Response:
        """Clear the cookie."""
        if cookie := request.http.cookies.get(COOKIE):
            await self._accounts.sign_out(cookie)
        response = web.Response(status=204)
        response.del_cookie(COOKIE, path="/")
        return response

    async def me(self, request: Request) -> Me:
        """Say who is signed in."""
        person_id = request.who.person_id
        async with self._accounts.database.read() as tx:
            person = await self._accounts.store.person(tx, person_id) if person_id else None
        if person is None or request.who.grant is not None:
            raise Unauthenticated("sign_in_required", "Please sign in.")
        return await self._me(person)

    async def _me(self, person: Person) -> Me:
        org = await self._accounts.org()
        return Me(
            person=person_model(person),
            roles=sorted(person.roles),
            org=OrgModel(name=org.name, zone=org.zone),
        )

    async def people(self, request: Request) -> People:
        """List those whom this principal may see."""
        who: Principal = request.who
        who.require(Permission.PEOPLE_READ)
        wanted = request.query.department
        if wanted is not None and not who.sees_department(wanted):
            raise Forbidden("not_allowed", "You may only see people of your own departments.")
        scope = [wanted] if wanted else None if who.sees_everybody else sorted(who.departments)
        async with self._accounts.database.read() as tx:
            found = await self._accounts.store.search(
                tx,
                who.org_id,
                q=request.query.q,
                department_ids=scope,
                after=request.query.cursor,
                limit=request.query.limit,
            )
        full = len(found) == request.query.limit
        return People(items=[person_model(p) for p in found], next=found[-1].external_id if full else None)

    async def import_people(self, request: Request) -> ImportReportModel:
        """Take over a staff list."""
        request.who.require(Permission.PEOPLE_WRITE)
        report = await self._accounts.import_people(request.who, request.body)
        return ImportReportModel.model_validate(report, from_attributes=True)

    async def departments(self, request: Request) -> Departments:
        """List departments."""
        request.who.require(Permission.PEOPLE_READ)
        async with self._accounts.database.read() as tx:
            found = await self._accounts.store.departments(tx, request.who.org_id)
        items = [DepartmentModel(id=id_, name=name) for id_, name in found.items()]
        return Departments(items=[d for d in items if request.who.sees_department(d.id)])

    async def api_keys(self, request: Request) -> ApiKeys:
        """List keys."""
        request.who.require(Permission.ADMIN)
        async with self._accounts.database.read() as tx:
            found = await self._accounts.store.api_keys(tx, request.who.org_id)
        return ApiKeys(items=[_key_model(key) for key in found])

    async def create_api_key(self, request: Request) -> ApiKeyModel:
        """Make a key and show it once."""
        request.who.require(Permission.ADMIN)
        key, text = await self._accounts.create_api_key(request.who, request.body.name, request.body.scopes)
        return _key_model(key, text)

    async def revoke_api_key(self, request: Request) -> None:
        """Revoke a key."""
        request.who.require(Permission.ADMIN)
        await self._accounts.revoke_api_key(request.who, request.path["id"])

    async def audit(self, request: Request) -> Audit:
        """Read the log."""
        request.who.require(Permission.ADMIN)
        async with self._accounts.database.read() as tx:
            found = await self._accounts.store.audit_log(
                tx, request.who.org_id, request.query.cursor, request.query.limit
            )
            names = await self._accounts.store.persons_by_id(tx, {entry.actor for entry in found})
            refs = {str(entry.details[_WORDS]) for entry in found if entry.details.get(_WORDS)}
            words = await self._words(tx, request.who.org_id, refs) if refs else {}
        items = [
            AuditEntryModel(
                id=entry.id,
                utc_ms=entry.utc_ms,
                actor=entry.actor,
                actor_name=names[entry.actor].name if entry.actor in names else None,
                action=entry.action,
                target=entry.target,
                details=_readable(entry.details, words),
            )
            for entry in found
        ]
        return Audit(items=items, next=items[-1].id if len(items) == request.query.limit else None)


def _readable(details: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """Return details with the words that they only refer to; null where those were erased."""
    plain = dict(details)
    if _WORDS in plain:
        plain["reason"] = words.get(str(plain.pop(_WORDS)))
    return plain


def _key_model(key: ApiKey, text: str | None = None) -> ApiKeyModel:
    return ApiKeyModel(
        id=key.id,
        name=key.name,
        scopes=list(key.scopes),
        created_utc_ms=key.created_utc_ms,
        revoked_utc_ms=key.revoked_utc_ms,
        key=text,
    )
