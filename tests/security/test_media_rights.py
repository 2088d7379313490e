"""Who may send what, and how often somebody may ask: by `/signal`, WHIP and WHEP, without a media process.

An offer that passes every check ends as `media_unavailable` here.
"""

from contextlib import AsyncExitStack

import pytest
import socketio
from socketio.exceptions import ConnectionError as Refused

from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, ParticipantRemoved
from sessions.store import Session
from signaling.plane import media
from tests.installation import Installation
from tests.security.doors import code_of, connected, in_class

TRANSPORT = (
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdef0123456789\r\na=setup:actpass\r\n"
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32) + "\r\n"
)
LINES = {"audio": ("111", "opus/48000/2"), "video": ("96", "VP8/90000")}


def offer_of(*lines: tuple[str, str]) -> str:
    """Return an offer with m-lines of these (kind, direction), in this order."""
    sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE "
    sdp += " ".join(str(mid) for mid, _ in enumerate(lines)) + "\r\n"
    for mid, (kind, direction) in enumerate(lines):
        number, codec = LINES[kind]
        sdp += (
            f"m={kind} 9 UDP/TLS/RTP/SAVPF {number}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na={direction}\r\n"
        )
        sdp += f"a=rtcp-mux\r\na=rtpmap:{number} {codec}\r\n{TRANSPORT}"
    return sdp


async def live(house: Installation) -> Session:
    session = await house.plan(guests=True)
    await house.services.sessions.start(session.id)
    return session


async def ask(client: socketio.AsyncClient, event: str, data: object) -> str:
    """Send a message to `/signal` and return the code of its refusal."""
    return code_of(await client.call(event, data, namespace="/signal", timeout=10))


async def offer(client: socketio.AsyncClient, sdp: str, sources: dict[str, str]) -> str:
    return await ask(client, "offer", {"sdp": sdp, "sources": sources})


MIC, VIDEO, WATCH = ("audio", "sendonly"), ("video", "sendonly"), ("video", "recvonly")
BOTH_WAYS = ("video", "sendrecv")


@pytest.mark.parametrize(
    ("role", "sdp", "sources", "code"),
    [
        ("learner", offer_of(MIC, WATCH), {"0": "mic"}, "media_unavailable"),
        ("learner", offer_of(MIC, VIDEO), {"0": "mic", "1": "camera"}, "media_unavailable"),  # for the stage
        ("learner", offer_of(VIDEO), {"0": "screen"}, "not_allowed"),
        ("learner", offer_of(VIDEO, VIDEO), {}, "not_allowed"),  # unnamed, a second video is the screen
        ("learner", offer_of(VIDEO, BOTH_WAYS), {}, "not_allowed"),
        ("screen", offer_of(BOTH_WAYS), {}, "not_allowed"),
        ("learner", offer_of(MIC, MIC), {"0": "mic", "1": "mic"}, "sdp_invalid"),
        ("screen", offer_of(VIDEO), {}, "not_allowed"),
        ("host", offer_of(MIC, VIDEO, VIDEO), {"0": "mic", "1": "screen"}, "media_unavailable"),
        ("presenter", offer_of(VIDEO, VIDEO), {"0": "screen", "1": "screen"}, "sdp_invalid"),
    ],
)
async def test_a_role_sends_what_it_may_and_nothing_else(
    house: Installation, role: str, sdp: str, sources: dict[str, str], code: str
) -> None:
    token = house.token(await live(house), SessionRole(role), guest="G")
    async with in_class(house, token), connected(house, "/signal", {"token": token}) as tab:
        assert await offer(tab, sdp, sources) == code


async def test_a_player_does_not_publish_through_the_players_door(house: Installation) -> None:
    session = await live(house)
    sdp = {"Content-Type": "application/sdp"}
    for role in (SessionRole.LEARNER, SessionRole.PRESENTER):
        token = house.token(session, role, guest="W")
        sent = await house.ask(
            "POST", f"/whep/{session.id}", token=token, data=offer_of(MIC).encode(), headers=sdp
        )
        assert (sent.status, sent.code) == (403, "not_allowed")
        watched = await house.ask(
            "POST", f"/whep/{session.id}", token=token, data=offer_of(WATCH).encode(), headers=sdp
        )
        assert watched.code == "media_unavailable"


