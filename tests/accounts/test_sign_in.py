"""Signing in through the front door: cookies, tries, and what a foreign page cannot do."""

from http.cookies import SimpleCookie

import pytest
from aiohttp.test_utils import TestClient, TestServer

from accounts.routes import COOKIE
from accounts.service import COOKIE_DAYS, Accounts
from lectern.app.serve import build_app
from lectern.app.wired.services import Services
from lectern.app.wiring import built
from lectern.kernel.clock import UtcMs
from lectern.kernel.roles import OrgRole
from tests.installation import Answer, Installation, settings_of

PASSWORD = "correct horse"


@pytest.fixture
async def known(house: Installation) -> Installation:
    """The learner has a password."""
    await house.services.accounts.add_person(
        house.org.id,
        external_id="X1",
        name="Xu",
        department_id=None,
        roles=(OrgRole.LEARNER,),
        login="xu",
        password=PASSWORD,
    )
    return house


async def sign_in(house: Installation, login: str = "xu", password: str = PASSWORD) -> Answer:
    return await house.ask("POST", "/api/v1/sign-in", json={"login": login, "password": password})


async def test_the_cookie_is_out_of_reach_of_scripts_and_foreign_pages(known: Installation) -> None:
    answer = await sign_in(known)
    assert answer.status == 200
    assert answer.data["person"]["name"] == "Xu"
    assert answer.data["roles"] == ["learner"]
    cookie = SimpleCookie(answer.headers["Set-Cookie"])[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert int(cookie["max-age"]) == COOKIE_DAYS * 86_400
    assert not cookie["secure"]  # this installation speaks HTTP on the loopback

    known.cookies["xu"] = cookie.value
    assert (await known.ask("GET", "/api/v1/me", by="xu")).data["person"]["external_id"] == "X1"


async def test_behind_https_the_cookie_never_travels_in_the_clear(known: Installation) -> None:
    data = known.services.settings.data
    body = {"login": "xu", "password": PASSWORD}
    async with (
        built(settings_of(data, public_url="https://learn.example")) as services,
        TestClient(TestServer(build_app(services))) as client,
        client.post("/api/v1/sign-in", json=body) as response,
    ):
        assert SimpleCookie(response.headers["Set-Cookie"])[COOKIE]["secure"]
        assert "Strict-Transport-Security" in response.headers


async def test_the_database_holds_neither_cookie_nor_password(known: Installation) -> None:
    answer = await sign_in(known)
    secret = SimpleCookie(answer.headers["Set-Cookie"])[COOKIE].value
    files = [path.read_bytes() for path in known.services.settings.data.glob("lectern.db*")]
    assert files
    assert not any(secret.encode() in content or PASSWORD.encode() in content for content in files)


@pytest.mark.parametrize(("login", "password"), [("xu", "wrong"), ("nobody", PASSWORD), ("", ""), ("XU", "")])
async def test_a_failure_does_not_say_what_was_wrong(known: Installation, login: str, password: str) -> None:
    answer = await sign_in(known, login, password)
    assert (answer.status, answer.code) == (401, "sign_in_failed")
    assert answer.data["error"]["message"] == "The login or the password is wrong."
    assert "Set-Cookie" not in answer.headers


async def test_tries_are_limited_for_a_login_and_others_still_come_in(
    known: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_secret_hash: str, _password: str) -> bool:
        return False

    with monkeypatch.context() as patched:
        patched.setattr("accounts.service.verify_password", never)  # spare eleven argon2 runs
        answers = [await sign_in(known, "admin", "guess") for _ in range(11)]
    assert [a.status for a in answers] == [401] * 10 + [429]
    assert answers[-1].code == "too_many_tries"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 7
    assert (await sign_in(known)).status == 200


async def test_an_address_that_guesses_many_logins_is_stopped_and_uses_up_no_login(
    known: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_secret_hash: str, _password: str) -> bool:
        return False

    accounts = known.services.accounts
    with monkeypatch.context() as patched:
        patched.setattr("accounts.service.verify_password", never)
        statuses = {(await sign_in(known, f"user{number}")).status for number in range(64)}
        assert statuses == {401, 429}
        for _ in range(12):
            await sign_in(known, "xu", "guess")
    cookie, person = await accounts.sign_in("xu", PASSWORD, "another address")
    assert cookie
    assert person.name == "Xu"


async def test_signing_out_ends_the_cookie(house: Installation) -> None:
    answer = await house.ask("POST", "/api/v1/sign-out", by="learner")
    assert answer.status == 204
    assert (await house.ask("GET", "/api/v1/me", by="learner")).code == "sign_in_required"


async def test_a_cookie_ends_by_itself(services: Services) -> None:
    now = 1_795_000_000_000
    accounts = Accounts(services.database, clock=lambda: UtcMs(now))
    org = await accounts.set_up("Org", "UTC")
    await accounts.add_person(
        org.id,
        external_id="1",
        name="A",
        department_id=None,
        roles=(OrgRole.LEARNER,),
        login="a",
        password=PASSWORD,
    )
    cookie, _ = await accounts.sign_in("a", PASSWORD, "::1")
    now += COOKIE_DAYS * 86_400_000 - 1
    assert await accounts.by_cookie(cookie) is not None
    now += 1
    assert await accounts.by_cookie(cookie) is None


async def test_a_foreign_page_cannot_make_the_browser_write(house: Installation) -> None:
    headers = {"Cookie": f"{COOKIE}={house.cookies['admin']}"}
    answer = await house.ask("POST", "/api/v1/sessions", json={"title": "x"}, headers=headers)
    assert (answer.status, answer.code) == (403, "header_missing")
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Headers": "x-lectern"}
    answer = await house.ask("OPTIONS", "/api/v1/sessions", headers=preflight)
    assert answer.status >= 400
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("credential", ["lk_nope_nope", "lk_", "garbage", "a.b.c", "é", "x" * 5000])
async def test_a_bearer_that_is_not_ours_is_refused_not_ignored(house: Installation, credential: str) -> None:
    answer = await house.ask("GET", "/api/v1/me", by="admin", token=credential)
    assert answer.status == 401
    assert answer.code in ("api_key_invalid", "token_invalid")
