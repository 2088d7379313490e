"""Screens: short codes, rotating QR codes, and people who take part by their phones."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.screen.idea import SCREEN
from lectern.app.consent import VERSION
from lectern.kernel.clock import utc_ms
from lectern.kernel.errors import Unauthenticated
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, ParticipantRemoved
from sessions.presence.admission import Arrival
from sessions.store import Session
from signaling.entry.join_tokens import Keys
from signaling.screens.passes import PASS_TTL_S, QR_TTL_S, ScreenPasses, Use
from signaling.screens.picture import QUIET_MODULES, picture
from tests.installation import Answer, Installation

NOW_S = 1_800_000_000
SCREEN_ID = "0f" * 16
PASSES = ScreenPasses(Keys("new", {"old": b"o" * 32, "new": b"n" * 32}))
OLD = ScreenPasses(Keys("old", {"old": b"o" * 32}))


def path(session: Session, what: str) -> str:
    return f"/api/v1/sessions/{session.id}/{what}"


async def screen(house: Installation, session: Session, name: str = "Store 12") -> tuple[str, str]:
    """Let a TV in by the code, and into the class; returns its token and its participant."""
    code = (await house.ask("GET", path(session, "screen-code"), by="host")).data["code"]
    if code is None:
        code = (await house.ask("POST", path(session, "screen-code"), by="host", json={})).data["code"]
    let_in = await house.ask("POST", "/api/v1/screens", json={"code": code, "name": name})
    assert (let_in.status, let_in.data["session_id"]) == (201, session.id)
    token = let_in.data["token"]
    return token, await enters(house, token, "screen")


async def enters(house: Installation, token: str, device: str) -> str:
    """Connect to the class with a token; returns the participant."""
    read = house.services.tokens.read(token, now_s=utc_ms() // 1000)
    arrival = Arrival(device, "spoofed", None, None if device == "screen" else VERSION)
    name = read.grant.guest_name or "a person"
    return (await house.services.presence.enter(read.org_id, read.grant, name, arrival)).participant_id


async def qr_of(house: Installation, session: Session, token: str) -> str:
    """Return what the screen's code says."""
    shown = await house.ask("GET", path(session, "screen-qr"), token=token)
    url, _, text = shown.data["url"].partition("#q=")
    assert url.endswith(f"/room/{session.id}")
    return str(text)


async def scanned(house: Installation, session: Session, token: str) -> str:
    """Scan the code of a screen; returns the pass."""
    answer = await house.ask("POST", path(session, "scans"), json={"qr": await qr_of(house, session, token)})
    return str(answer.data["screen_pass"])


async def come(
    house: Installation, session: Session, pass_: str, *, by: str | None = None, **body: Any
) -> Answer:
    return await house.ask("POST", path(session, "enter"), by=by, json={"screen_pass": pass_, **body})


@given(use=st.sampled_from(Use), at_s=st.integers(0, 2**31))
def test_a_code_says_its_screen_until_it_is_over(use: Use, at_s: int) -> None:
    text = PASSES.issue(use, "s1", SCREEN_ID, now_s=at_s)
    ttl_s = QR_TTL_S if use is Use.QR else PASS_TTL_S
    assert len(text) == 43
    assert PASSES.read(use, "s1", text, now_s=at_s + ttl_s - 1) == SCREEN_ID
    with pytest.raises(Unauthenticated, match="qr_expired"):
        PASSES.read(use, "s1", text, now_s=at_s + ttl_s)
    for session, other in (("s2", use), ("s1", Use.PASS if use is Use.QR else Use.QR)):
        with pytest.raises(Unauthenticated, match="qr_invalid"):
            PASSES.read(other, session, text, now_s=at_s)


@given(st.text(max_size=60), st.integers(0, 42))
def test_no_other_text_passes_for_a_code(text: str, at: int) -> None:
    true = PASSES.issue(Use.QR, "s1", SCREEN_ID, now_s=NOW_S)
    forged = true[:at] + ("A" if true[at] != "A" else "B") + true[at + 1 :]
    for wrong in (text, forged[:at], true + "AAAA") + ((forged,) if at < 42 else ()):
        with pytest.raises(Unauthenticated, match="qr_invalid"):
            PASSES.read(Use.QR, "s1", wrong, now_s=NOW_S)


def test_a_rotated_key_still_reads_what_the_old_one_wrote() -> None:
    text = OLD.issue(Use.QR, "s1", SCREEN_ID, now_s=NOW_S)
    assert PASSES.read(Use.QR, "s1", text, now_s=NOW_S) == SCREEN_ID
    with pytest.raises(Unauthenticated, match="qr_invalid"):
        OLD.read(Use.QR, "s1", PASSES.issue(Use.QR, "s1", SCREEN_ID, now_s=NOW_S), now_s=NOW_S)