async def test_whoever_was_sent_out_gets_no_media(house: Installation) -> None:
    session = await live(house)
    token = house.token(session, SessionRole.LEARNER, guest="G")
    async with in_class(house, token), connected(house, "/signal", {"token": token}) as tab:
        participant = await house.services.presence.participant_of(
            house.grant(session, SessionRole.LEARNER, guest="G")
        )
        assert participant is not None
        assert await offer(tab, offer_of(MIC), {}) == "media_unavailable"
        async with house.services.engine.change(session.id) as change:
            change.append(NewEvent(payload=ParticipantRemoved(participant=participant)))
        assert await offer(tab, offer_of(MIC), {}) == "removed"


async def test_after_the_end_nothing_opens_again(house: Installation) -> None:
    session = await live(house)
    token = house.token(session, SessionRole.LEARNER, guest="G")
    async with in_class(house, token), connected(house, "/signal", {"token": token}) as tab:
        await house.services.sessions.end(session.id)
        assert await offer(tab, offer_of(MIC), {}) == "session_over"


async def test_a_flood_of_offers_and_switches_is_held_up(house: Installation) -> None:
    session = await live(house)
    token = house.token(session, SessionRole.LEARNER, guest="G")
    switch = {"source": "mic", "active": False}
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(in_class(house, token))
        tabs = [
            await stack.enter_async_context(connected(house, "/signal", {"token": token})) for _ in range(3)
        ]
        codes = [await offer(tabs[n % 3], "", {}) for n in range(70)]
        assert codes[0] == "sdp_invalid"
        assert codes[-1] == "too_fast"
        answers = [await tabs[0].call("source", switch, namespace="/signal") for _ in range(30)]
        assert answers[0] == {"ok": True, "left_out": False}
        assert code_of(answers[-1]) == "too_fast"


async def test_nobody_sends_from_the_audience_and_views_are_bounded(house: Installation) -> None:
    session = await live(house)
    token = house.token(session, SessionRole.LEARNER, guest="G")
    async with in_class(house, token), connected(house, "/signal", {"token": token}) as tab:
        for source in ("mic", "camera", "screen"):
            assert await ask(tab, "source", {"source": source, "active": True}) == "not_allowed"
        assert await ask(tab, "view", {"3": {"size": "gigantic"}}) == "message_invalid"
        assert await ask(tab, "view", {"m" * 17: {"size": "small"}}) == "message_invalid"
        view = {"3": {"size": "small"}}
        answers = [await tab.call("view", view, namespace="/signal", timeout=10) for _ in range(40)]
        assert answers[0] == {"ok": True}
        assert code_of(answers[-1]) == "too_fast"


@pytest.mark.parametrize("kind", ["whip", "whep"])
async def test_a_flood_of_players_and_publishers_is_held_up(house: Installation, kind: str) -> None:
    session = await live(house)
    token = house.token(session, SessionRole.PRESENTER, guest="OBS")
    sdp = {"Content-Type": "application/sdp"}
    statuses = [
        (await house.ask("POST", f"/{kind}/{session.id}", token=token, data=b"", headers=sdp)).status
        for _ in range(70)
    ]
    assert statuses[0] == 400
    assert statuses[-1] == 429


async def test_one_participant_holds_no_more_transports_than_the_limit(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "MAX_TRANSPORTS", 0)
    token = house.token(await live(house), SessionRole.LEARNER, guest="G")
    async with in_class(house, token), connected(house, "/signal", {"token": token}) as tab:
        assert await offer(tab, offer_of(MIC), {}) == "too_many_connections"


async def test_messages_named_like_the_librarys_own_events_change_nothing(house: Installation) -> None:
    session = await live(house)
    token = house.token(session, SessionRole.LEARNER, guest="G")
    other = house.token(session, SessionRole.PRESENTER, person="presenter")
    async with in_class(house, token), connected(house, "/signal", {"token": token}) as tab:
        async with in_class(house, other):
            for event in ("connect", "disconnect", "offer2"):
                assert await ask(tab, event, ({}, {"token": other})) == "message_unknown"
        assert await offer(tab, offer_of(VIDEO, VIDEO), {}) == "not_allowed"  # still a learner, still there


async def test_who_is_not_in_the_class_gets_no_tab(house: Installation) -> None:
    token = house.token(await live(house), SessionRole.LEARNER, guest="G")
    with pytest.raises(Refused):
        async with connected(house, "/signal", {"token": token}):
            pass
