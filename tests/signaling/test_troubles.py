"""Troubles of all connections of somebody are one list, told seldom enough; they end with whoever leaves."""

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.attendance.happening import Happening
from analytics.incidents import incidents
from lectern.app.situation import situation_of
from lectern.kernel.access import SessionGrant
from lectern.kernel.clock import UtcMs
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, ParticipantRemoved
from sessions.presence.admission import Arrival
from sessions.store import Session
from signaling.health.idea import HEALTH
from signaling.health.troubles import MEDIA_LOST, TELL_EVERY_S, Troubles, Who
from signaling.plane import keeping
from signaling.plane.peer import SlotsView
from signaling.plane.scribe import Scribe
from tests.installation import Installation
from tests.signaling.live_media import with_media
from tests.signaling.test_whip_parts import OFFERS

WATCHES = OFFERS["obs"].replace("sendonly", "recvonly")
ANN, BEN = Who("s", "ann"), Who("s", "ben")
CODES = ("receiving_lossy", "slow_answers", "receiving_paused")


def test_two_connections_of_one_person_do_not_overwrite_each_other() -> None:
    troubles = Troubles()
    troubles.connected(ANN, "pc", 0)
    troubles.connected(ANN, "phone", 0)
    assert troubles.take_due(0) == [(ANN, ())]
    troubles.suffers(ANN, "pc", ("slow_answers",), 10)
    assert troubles.take_due(10) == [(ANN, ("slow_answers",))]
    troubles.suffers(ANN, "phone", ("receiving_lossy",), 20)
    assert troubles.take_due(20) == [(ANN, ("slow_answers", "receiving_lossy"))]
    troubles.suffers(ANN, "phone", (), 30)
    assert troubles.take_due(30) == [(ANN, ("slow_answers",))]
    troubles.ended(ANN, "pc", 40)
    assert troubles.take_due(40) == [(ANN, ())]


def test_media_are_lost_with_the_last_connection_alone() -> None:
    troubles = Troubles()
    for transport in ("pc", "phone"):
        troubles.connected(ANN, transport, 0)
    troubles.take_due(0)
    troubles.ended(ANN, "pc", 10, is_lost=True)  # given up late: the phone took its place
    assert troubles.take_due(10) == []
    troubles.ended(ANN, "phone", 20, is_lost=True)
    assert troubles.take_due(20) == [(ANN, (MEDIA_LOST,))]
    troubles.connected(ANN, "pc again", 30)
    assert troubles.take_due(30) == [(ANN, ())]


def test_sixty_four_connections_are_told_once_in_two_seconds() -> None:
    troubles = Troubles()
    told: list[float] = []
    now = 0.0
    while now < 20:
        for n in range(64):
            troubles.suffers(ANN, f"t{n}", (CODES[int(now * 8) % 3],), now)
        deadline = troubles.next_deadline()
        assert deadline is not None
        if deadline <= now:
            told += [now for _ in troubles.take_due(now)]
        now += 0.125
    assert len(told) <= 20 / TELL_EVERY_S + 1
    assert all(later - earlier >= TELL_EVERY_S for earlier, later in itertools.pairwise(told))


def test_what_could_not_be_written_is_due_again_and_who_left_is_forgotten() -> None:
    troubles = Troubles()
    troubles.ended(ANN, "t", 0, is_lost=True)
    troubles.ended(BEN, "u", 0, is_lost=True)
    assert troubles.take_due(0) == [(ANN, (MEDIA_LOST,)), (BEN, (MEDIA_LOST,))]
    troubles.failed(ANN, 0.5)
    assert troubles.next_deadline() == TELL_EVERY_S
    assert troubles.take_due(TELL_EVERY_S) == [(ANN, (MEDIA_LOST,))]
    troubles.failed(ANN, 3)
    troubles.forget_session("s")
    troubles.failed(BEN, 3)
    assert troubles.next_deadline() is None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["connected", "suffers", "ended", "lost"]),
        st.integers(0, 2),
        st.sets(st.sampled_from(CODES)).map(tuple),
        st.sampled_from([0.0, 0.3, 1.1, 5.0]),
    ),
    max_size=40,
)


