"""The outer wall: headers on every answer, the client's files, addresses behind proxies."""

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from lectern.app.http import (
    add_security_headers,
    forwarded_for,
    outer_wall,
    security_headers,
    serve_web_client,
)
from lectern.edge.routes import CLIENT_IP
from tests.installation import Installation, settings_of

PROXY, CLIENT, OUTER = "10.0.0.1", "203.0.113.9", "10.0.0.2"


@pytest.mark.parametrize(
    ("remote", "header", "trusted", "client"),
    [
        (CLIENT, None, (), CLIENT),
        (CLIENT, "1.2.3.4", (), CLIENT),  # nobody vouches for the header
        (CLIENT, "1.2.3.4", (PROXY,), CLIENT),
        (PROXY, CLIENT, (PROXY,), CLIENT),
        (PROXY, f"1.2.3.4, {CLIENT}", (PROXY,), CLIENT),  # what the client put there itself is not believed
        (PROXY, f"1.2.3.4, {CLIENT}, {OUTER}", (PROXY, OUTER), CLIENT),
        (PROXY, f" {CLIENT} ,", (PROXY,), CLIENT),
        (PROXY, f"1.2.3.4, {CLIENT}, {OUTER}", ("10.0.0.0/24",), CLIENT),  # a network of proxies
        (PROXY, CLIENT, ("10.0.1.0/24", "fd00::/8"), PROXY),
        (PROXY, "not an address", (PROXY,), PROXY),
        (PROXY, "", (PROXY,), PROXY),
        (PROXY, "2001:db8:0:0::1", (PROXY,), "2001:db8::1"),
        (None, "1.2.3.4", (PROXY,), ""),
    ],
)
def test_whose_address_it_is(
    remote: str | None, header: str | None, trusted: tuple[str, ...], client: str
) -> None:
    assert forwarded_for(remote, header, trusted) == client


async def test_every_answer_carries_the_security_headers(house: Installation) -> None:
    expected = security_headers(house.services.settings)
    assert "'unsafe-inline'" not in expected["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in expected["Content-Security-Policy"]
    for method, path in (
        ("GET", "/healthz"),
        ("GET", "/api/docs"),
        ("GET", "/api/v1/me"),
        ("GET", "/api/nothing"),
        ("PUT", "/api/v1/me"),
        ("POST", "/whip/nothing"),
        ("GET", "/"),
    ):
        headers = (await house.ask(method, path)).headers
        assert {name: headers.get(name) for name in expected} == expected, path


async def test_what_is_not_there_has_the_one_error_shape(house: Installation) -> None:
    for path in ("/api/nothing", "/api/v1/nothing", "/assets/nothing.js", "/whip/"):
        answer = await house.ask("GET", path)
        assert (answer.status, answer.code) == (404, "not_found"), path
    wrong = await house.ask("PUT", "/api/v1/me")
    assert (wrong.status, wrong.code, wrong.headers["Allow"]) == (405, "method_unknown", "GET, HEAD")


async def test_health(house: Installation) -> None:
    assert (await house.ask("GET", "/healthz")).data == {"alive": True}
    ready = await house.ask("GET", "/readyz")
    assert (ready.status, ready.data["ready"]) == (503, False)  # there is no media process here


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Lectern</title>")
    (folder / "assets" / "app-1a2b.js").write_text("1")
    (folder / "favicon.svg").write_text("<svg/>")
    (tmp_path / "outside.txt").write_text("secret")
    return folder


async def test_the_web_client_is_served_for_every_page(tmp_path: Path, dist: Path) -> None:
    settings = settings_of(tmp_path)
    app = web.Application(middlewares=[outer_wall(settings)])
    add_security_headers(app, settings)
    serve_web_client(app, dist)
    async with TestClient(TestServer(app)) as client:
        for path in ("/", "/room/0193", "/replay/x/y", "/studio/1?x=1"):
            status, text, cache = await fetch(client, path)
            assert (status, "Lectern" in text, cache) == (200, True, "no-cache")
        status, _, cache = await fetch(client, "/assets/app-1a2b.js")
        assert status == 200
        assert "immutable" in cache
        assert (await fetch(client, "/favicon.svg"))[2] == "no-cache"
        for path in ("/assets/old.js", "/api/v2/x", "/whip/x", "/play/x"):
            assert (await fetch(client, path))[0] == 404
        for path in ("/%2e%2e/outside.txt", "/assets/%2e%2e/%2e%2e/outside.txt", "/..%2foutside.txt"):
            assert "secret" not in (await fetch(client, path))[1]


async def test_a_checkout_without_a_built_client_says_so_in_the_error_shape(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    app = web.Application(middlewares=[outer_wall(settings)])
    serve_web_client(app, tmp_path / "not built")
    async with TestClient(TestServer(app)) as client:
        assert (await fetch(client, "/"))[0] == 404


async def test_the_address_past_a_trusted_proxy_reaches_the_handlers(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, trusted_proxies=("127.0.0.1",))

    async def who(request: web.Request) -> web.Response:
        return web.Response(text=request[CLIENT_IP])

    app = web.Application(middlewares=[outer_wall(settings)])
    app.router.add_get("/who", who)
    async with TestClient(TestServer(app)) as client:
        async with client.get("/who", headers={"X-Forwarded-For": CLIENT}) as response:
            assert await response.text() == CLIENT
        twice = [("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", CLIENT)]  # the client's, and the proxy's
        async with client.get("/who", headers=twice) as response:
            assert await response.text() == CLIENT
        assert (await fetch(client, "/who"))[1] == "127.0.0.1"


async def fetch(client: "TestClient[Any, Any]", path: str) -> tuple[int, str, str]:
    async with client.get(path) as response:
        return response.status, await response.text(), response.headers.get("Cache-Control", "")
