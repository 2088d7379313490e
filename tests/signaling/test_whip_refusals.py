"""WHIP and WHEP at the door, without a media process: who is refused, how, and what is left behind."""

import pytest

from lectern.kernel.clock import utc_ms
from lectern.kernel.roles import SessionRole
from tests.installation import Answer, Installation

SDP = {"Content-Type": "application/sdp"}
OFFER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\n"
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdef0123456789\r\na=setup:actpass\r\n"
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32) + "\r\na=rtpmap:111 opus/48000/2\r\n"
).encode()


async def post(house: Installation, kind: str, session_id: str, token: str | None, **sent: object) -> Answer:
    headers = {**SDP, **sent.pop("headers", {})}  # type: ignore[dict-item] # a dict of strings
    body = sent.pop("data", OFFER)
    assert isinstance(body, bytes)
    return await house.ask("POST", f"/{kind}/{session_id}", token=token, data=body, headers=headers)


async def live(house: Installation, **plan: bool) -> tuple[str, dict[str, str]]:
    session = await house.plan(guests=True)
    if plan.get("started", True):
        await house.services.sessions.start(session.id)
    return session.id, {
        "presenter": house.token(session, SessionRole.PRESENTER, person="presenter"),
        "learner": house.token(session, SessionRole.LEARNER, person="learner"),
        "screen": house.token(session, SessionRole.SCREEN, guest="Shop 7"),
    }


@pytest.mark.parametrize("kind", ["whip", "whep"])
async def test_without_a_valid_token(house: Installation, kind: str) -> None:
    session_id, tokens = await live(house)
    session = await house.services.sessions.get(session_id)
    grant = house.grant(session, SessionRole.PRESENTER, person="presenter")
    old = house.services.tokens.issue(house.org.id, grant, now_s=utc_ms() // 1000 - 100, ttl_s=60)
    for token, code in ((None, "token_invalid"), ("nonsense", "token_invalid"), (old, "token_expired")):
        answer = await post(house, kind, session_id, token)
        assert (answer.status, answer.code) == (401, code)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"  # the page that asked may read why
    other_id, _ = await live(house)
    answer = await post(house, kind, other_id, tokens["presenter"])
    assert (answer.status, answer.code) == (403, "token_foreign")


@pytest.mark.parametrize("role", ["learner", "screen"])
async def test_who_only_watches_does_not_publish(house: Installation, role: str) -> None:
    session_id, tokens = await live(house)
    answer = await post(house, "whip", session_id, tokens[role])
    assert (answer.status, answer.code) == (403, "not_allowed")


@pytest.mark.parametrize("kind", ["whip", "whep"])
async def test_before_and_after_the_lesson(house: Installation, kind: str) -> None:
    session_id, tokens = await live(house, started=False)
    early = await post(house, kind, session_id, tokens["presenter"])
    assert (early.status, early.code) == (409, "session_not_live")
    assert int(early.headers["Retry-After"]) > 0
    assert (await house.services.sessions.get(session_id)).state == "scheduled"  # publishing starts nothing
    await house.services.sessions.start(session_id)
    await house.services.sessions.end(session_id)
    late = await post(house, kind, session_id, tokens["presenter"])
    assert (late.status, late.data["error"]["details"]) == (409, {"state": "ended"})


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (OFFER, {"Content-Type": "text/plain"}, "content_type_invalid"),
        (b"x" * 200_000, {}, "body_too_large"),
        (b"", {}, "sdp_invalid"),
        (b"\xff\xfe\x00", {}, "sdp_invalid"),
        (b"v=0\r\nm=audio\r\n", {}, "sdp_invalid"),
        (OFFER.replace(b"opus/48000/2", b"G729/8000"), {}, "no_common_codec"),
    ],
)
async def test_bodies_that_are_no_offer_and_leave_nobody_behind(
    house: Installation, body: bytes, headers: dict[str, str], code: str
) -> None:
    session_id, tokens = await live(house)
    answer = await post(house, "whip", session_id, tokens["presenter"], data=body, headers=headers)
    assert (answer.status, answer.code) == (400, code)
    assert await online(house, session_id) == 0


async def test_while_the_media_process_is_away(house: Installation) -> None:
    session_id, tokens = await live(house)
    answer = await post(house, "whip", session_id, tokens["presenter"])
    assert (answer.status, answer.code) == (503, "media_unavailable")
    assert await online(house, session_id) == 0


async def test_a_session_with_auto_start_starts_for_its_publisher_only(house: Installation) -> None:
    session = await house.plan(by=None, host=None, guests=True, auto_start=True)
    watcher = house.token(session, SessionRole.LEARNER, guest="W")
    assert (await post(house, "whep", session.id, watcher)).code == "session_not_live"
    publisher = house.token(session, SessionRole.PRESENTER, guest="OBS")
    assert (await post(house, "whip", session.id, publisher)).code == "media_unavailable"
    assert (await house.services.sessions.get(session.id)).state == "live"


async def test_other_methods(house: Installation) -> None:
    session_id, tokens = await live(house)
    options = await house.ask("OPTIONS", f"/whip/{session_id}")
    assert (options.status, options.headers["Accept-Post"]) == (204, "application/sdp")
    gone = await house.ask("DELETE", f"/whip/{session_id}/nothing", token=tokens["presenter"])
    assert (gone.status, gone.code) == (404, "resource_not_found")
    unsigned = await house.ask("DELETE", f"/whip/{session_id}/nothing")
    assert unsigned.status == 401
    patch = await house.ask("PATCH", f"/whip/{session_id}/nothing", token=tokens["presenter"])
    assert (patch.status, patch.headers["Allow"]) == (405, "DELETE")


async def online(house: Installation, session_id: str) -> int:
    async with house.services.database.read() as tx:
        return (await house.services.sessions.store.counts(tx, [session_id]))[session_id].online
