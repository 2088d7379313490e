"""WHIP and WHEP at the door, without a media process: who is refused, how, and what is left behind."""

import pytest

from lectern.kernel.clock import utc_ms
from lectern.kernel.roles import SessionRole
from sessions.presence.idea import PRESENCE
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


H265 = OFFER.replace(b"m=audio", b"m=video").replace(b"opus/48000/2", b"H265/90000")


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (OFFER, {"Content-Type": "text/plain"}, 415, "content_type_invalid"),
        (OFFER, {"Content-Type": "application/json"}, 415, "content_type_invalid"),
        (OFFER, {"Content-Type": ""}, 415, "content_type_invalid"),
        (b"x" * 200_000, {}, 400, "body_too_large"),
        (b"", {}, 400, "offer_missing"),
        (b"", {"Content-Type": ""}, 400, "offer_missing"),  # old drafts of WHEP: the server should offer
        (b"\xff\xfe\x00", {}, 400, "sdp_invalid"),
        (b"v=0\r\nm=audio\r\n", {}, 400, "sdp_invalid"),
        (OFFER.replace(b"sendonly", b"recvonly"), {}, 400, "sdp_invalid"),
        (OFFER.replace(b"opus/48000/2", b"G729/8000"), {}, 400, "no_common_codec"),
        (OFFER.replace(b"BUNDLE 0", b"BUNDLE 0 1") + H265.partition(b"\r\na=group:BUNDLE 0\r\n")[2]
         .replace(b"a=mid:0", b"a=mid:1"), {}, 400, "no_common_codec"),
    ],
)  # fmt: skip
async def test_bodies_that_are_no_offer_and_leave_nobody_behind(
    house: Installation, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    session_id, tokens = await live(house)
    answer = await post(house, "whip", session_id, tokens["presenter"], data=body, headers=headers)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert await online(house, session_id) == 0


async def test_ways_to_write_the_media_type_and_the_address(house: Installation) -> None:
    session_id, tokens = await live(house)
    for written in ("application/sdp", "Application/SDP", "application/sdp; charset=utf-8"):
        for address in (session_id, f"{session_id}/"):
            headers = {"Content-Type": written}
            sent = await post(house, "whip", address, tokens["presenter"], headers=headers)
            assert sent.code == "media_unavailable", "every check was passed"


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


ENDPOINT, SESSION = "POST, OPTIONS", "PATCH, DELETE, OPTIONS"


RESERVED = (
    *((method, "", ENDPOINT) for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "PROPFIND")),
    *((method, "/some", SESSION) for method in ("GET", "HEAD", "PUT", "POST", "PROPFIND")),
)
"""Method, what stands behind the endpoint's address, and what `Allow` says."""


@pytest.mark.parametrize("kind", ["whip", "whep"])
async def test_methods_that_are_reserved(house: Installation, kind: str) -> None:
    for method, path, allow in RESERVED:
        answer = await house.ask(method, f"/{kind}/any{path}")
        assert (answer.status, answer.headers["Allow"]) == (405, allow), (method, path)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        if method != "HEAD":
            assert answer.code == "method_unknown"


@pytest.mark.parametrize("kind", ["whip", "whep"])
async def test_preflights(house: Installation, kind: str) -> None:
    endpoint = await house.ask("OPTIONS", f"/{kind}/any")
    assert (endpoint.status, endpoint.headers["Accept-Post"]) == (200, "application/sdp")
    session = await house.ask("OPTIONS", f"/{kind}/any/some")
    assert (session.status, session.headers["Accept-Patch"]) == (200, "application/trickle-ice-sdpfrag")
    for answer in (endpoint, session):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
        assert {"Authorization", "Content-Type", "If-Match"} <= set(allowed)
        assert {"POST", "PATCH", "DELETE"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"Location", "ETag", "Link", "Retry-After"} <= set(exposed)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_sessions_that_are_not_there_or_not_ones_own(house: Installation, method: str) -> None:
    session_id, tokens = await live(house)
    gone = await house.ask(method, f"/whip/{session_id}/nothing", token=tokens["presenter"])
    assert (gone.status, gone.code) == (404, "resource_not_found")
    unsigned = await house.ask(method, f"/whip/{session_id}/nothing")
    assert (unsigned.status, unsigned.headers["WWW-Authenticate"]) == (401, 'Bearer realm="lectern"')
    assert unsigned.headers["Access-Control-Allow-Origin"] == "*"
    wrong = await house.ask(method, f"/whip/{session_id}/nothing", token="nonsense")
    assert wrong.headers["WWW-Authenticate"] == 'Bearer realm="lectern", error="invalid_token"'


async def test_how_long_to_wait(house: Installation) -> None:
    early_id, early = await live(house, started=False)
    assert (await post(house, "whep", early_id, early["learner"])).headers["Retry-After"] == "5"
    session_id, tokens = await live(house)
    assert (await post(house, "whip", session_id, tokens["presenter"])).headers["Retry-After"] == "5"
    await house.services.sessions.end(session_id)
    over = await post(house, "whip", session_id, tokens["presenter"])
    assert over.status == 409
    assert "Retry-After" not in over.headers  # it will never be live again


async def online(house: Installation, session_id: str) -> int:
    """Return how many participants are connected, whatever they are: encoders and displays too."""
    participants = (await house.services.engine.current(session_id)).state.of(PRESENCE).participants
    return sum(bool(present.connections) for present in participants.values())
