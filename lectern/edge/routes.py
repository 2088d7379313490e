"""The registry of HTTP handlers: one declaration gives the route, the validation and the OpenAPI entry.

A package lists its `Route`s; `lectern.app` mounts them. Handlers take a `Request`, already authenticated as
the route asks, with path, query and body decoded into pydantic models, and return a model, a `web.Response`,
or None.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

import structlog
from aiohttp import hdrs, web
from pydantic import BaseModel, ValidationError

from lectern.edge.faults import to_wire
from lectern.kernel.errors import NotFound, Overloaded, ProtocolViolation, Unauthenticated

_log = structlog.get_logger()
_CREDENTIALS = (hdrs.AUTHORIZATION, hdrs.COOKIE, "X-Lectern")
_MOST_REMEMBERED = 20_000

MAX_JSON_BYTES = 256 * 1024
CLIENT_IP = web.RequestKey("client_ip", str)
"""The peer's address, behind trusted proxies the forwarded one; the app's outermost middleware sets it."""


class Principal(Protocol):
    """Whoever makes a request; the authenticator decides what it is, the handler's package reads it."""

    @property
    def org_id(self) -> str:
        """The organisation the request acts in."""


Authenticator = Callable[[web.Request], Awaitable[Principal | None]]


@dataclass(frozen=True, slots=True)
class Request:
    """A decoded request. `who` is None only on routes that are public."""

    http: web.Request
    who: Any
    path: dict[str, str]
    query: Any
    body: Any

    @property
    def client_ip(self) -> str:
        """The peer's address; see `CLIENT_IP`."""
        return self.http.get(CLIENT_IP) or self.http.remote or ""


Handler = Callable[[Request], Awaitable[BaseModel | web.StreamResponse | None]]


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP operation. `public` ones need no credential; without `credentials` none is even looked at.

    `body` is what it takes: a model, or `bytes` of at most `max_bytes`. With `credential_lasts_s`, who a
    credential belongs to is not asked again so soon: for what a client repeats every few seconds, and where
    somebody who lost their rights a moment ago can do no harm.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    answer: type[BaseModel] | None = None
    body: type[BaseModel] | type[bytes] | None = None
    query: type[BaseModel] | None = None
    status: int = 200
    public: bool = False
    credentials: bool = True
    credential_lasts_s: float = 0.0
    max_bytes: int = MAX_JSON_BYTES
    content_type: str = "application/json"
    errors: tuple[int, ...] = field(default=())


def json_response(model: BaseModel, status: int = 200) -> web.Response:
    """Answer with a model as JSON."""
    return web.Response(body=model.model_dump_json().encode(), status=status, content_type="application/json")


def error_response(error: BaseException) -> web.Response:
    """Answer with an error in the one shape."""
    status, body = to_wire(error)
    response = web.json_response(body, status=status)
    # Browsers keep a 410 for ever unless told otherwise (RFC 9110 §15.5.11): what was deleted may come back.
    response.headers["Cache-Control"] = "no-store"
    if isinstance(error, Overloaded):
        response.headers["Retry-After"] = str(error.details.get("retry_after_s", 1))
    return response


def mount(app: web.Application, routes: Iterable[Route], authenticate: Authenticator) -> None:
    """Add `routes` to `app`; `authenticate` says who is asking."""
    for route in routes:
        asked = authenticate
        if route.credential_lasts_s:
            asked = _Remembering(authenticate, route.credential_lasts_s)
        app.router.add_route(route.method, route.path, _serve(route, asked))


class _Remembering:
    """An authenticator that remembers, for a moment, whose a credential is; refusals are not remembered."""

    def __init__(self, authenticate: Authenticator, lasts_s: float) -> None:
        self._authenticate = authenticate
        self._lasts_s = lasts_s
        self._known: dict[bytes, tuple[float, Principal]] = {}

    async def __call__(self, request: web.Request) -> Principal | None:
        said = repr([request.method, *(request.headers.get(name) for name in _CREDENTIALS)])
        credential = hashlib.blake2b(said.encode(), digest_size=32).digest()
        now = asyncio.get_running_loop().time()
        found = self._known.get(credential)
        if found is not None and now < found[0] + self._lasts_s:
            return found[1]
        who = await self._authenticate(request)
        if who is not None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[credential] = (now, who)
        return who


def _serve(
    route: Route, authenticate: Authenticator
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(http: web.Request) -> web.StreamResponse:
        try:
            who = await authenticate(http) if route.credentials else None
            if who is None and not route.public:
                raise Unauthenticated("sign_in_required", "Please sign in.")
            path = dict(http.match_info)
            if any("\x00" in part for part in path.values()):
                raise NotFound("not_found", "There is nothing at this address.")
            _refuse_nul(found=any("\x00" in value for value in http.query.values()))
            request = Request(http, who, path, _query(route, http), await _body(route, http))
            answer = await route.handler(request)
        except web.HTTPException:
            raise
        except Exception as error:  # noqa: BLE001 (the edge: every failure becomes the one error shape)
            return error_response(error)
        if isinstance(answer, BaseModel):
            return json_response(answer, route.status)
        if answer is None:
            return web.Response(status=HTTPStatus.NO_CONTENT)
        return answer

    return serve


def _refuse_nul(*, found: bool) -> None:
    """Keep the character NUL out, which no name or text needs and PostgreSQL cannot store."""
    if found:
        raise ProtocolViolation("text_invalid", "The request contains the character NUL (U+0000).")


def _query(route: Route, http: web.Request) -> BaseModel | None:
    if route.query is None:
        return None
    try:
        return route.query.model_validate(dict(http.query))
    except ValidationError as error:
        raise _invalid("query_invalid", "The address has parameters that are not valid.", error) from None


async def _body(route: Route, http: web.Request) -> Any:
    if route.body is None:
        return None
    data = await read_limited(http, route.max_bytes)
    if route.body is bytes:
        return data
    assert issubclass(route.body, BaseModel)
    _refuse_nul(found=b"\\u0000" in data)
    try:
        return route.body.model_validate_json(data or b"{}")
    except ValidationError as error:
        raise _invalid("body_invalid", "The request's body is not valid.", error) from None


def _invalid(code: str, message: str, error: ValidationError) -> ProtocolViolation:
    fields = [
        {"field": ".".join(map(str, e["loc"])), "problem": e["msg"]} for e in error.errors(include_url=False)
    ]
    return ProtocolViolation(code, message, fields=fields[:20])


async def read_limited(http: web.Request, limit: int) -> bytes:
    """Read a request's body of at most `limit` bytes.

    Raises:
        ProtocolViolation: it is longer (`body_too_large`), or its encoding is broken (`body_broken`).
    """
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in http.content.iter_chunked(64 * 1024):
            size += len(chunk)
            if size > limit:
                raise ProtocolViolation("body_too_large", "The request is too large.", limit_bytes=limit)
            chunks.append(chunk)
    except web.RequestPayloadError:
        raise ProtocolViolation("body_broken", "The request's body does not arrive as announced.") from None
    return b"".join(chunks)
