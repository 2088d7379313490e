"""WHIP and WHEP sessions over a real media process: opened, patched, restarted, replaced, ended."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from lectern.app.admission import SeatsOfPresence
from lectern.app.wired.services import now_s
from lectern.kernel.clock import utc_ms
from lectern.kernel.roles import SessionRole
from sessions.store import Session
from signaling.entry.turn import Turn
from signaling.plane.peer import Peer
from signaling.plane.stewardship import Alone
from signaling.sdp import parse_offer
from signaling.stream_keys.service import NewKey
from signaling.whip.bearer import Bearers
from signaling.whip.endpoint import WhipEndpoint
from signaling.whip.sdpfrag import read_fragment
from streaming.control.messages import IceRestarted
from tests.installation import Installation
from tests.signaling.live_media import with_media
from tests.signaling.test_whip_parts import OFFERS
from tests.signaling.test_whip_refusals import online

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}
CANDIDATE = "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n"
THEIRS = "a=ice-ufrag:Xy3T\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
NEW = "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n"


@pytest.fixture
async def live_house(house: Installation) -> AsyncIterator[Installation]:
    """An installation that answers offers."""
    async with with_media(house):
        yield house


class Encoder:
    """A client of one endpoint, with one credential."""

    def __init__(self, house: Installation, session: Session, credential: str, kind: str = "whip") -> None:
        self.client = house.client
        self.url = f"/{kind}/{session.id}"
        self.sdp = OFFERS["obs"] if kind == "whip" else OFFERS["obs"].replace("sendonly", "recvonly")
        self.bearer = {"Authorization": f"Bearer {credential}"}
        self.location = ""
        self.etag = ""

    async def ask(
        self, method: str, url: str, body: str = "", headers: dict[str, str] | None = None
    ) -> tuple[int, str, Any]:
        sent = self.bearer | (headers or {})
        async with self.client.request(method, url, data=body.encode(), headers=sent) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            return answer.status, await answer.text(), answer.headers

    async def opens(self) -> str:
        """Post the offer, be accepted, and return the answer."""
        status, text, headers = await self.ask("POST", self.url, self.sdp, SDP)
        assert (status, headers["Content-Type"].split(";")[0]) == (201, "application/sdp"), text
        assert headers["Accept-Patch"] == FRAGMENT["Content-Type"]
        self.location, self.etag = headers["Location"], headers["ETag"]
        assert self.location.startswith(f"{self.url}/")
        return text

    async def patches(self, body: str, match: str | None, **others: str) -> tuple[int, str, Any]:
        headers = FRAGMENT | ({"If-Match": match} if match is not None else {}) | others
        return await self.ask("PATCH", self.location, body, headers)

    async def is_open(self) -> bool:
        """Whether the session is still there."""
        return (await self.patches(CANDIDATE, "*"))[0] == 204


async def lesson(house: Installation) -> Session:
    session = await house.plan(guests=True)
    await house.services.sessions.start(session.id)
    return session


async def key_of(
    house: Installation, session: Session, use: str = "publish", expires_utc_ms: int | None = None
) -> tuple[str, str]:
    """A stream key: its id and its text."""
    facts = await house.services.doors.session(session.id)
    new = NewKey("OBS in room 3", use, None, expires_utc_ms)
    key, text = await house.services.stream_keys.create(facts, new, "p_1")
    return key.id, str(text)


async def test_an_ice_session_from_offer_to_delete(live_house: Installation) -> None:
    session = await lesson(live_house)
    obs = Encoder(live_house, session, live_house.token(session, SessionRole.PRESENTER, person="presenter"))
    answer = await obs.opens()
    assert answer.count("a=recvonly") == 2
    assert "a=ice-lite" in answer
    assert obs.etag.startswith('"')
    first = obs.etag

    for body, match, others, status in (
        (THEIRS + CANDIDATE, first, {}, 204),
        (CANDIDATE + "a=end-of-candidates\r\n", first, {}, 204),
        (THEIRS + CANDIDATE, "*", {}, 204),
        (THEIRS + CANDIDATE, None, {}, 428),
        (THEIRS + CANDIDATE, '"another"', {}, 412),
        (THEIRS + CANDIDATE, f"W/{first}", {}, 412),
        ("nonsense", first, {}, 400),
        ("", first, {}, 400),
        ("a=" + "x" * 20_000, first, {}, 400),
        (THEIRS, first, {"Content-Type": "application/sdp"}, 415),
    ):
        got, text, headers = await obs.patches(body, match, **others)
        assert got == status, (body[:40], match, text)
        assert "ETag" not in headers
        assert (text == "") == (status == 204)

    status, text, headers = await obs.patches(NEW + CANDIDATE, "*")
    assert (status, headers["Content-Type"].split(";")[0]) == (200, FRAGMENT["Content-Type"])
    ours = read_fragment(text)
    assert ours.credentials is not None
    assert ours.candidates > 0
    assert ours.credentials.pwd not in answer, "new ones"
    assert text.splitlines()[:4] == [
        "a=ice-lite",
        "a=group:BUNDLE 0 1",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=mid:0",
    ]
    second = headers["ETag"]
    assert second != first
    assert (await obs.patches(CANDIDATE, first))[0] == 412
    assert (await obs.patches(NEW + CANDIDATE, second))[0] == 204, "the new credentials are the current ones"
    status, _, headers = await obs.patches(THEIRS, second)  # with the current ETag a restart is welcome too
    assert (status, headers["ETag"] in (first, second)) == (200, False)

    stranger = live_house.token(session, SessionRole.PRESENTER, guest="somebody else")
    whose = {"Authorization": f"Bearer {stranger}"}
    for method in ("DELETE", "PATCH"):
        assert (await obs.ask(method, obs.location, CANDIDATE, whose))[0] == 404
    as_player = obs.location.replace("/whip/", "/whep/")
    assert (await obs.ask("DELETE", as_player))[0] == 404
    assert await online(live_house, session.id) == 1
    status, text, _ = await obs.ask("DELETE", f"{obs.location}/", headers={"If-Match": '"old"'})
    assert (status, text) == (200, ""), "DELETE means the session, whatever its ICE session"
    assert (await obs.ask("DELETE", obs.location))[0] == 404
    assert (await obs.patches(CANDIDATE, "*"))[0] == 404
    assert await online(live_house, session.id) == 0


async def test_overlapping_restarts_of_one_etag_happen_once(
    live_house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await lesson(live_house)
    obs = Encoder(live_house, session, live_house.token(session, SessionRole.PRESENTER, person="presenter"))
    await obs.opens()
    restart, all_there = live_house.services.plane.restart, asyncio.Event()

    async def slow_restart(peer: Peer, ufrag: str, pwd: str) -> IceRestarted:
        await all_there.wait()
        return await restart(peer, ufrag, pwd)

    monkeypatch.setattr(live_house.services.plane, "restart", slow_restart)
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(obs.patches(NEW.replace("ysXw", f"new{n}"), obs.etag)) for n in range(4)]
        (opened,) = live_house.services.whip._open
        async with asyncio.timeout(15):  # all four are at the door; the first has passed it
            while len(opened.restarting._waiters or ()) < 3:
                await asyncio.sleep(0.01)
        all_there.set()
    assert sorted(task.result()[0] for task in asked) == [200, 412, 412, 412]


async def test_restarts_without_end_are_held_up_like_offers(live_house: Installation) -> None:
    session = await lesson(live_house)
    _, text = await key_of(live_house, session, "watch")
    player = Encoder(live_house, session, text, "whep")
    await player.opens()
    answers = [await player.patches(NEW.replace("ysXw", f"n{n:03}"), "*") for n in range(80)]
    assert {status for status, _, _ in answers} == {200, 429}
    status, said, headers = answers[-1]
    assert (status, "too_fast" in said) == (429, True)
    assert int(headers["Retry-After"]) > 0
    assert await player.is_open()


async def test_a_players_answer_only_sends(live_house: Installation) -> None:
    session = await lesson(live_house)
    _, text = await key_of(live_house, session, "watch")
    for written in ("a=recvonly", "a=sendrecv"):
        player = Encoder(live_house, session, text, "whep")
        player.sdp = player.sdp.replace("a=recvonly", written)
        answer = await player.opens()
        assert answer.count("a=sendonly") == 2
        assert (await player.patches(NEW, "*"))[0] == 200
    assert await online(live_house, session.id) == 1, "two players share the key, and are one display"
    assert await player.is_open()


async def test_offers_of_all_encoders_are_answered(live_house: Installation) -> None:
    session = await lesson(live_house)
    token = live_house.token(session, SessionRole.PRESENTER, person="presenter")
    for name in ("obs", "ffmpeg", "gstreamer", "phone_encoder"):
        encoder = Encoder(live_house, session, token)
        encoder.sdp = OFFERS[name]
        answer = await encoder.opens()
        theirs = parse_offer(OFFERS[name]).remote.dtls_role
        assert answer.count(f"a=setup:{'passive' if theirs == 'client' else 'active'}") == 2
        assert (await encoder.ask("DELETE", encoder.location))[0] == 200


async def test_a_new_publication_with_a_key_replaces_the_old_one(live_house: Installation) -> None:
    session = await lesson(live_house)
    key_id, text = await key_of(live_house, session)
    first, second = (Encoder(live_house, session, text) for _ in range(2))
    await first.opens()
    broken = Encoder(live_house, session, text)
    assert (await broken.ask("POST", broken.url, "v=0", SDP))[0] == 400
    assert await first.is_open(), "an offer that fails replaces nothing"
    await second.opens()
    assert not await first.is_open()
    assert await second.is_open()
    assert await online(live_house, session.id) == 1
    key = (await live_house.services.stream_keys.current([key_id]))[key_id]
    assert second.location.endswith(f"/{key.publication}")

    many = [Encoder(live_house, session, text) for _ in range(5)]
    await asyncio.gather(*(encoder.opens() for encoder in many))
    assert [await encoder.is_open() for encoder in many].count(True) == 1
    assert not await second.is_open()


async def test_a_revoked_key_ends_what_it_opened_at_once(live_house: Installation) -> None:
    session = await lesson(live_house)
    facts = await live_house.services.doors.session(session.id)
    for use, kind in (("publish", "whip"), ("watch", "whep")):
        key_id, text = await key_of(live_house, session, use)
        encoder = Encoder(live_house, session, text, kind)
        await encoder.opens()
        await live_house.services.stream_keys.revoke(facts, key_id, "p_1")
        assert await online(live_house, session.id) == 0
        status, body, headers = await encoder.ask("POST", encoder.url, encoder.sdp, SDP)
        assert (status, "stream_key_revoked" in body) == (401, True)
        assert headers["WWW-Authenticate"] == 'Bearer realm="lectern", error="invalid_token"'


async def test_what_another_server_process_did_to_a_key_is_noticed(live_house: Installation) -> None:
    session = await lesson(live_house)
    key_id, text = await key_of(live_house, session)
    keys = live_house.services.stream_keys

    async def until_over(encoder: Encoder) -> None:
        async with asyncio.timeout(15):
            while await online(live_house, session.id) > 0:
                await asyncio.sleep(0.05)

    replaced = Encoder(live_house, session, text)
    await replaced.opens()
    await keys.publishes(key_id, "opened elsewhere")
    await until_over(replaced)
    revoked = Encoder(live_house, session, text)
    await revoked.opens()
    async with live_house.services.database.write() as tx:
        assert await keys.store.revoke(tx, session.id, key_id, utc_ms())
    await until_over(revoked)


async def test_a_key_that_expires_ends_what_it_opened(
    live_house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await lesson(live_house)
    expires = utc_ms() + 3_600_000
    opened: list[Encoder] = []
    for use, kind in (("publish", "whip"), ("watch", "whep")):
        _, text = await key_of(live_house, session, use, expires)
        opened.append(Encoder(live_house, session, text, kind))
        await opened[-1].opens()
    _, forever = await key_of(live_house, session)
    other = Encoder(live_house, session, forever)
    await other.opens()
    looked = asyncio.Semaphore(0)

    def just_before() -> int:
        looked.release()
        return expires - 1

    monkeypatch.setattr(live_house.services.stream_keys, "_clock", just_before)
    async with asyncio.timeout(15):
        for _ in range(6):  # each of both keys is looked at more than once
            await looked.acquire()
    assert await opened[0].is_open()
    monkeypatch.setattr(live_house.services.stream_keys, "_clock", lambda: expires)
    async with asyncio.timeout(15):
        while await online(live_house, session.id) > 1:
            await asyncio.sleep(0.05)
    assert await other.is_open()
    for encoder in opened:
        for method, url, body, sent in (
            ("POST", encoder.url, encoder.sdp, SDP),
            ("PATCH", encoder.location, CANDIDATE, FRAGMENT | {"If-Match": "*"}),
        ):
            status, said, headers = await encoder.ask(method, url, body, sent)
            assert (status, "stream_key_expired" in said) == (401, True)
            assert headers["WWW-Authenticate"] == 'Bearer realm="lectern", error="invalid_token"'
        assert (await encoder.ask("DELETE", encoder.location))[0] == 200
        assert (await encoder.ask("DELETE", encoder.location))[0] == 404


async def test_delete_after_the_session_ended_by_itself_is_no_failure(live_house: Installation) -> None:
    """OBS closes its connection, then sends DELETE, and complains of anything but 200."""
    session = await lesson(live_house)
    obs, other = [Encoder(live_house, session, (await key_of(live_house, session))[1]) for _ in range(2)]
    await obs.opens()
    await live_house.services.sessions.end(session.id)
    async with asyncio.timeout(15):
        while await online(live_house, session.id) > 0:
            await asyncio.sleep(0.02)
    assert not await obs.is_open()
    assert (await other.ask("DELETE", obs.location))[0] == 404
    assert (await obs.ask("DELETE", obs.location))[0] == 200
    assert (await obs.ask("DELETE", obs.location))[0] == 404


async def test_turn_servers_are_told(live_house: Installation) -> None:
    services = live_house.services
    session = await lesson(live_house)
    endpoint = WhipEndpoint(
        services.plane,
        Bearers(services.tokens, services.stream_keys, now_s),
        services.stream_keys,
        services.doors,
        SeatsOfPresence(services.presence, services.doors),
        turn=Turn(("turn:a", "turns:b"), "secret"),
        now_s=lambda: 1_795_312_800,
        stewards=Alone(),
    )
    app = web.Application()
    endpoint.mount(app)
    _, text = await key_of(live_house, session)
    async with TestClient(TestServer(app)) as client:
        url, bearer = f"/whip/{session.id}", {"Authorization": f"Bearer {text}"}
        async with client.post(url, data=OFFERS["obs"], headers=bearer | SDP) as answer:
            links = answer.headers.getall("Link")
            assert (answer.status, len(links)) == (201, 2)
            assert links[0].startswith('<turn:a>; rel="ice-server"; username="1795334400:')
            assert links[0].endswith('; credential-type="password"')
        async with client.options(url, headers=bearer) as answer:
            assert len(answer.headers.getall("Link")) == 2
        async with client.options(url) as answer:
            assert "Link" not in answer.headers, "credentials are not for everybody"
