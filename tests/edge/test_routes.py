"""The edge: what a peer may send wrong, and how little an unknown failure says."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import BaseModel, Field
from structlog.testing import capture_logs

from lectern.edge.faults import to_wire
from lectern.edge.routes import Request, Route, mount
from lectern.kernel import errors
from lectern.kernel.errors import LecternError, Overloaded, Rejected

Client = TestClient[Any, Any]


class Body(BaseModel):
    name: str = Field(max_length=5)


class Query(BaseModel):
    n: int = 0


class Echo(BaseModel):
    name: str
    n: int
    where: str


async def echo(request: Request) -> Echo:
    return Echo(name=request.body.name, n=request.query.n, where=request.path["where"])


async def nothing(_request: Request) -> None:
    return None


async def upload(request: Request) -> Echo:
    return Echo(name="file", n=len(request.body), where="")


async def fail(_request: Request) -> None:
    raise RuntimeError("password of the database is 1234")


async def busy(_request: Request) -> None:
    raise Overloaded("too_many_tries", "Later, please.", retry_after_s=7)


async def authenticate(http: web.Request) -> Any:
    return object() if "Authorization" in http.headers else None


ROUTES = [
    Route("POST", "/echo/{where}", echo, "Echo", Echo, Body, Query, public=True),
    Route("POST", "/upload", upload, "Upload", Echo, bytes, public=True, max_bytes=1000),
    Route("GET", "/private", nothing, "Private"),
    Route("GET", "/fail", fail, "Fail", public=True),
    Route("GET", "/busy", busy, "Busy", public=True),
]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    app = web.Application()
    mount(app, ROUTES, authenticate)
    async with TestClient(TestServer(app)) as opened:
        yield opened


async def error_of(response: Any, status: int) -> dict[str, Any]:
    body = await response.json()
    assert response.status == status, body
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"code", "message", "details"}
    error: dict[str, Any] = body["error"]
    return error


async def test_a_credential_is_remembered_only_where_a_route_says_so() -> None:
    asked: list[str | None] = []

    async def count(http: web.Request) -> Any:
        asked.append(http.headers.get("Authorization"))
        return object() if asked[-1] in {"a", "b"} else None

    app = web.Application()
    routes = [
        Route("POST", "/often", nothing, "Often", credential_lasts_s=60),
        Route("POST", "/brief", nothing, "Brief", credential_lasts_s=1e-9),
        Route("POST", "/once", nothing, "Once"),
    ]
    mount(app, routes, count)
    async with TestClient(TestServer(app)) as opened:

        async def post(path: str, **headers: str) -> int:
            async with opened.post(path, headers=headers) as response:
                return response.status

        assert [await post("/often", Authorization="a") for _ in range(3)] == [204] * 3
        assert asked == ["a"]
        assert [await post("/often", Authorization="b"), await post("/often")] == [204, 401]
        assert (
            await post("/often", Authorization="wrong") == await post("/often", Authorization="wrong") == 401
        )
        assert await post("/often", Authorization="a", Cookie="c=1") == 204
        assert asked == ["a", "b", None, "wrong", "wrong", "a"]
        assert [await post(path, Authorization="a") for path in ("/brief", "/brief", "/once", "/once")] == [
            204
        ] * 4
        assert len(asked) == 10


async def test_a_good_request(client: Client) -> None:
    async with client.post("/echo/here?n=3", json={"name": "Wang"}) as response:
        assert await response.json() == {"name": "Wang", "n": 3, "where": "here"}


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/echo/a", b"{", "body_invalid"),
        ("/echo/a", b"[]", "body_invalid"),
        ("/echo/a", b"\xff\xfe", "body_invalid"),
        ("/echo/a", b"", "body_invalid"),
        ("/echo/a", b'{"name": "too long"}', "body_invalid"),
        ("/echo/a", b'{"name": "\\ud800"}', "body_invalid"),
        ("/echo/a", b"[" * 100_000, "body_invalid"),
        ("/echo/a?n=x", b'{"name": "a"}', "query_invalid"),
        ("/echo/a?n=" + "9" * 5000, b'{"name": "a"}', "query_invalid"),
        ("/echo/a", b'{"name": "\\u0000"}', "text_invalid"),
        ("/echo/a?n=1%00", b'{"name": "a"}', "text_invalid"),
        ("/echo/a", b'{"name": "' + b"a" * 300_000 + b'"}', "body_too_large"),
        ("/upload", b"a" * 1001, "body_too_large"),
    ],
)
async def test_malformed_requests_are_the_senders_fault(
    client: Client, path: str, body: bytes, code: str
) -> None:
    async with client.post(path, data=body) as response:
        assert (await error_of(response, 400))["code"] == code


async def test_no_address_contains_nul(client: Client) -> None:
    async with client.post("/echo/%00", json={"name": "a"}) as response:
        assert (await error_of(response, 404))["code"] == "not_found"


async def test_the_field_at_fault_is_named_and_its_value_is_not_repeated(client: Client) -> None:
    async with client.post("/echo/a", json={"name": "secret-value"}) as response:
        error = await error_of(response, 400)
    assert error["details"]["fields"][0]["field"] == "name"
    assert "secret-value" not in str(error)


async def test_a_compressed_bomb_and_broken_compression(client: Client) -> None:
    headers = {"Content-Encoding": "gzip"}
    async with client.post("/upload", data=gzip.compress(bytes(10_000_000)), headers=headers) as response:
        assert (await error_of(response, 400))["code"] == "body_too_large"
    async with client.post("/upload", data=b"not gzip", headers=headers) as response:
        assert (await error_of(response, 400))["code"] == "body_broken"


async def test_nobody_is_asked_to_sign_in(client: Client) -> None:
    async with client.get("/private") as response:
        assert (await error_of(response, 401))["code"] == "sign_in_required"
    async with client.get("/private", headers={"Authorization": "x"}) as response:
        assert (response.status, await response.read()) == (204, b"")


async def test_an_unknown_exception_leaks_nothing_and_is_logged(client: Client) -> None:
    with capture_logs() as logs:
        async with client.get("/fail") as response:
            text = await response.text()
            error = await error_of(response, 500)
    assert error["code"] == "internal"
    assert "1234" not in text
    assert "RuntimeError" not in text
    assert [(line["event"], line["error"]) for line in logs] == [("request_failed", "RuntimeError")]


async def test_overload_says_when_to_come_back(client: Client) -> None:
    async with client.get("/busy") as response:
        assert (await error_of(response, 429))["code"] == "too_many_tries"
        assert response.headers["Retry-After"] == "7"


def test_every_class_of_error_has_its_status() -> None:
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, LecternError)]
    statuses = {c.__name__: to_wire(c("code", "Text.", a=1)) for c in classes}
    assert {name: status for name, (status, _) in statuses.items()} == {
        "LecternError": 500,
        "ProtocolViolation": 400,
        "Rejected": 422,
        "Unauthenticated": 401,
        "Forbidden": 403,
        "NotFound": 404,
        "Deleted": 410,
        "Conflict": 409,
        "Overloaded": 429,
        "TooLarge": 413,
        "Gone": 503,
        "InternalFault": 500,
    }
    assert to_wire(Rejected("c", "m", a=1))[1] == {
        "error": {"code": "c", "message": "m", "details": {"a": 1}}
    }