def test_the_picture_has_its_margin_and_its_three_corners() -> None:
    drawn = picture("https://lectern.example/room/" + "a" * 32 + "#q=" + "b" * 43)
    assert drawn.size <= 45 + 2 * QUIET_MODULES
    runs = [tuple(map(int, run)) for run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", drawn.path)]
    dark = {(x + step, y) for x, y, length in runs for step in range(length)}
    first, last = QUIET_MODULES, drawn.size - QUIET_MODULES - 7
    ring = {(x, y) for x in range(7) for y in range(7) if 0 in (x, y) or 6 in (x, y)}
    for left, top in ((first, first), (last, first), (first, last)):
        assert {(left + x, top + y) for x, y in ring} <= dark
    edge = range(QUIET_MODULES)
    assert not any(x in edge or y in edge for x, y in dark)


async def test_people_before_a_screen_are_counted_as_persons(house: Installation) -> None:
    session = await house.plan(guests=True)
    token, tv = await screen(house, session)
    pass_ = await scanned(house, session, token)
    learner = await come(house, session, pass_, by="learner")
    guest = await come(house, session, pass_, name="Gu")
    assert learner.data["role"] == "learner"
    for entered in (learner, guest):
        await enters(house, entered.data["token"], "phone")
    await enters(house, learner.data["token"], "phone")  # a reconnect is nobody new
    site = (await house.services.engine.current(session.id)).state.of(SCREEN).screens[tv]
    assert len(site.seated) == 2
    table = await house.ask("GET", path(session, "attendance"), by="admin")
    rows = {row["name"]: row for row in table.data["rows"]}
    assert set(rows) == {"Learner", "Colleague", "Gu"}  # the player itself has no row
    assert [rows[name]["screens"] for name in ("Learner", "Colleague", "Gu")] == [
        ["Store 12"],
        [],
        ["Store 12"],
    ]
    assert rows["Gu"]["source"] == "screen"
    assert table.data["screens"] == [{"participant": tv, "name": "Store 12", "scanned": 2, "extra": 0}]
    timeline = await house.ask("GET", path(session, "timeline"), by="admin")
    sources = [e["payload"]["source"] for e in timeline.data["items"] if e["type"] == "connection_opened"]
    assert sources == ["spoofed", "screen", "screen", "screen"]  # the TV's own is what its link says


async def test_who_moves_to_another_screen_sits_there(house: Installation) -> None:
    session = await house.plan()
    first, second = await screen(house, session, "A"), await screen(house, session, "B")
    for token, _ in (first, second, first):
        entered = await come(house, session, await scanned(house, session, token), by="learner")
        await enters(house, entered.data["token"], "phone")
    sites = (await house.services.engine.current(session.id)).state.of(SCREEN).screens
    assert [len(sites[tv].seated) for _, tv in (first, second)] == [1, 0]


async def test_a_guest_who_scans_again_is_still_one_person(house: Installation) -> None:
    session = await house.plan(guests=True)
    first, second = await screen(house, session, "A"), await screen(house, session, "B")
    entered = await come(house, session, await scanned(house, session, first[0]), name="Gu")
    guest = await enters(house, entered.data["token"], "phone")
    again = await house.ask(
        "POST",
        path(session, "enter"),
        token=entered.data["token"],
        json={"screen_pass": await scanned(house, session, second[0])},
    )
    assert again.data["name"] == "Gu"
    assert await enters(house, again.data["token"], "phone") == guest
    sites = (await house.services.engine.current(session.id)).state.of(SCREEN).screens
    assert [site.seated for site in sites.values()] == [set(), {guest}]


async def test_number_and_name_stand_in_for_signing_in_where_the_host_says_so(house: Installation) -> None:
    session = await house.plan()
    token, _ = await screen(house, session)
    pass_ = await scanned(house, session, token)
    himself = {"external_id": "L1", "name": " learner "}
    assert (await come(house, session, pass_, **himself)).code == "sign_in_required"
    await house.ask("POST", path(session, "screen-code"), by="presenter", json={"by_roster": True})
    entered = await come(house, session, pass_, **himself)
    grant = house.services.tokens.read(entered.data["token"], now_s=utc_ms() // 1000).grant
    assert (grant.person_id, grant.role, entered.data["name"]) == (
        house.people["learner"],
        "learner",
        "Learner",
    )
    for wrong in ({"external_id": "L1", "name": "Colleague"}, {"external_id": "L3", "name": "Stranger"},
                  {"external_id": "X9", "name": "Learner"}):  # fmt: skip
        assert (await come(house, session, pass_, **wrong)).code == "not_on_list"
    unproved = await house.ask("POST", path(session, "enter"), json=himself)
    assert unproved.code == "sign_in_required"
    assert (await come(house, session, pass_, name="Guest")).code == "sign_in_required"


async def test_codes_that_are_over_or_foreign_say_what_to_do(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, other = await house.plan(guests=True), await house.plan(guests=True)
    token, tv = await screen(house, session)
    qr = await qr_of(house, session, token)
    foreign = await house.ask("POST", path(other, "scans"), json={"qr": qr})
    assert (foreign.status, foreign.code) == (401, "qr_invalid")
    assert (await come(house, session, qr, name="Gu")).code == "qr_invalid"  # a code is no pass
    assert (await house.ask("GET", "/api/v1/me", token=qr)).code == "token_invalid"
    monkeypatch.setattr(house.services.screens, "_clock", lambda: utc_ms() + QR_TTL_S * 1_000)
    late = await house.ask("POST", path(session, "scans"), json={"qr": qr})
    assert (late.status, late.code) == (401, "qr_expired")
    assert "again" in late.data["error"]["message"]
    monkeypatch.undo()
    pass_ = await scanned(house, session, token)
    async with house.services.engine.change(session.id) as change:
        change.append(NewEvent(payload=ParticipantRemoved(participant=tv), actor=tv))
    assert (await house.ask("POST", path(session, "scans"), json={"qr": qr})).code == "screen_gone"
    assert (await come(house, session, pass_, name="Gu")).code == "screen_gone"
    assert (await house.ask("GET", path(session, "screen-qr"), token=token)).code == "removed"


async def test_a_phone_before_a_screen_gets_no_media(house: Installation) -> None:
    session = await house.plan()
    token, _ = await screen(house, session)
    entered = await come(house, session, await scanned(house, session, token), by="learner")
    await enters(house, entered.data["token"], "phone")
    with pytest.raises(Exception, match="media_on_screen"):
        await house.services.signal_namespace.on_connect("sid", {}, {"token": entered.data["token"]})
    await house.services.sessions.start(session.id)
    for method, door in (("POST", f"/whep/{session.id}"), ("GET", path(session, "broadcast"))):
        refused = await house.ask(method, door, token=entered.data["token"])
        assert (refused.status, refused.code) == (403, "media_on_screen")


async def test_short_codes(house: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await house.plan()
    none = await house.ask("GET", path(session, "screen-code"), by="host")
    assert none.data["code"] is None
    made = await house.ask("POST", path(session, "screen-code"), by="host", json={})
    code = made.data["code"]
    assert re.fullmatch(r"[0-9]{8}", code)
    assert made.data["url"].endswith(f"/screen#c={code}")
    spaced = {"code": f" {code[:4]} {code[4:]} ", "name": "TV"}
    assert (await house.ask("POST", "/api/v1/screens", json=spaced)).status == 201
    assert (await house.ask("POST", "/api/v1/screens", json=spaced | {"name": " "})).code == "name_missing"
    again = await house.ask("POST", path(session, "screen-code"), by="host", json={})
    assert again.data["code"] != code
    assert (await house.ask("POST", "/api/v1/screens", json=spaced)).code == "screen_code_unknown"
    assert (await house.ask("DELETE", path(session, "screen-code"), by="host")).status == 204
    gone = {"code": again.data["code"], "name": "TV"}
    assert (await house.ask("POST", "/api/v1/screens", json=gone)).code == "screen_code_unknown"
    for who, status in (("learner", 403), ("other_presenter", 403), (None, 401)):
        assert (await house.ask("POST", path(session, "screen-code"), by=who, json={})).status == status
    statuses = [(await house.ask("POST", "/api/v1/screens", json=gone)).status for _ in range(20)]
    assert statuses[-1] == 429


async def test_only_a_screen_shows_a_code(house: Installation) -> None:
    session = await house.plan()
    presenter = house.token(session, SessionRole.PRESENTER, person="presenter")
    assert (await house.ask("GET", path(session, "screen-qr"), token=presenter)).code == "not_allowed"
    assert (await house.ask("GET", path(session, "screen-qr"), by="presenter")).code == "not_allowed"
    waiting = house.token(session, SessionRole.SCREEN, guest="TV")
    assert (await house.ask("GET", path(session, "screen-qr"), token=waiting)).code == "not_joined"