@given(STEPS)
def test_what_was_told_last_is_true_and_is_told_in_time(
    steps: list[tuple[str, int, tuple[str, ...], float]],
) -> None:
    troubles, told, now = Troubles(), set[str](), 0.0
    standing: dict[int, tuple[str, ...]] = {}
    is_lost = False
    told_at: list[float] = []

    def tell() -> None:
        nonlocal told
        for who, codes in troubles.take_due(now):
            assert who == ANN
            told = set(codes)
            told_at.append(now)

    for what, transport, codes, wait in steps:
        before = now
        if what == "connected":
            troubles.connected(ANN, str(transport), now)
            standing[transport], is_lost = (), False
        elif what == "suffers":
            troubles.suffers(ANN, str(transport), codes, now)
            standing[transport] = codes
        else:
            troubles.ended(ANN, str(transport), now, is_lost=what == "lost")
            standing.pop(transport, None)
            is_lost = (is_lost or what == "lost") and not standing
        tell()
        while (deadline := troubles.next_deadline()) is not None and deadline <= before + wait:
            now = max(now, deadline)
            tell()
        now = before + wait
    now += TELL_EVERY_S
    tell()
    wanted = {code for codes in standing.values() for code in codes} | ({MEDIA_LOST} if is_lost else set())
    assert told == wanted
    assert all(b - a >= TELL_EVERY_S - 1e-9 for a, b in itertools.pairwise(told_at))


# ── with a real server ──


async def standing(house: Installation, session: Session) -> dict[str, list[str]]:
    """By participant what stands on the timeline."""
    ward = (await house.services.engine.current(session.id)).state.of(HEALTH)
    return {who: list(codes) for who, codes in ward.since_ms.items()}


async def until_it_stands(house: Installation, session: Session, what: dict[str, list[str]]) -> None:
    """Wait for the timeline to say just this."""
    async with asyncio.timeout(15):
        while await standing(house, session) != what:
            await asyncio.sleep(0.02)


async def test_nobody_suffers_from_a_connection_that_they_closed(house: Installation) -> None:
    session = await house.plan(guests=True)
    await house.services.sessions.start(session.id)
    plane = house.services.plane

    async def on_slots(_slots: SlotsView) -> None:
        return

    async def on_gone(_reason: str) -> None:
        return

    async with with_media(house):
        peer, _ = await plane.offer(
            session.id, "p_1", WATCHES, None, may_send=frozenset(), on_slots=on_slots, on_gone=on_gone
        )
        scribe = Scribe(house.services.engine, situation_of)
        await scribe.troubled(session.id, "p_1", ("receiving_lossy", "slow_answers"))
        assert await standing(house, session) == {"p_1": ["receiving_lossy", "slow_answers"]}
        await plane.close(peer.transport)
        await until_it_stands(house, session, {})


async def test_who_left_for_good_or_was_sent_out_is_nobodys_trouble(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LEFT_AFTER_MS", 1_000)
    session = await house.plan(guests=True)
    await house.services.sessions.start(session.id)
    engine, presence = house.services.engine, house.services.presence
    arrival = Arrival("pc", None, None, presence.consent_version)
    ids: dict[str, str] = {}
    async with with_media(house):
        scribe = Scribe(engine, situation_of)
        for name in ("left", "removed", "here"):
            grant = SessionGrant(session.id, SessionRole.LEARNER, None, guest_id=name, guest_name=name)
            entered = await presence.enter(house.org.id, grant, name, arrival)
            ids[name] = entered.participant_id
            if name == "left":
                await presence.left(session.id, entered.connection_id)
            await scribe.troubled(session.id, ids[name], (MEDIA_LOST,))
        async with engine.change(session.id) as change:
            change.append(NewEvent(payload=ParticipantRemoved(participant=ids["removed"])))
        await until_it_stands(house, session, {ids["here"]: [MEDIA_LOST]})
    async with house.services.database.read() as tx:
        events = await engine.store.read(tx, session.id, after=0)
    happenings = [
        Happening(e.type, UtcMs(e.utc_ms), e.actor, e.raw) for e in events if e.type == "connection_troubled"
    ]
    record = {incident.participant: incident for incident in incidents(happenings)}
    left = record[ids["left"]]
    assert (left.ended, left.until_utc_ms) == ("left", left.from_utc_ms), "nobody saw them in trouble"
    assert record[ids["removed"]].ended == "removed"
    assert record[ids["here"]].until_utc_ms is None
