"""Who is here: coming, going, silence after a crash, consent, and being sent out."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

import pytest

from accounts.store import AccountStore
from lectern.app.consent import VERSION as CONSENT
from lectern.app.tables import metadata
from lectern.app.wiring import registry
from lectern.db.engine import Database
from lectern.db.migrate import upgrade
from lectern.kernel.access import SessionGrant
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Forbidden, Gone, NotFound
from lectern.kernel.roles import SessionRole
from lectern.timeline.bus import LocalBus
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import NewEvent, ParticipantRemoved
from lectern.timeline.idea import Audience, Viewer
from sessions.people import PersonFacts
from sessions.presence.admission import SILENT_AFTER_MS, Arrival, Entered, Presence
from sessions.presence.idea import PRESENCE
from sessions.service import Sessions
from sessions.store import Counts, LessonFollower


class NoPeople:
    """`sessions.people.People` of an organisation in which nobody needs to be known: all administer it."""

    async def by_id(self, ids: Collection[str]) -> dict[str, PersonFacts]:
        """See `People`."""
        return {
            id_: PersonFacts(id_, "", "", None, None, may_present=True, may_host=True, administers=True)
            for id_ in ids
        }

    async def by_external_id(self, org_id: str, external_ids: Collection[str]) -> dict[str, PersonFacts]:
        """See `People`."""
        del org_id, external_ids
        return {}


@dataclass(slots=True)
class Door:
    """A session's door with a clock that the test turns."""

    session_id: str
    sessions: Sessions
    presence: Presence
    engine: TimelineEngine
    now: int = 1_795_000_000_000

    async def enter(
        self, subject: str, *, role: SessionRole = SessionRole.LEARNER, consent: str | None = CONSENT
    ) -> Entered:
        """Let somebody in; subjects that begin with `guest` are guests."""
        is_guest = subject.startswith("guest")
        grant = SessionGrant(
            self.session_id,
            role,
            None if is_guest else subject,
            guest_id=subject if is_guest else None,
            guest_name="Guest" if is_guest else None,
        )
        return await self.presence.enter(
            "org", grant, f"Name of {subject}", Arrival("pc", None, None, consent)
        )

    async def events(self) -> list[tuple[str, str | None]]:
        """Return type and reason of every event of presence."""
        async with self.engine.database.read() as tx:
            stored = await self.engine.store.read(tx, self.session_id, 0)
        return [(e.type, e.raw.get("reason")) for e in stored if e.type != "session_planned"]

    async def online(self, participant_id: str) -> bool:
        """Tell what the class sees."""
        viewer = Viewer("anybody", Audience.LEARNER)
        view = await self.engine.view(self.session_id, viewer, None)
        assert view.entities is not None
        return bool(view.entities[f"participant/{participant_id}"]["online"])

    async def counts(self) -> Counts:
        """Return the numbers of the session's list entry."""
        async with self.engine.database.read() as tx:
            return (await self.sessions.store.counts(tx, [self.session_id]))[self.session_id]


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    database = Database(database_url)
    await upgrade(database, metadata)
    clock_of: list[Door] = []

    def clock() -> UtcMs:
        return UtcMs(clock_of[0].now if clock_of else 1_795_000_000_000)

    engine = TimelineEngine(database, registry(), LocalBus(), followers=(LessonFollower(),), clock=clock)
    sessions = Sessions(database, engine, NoPeople(), clock, audit=AccountStore().audit)
    session = await sessions.create(
        org_id="org",
        title="T",
        starts_utc_ms=None,
        zone="UTC",
        presenter_person_id=None,
        host_person_id=None,
        guests_allowed=True,
    )
    made = Door(session.id, sessions, Presence(engine, CONSENT, NoPeople()), engine)
    clock_of.append(made)
    yield made
    await database.close()


async def test_coming_and_going(door: Door) -> None:
    entered = await door.enter("p1")
    assert await door.online(entered.participant_id)
    assert await door.counts() == Counts(expected=0, attended=0, online=1)
    await door.presence.left(door.session_id, entered.connection_id)
    await door.presence.left(door.session_id, entered.connection_id)  # twice is once
    assert not await door.online(entered.participant_id)
    assert await door.counts() == Counts(expected=0, attended=0, online=0)
    assert await door.events() == [
        ("participant_joined", None),
        ("connection_opened", None),
        ("connection_closed", "left"),
    ]


async def test_who_is_there_while_it_is_live_has_come_and_who_only_asked_before_has_not(door: Door) -> None:
    asked = await door.enter("p1")
    await door.presence.left(door.session_id, asked.connection_id)
    await door.enter("p2")
    await door.sessions.start(door.session_id)
    assert (await door.counts()).attended == 1
    await door.enter("p3")
    assert (await door.counts()).attended == 2
    await door.enter("p1")
    assert (await door.counts()).attended == 3


async def test_a_roster_counts_its_own_people_alone(door: Door) -> None:
    await door.sessions.expect(await door.sessions.get(door.session_id), ["p1", "p2"])
    await door.sessions.start(door.session_id)
    await door.enter("p1")
    await door.enter("p3")  # a colleague whom nobody expected
    assert await door.counts() == Counts(expected=2, attended=1, online=2)


async def test_those_who_are_online_are_learners_and_neither_screens_nor_staff(door: Door) -> None:
    await door.enter("p1", role=SessionRole.PRESENTER)
    await door.enter("guest1", role=SessionRole.HOST)
    await door.enter("guest-tv", role=SessionRole.SCREEN)
    assert (await door.counts()).online == 0
    await door.enter("guest2")
    await door.enter("p2")
    assert (await door.counts()).online == 2


async def test_two_tabs_are_one_participant(door: Door) -> None:
    first, second = await door.enter("p1"), await door.enter("p1")
    assert first.participant_id == second.participant_id
    assert await door.counts() == Counts(expected=0, attended=0, online=1)
    await door.presence.left(door.session_id, first.connection_id)
    assert await door.online(first.participant_id)
    await door.presence.left(door.session_id, second.connection_id)
    assert not await door.online(first.participant_id)


async def test_guests_of_one_name_are_two_and_each_stays_the_same(door: Door) -> None:
    a, b = await door.enter("guest-a"), await door.enter("guest-b")
    assert a.participant_id != b.participant_id
    assert (await door.enter("guest-a")).participant_id == a.participant_id


async def test_after_a_crash_a_connection_closes_when_it_was_last_seen(door: Door) -> None:
    entered, alive = await door.enter("p1"), await door.enter("p2")
    door.now += 5_000
    await door.presence.seen([entered.connection_id, alive.connection_id])
    last_seen = door.now
    door.now += SILENT_AFTER_MS
    assert await door.presence.sweep() == 0  # silence is not long enough yet
    await door.presence.seen([alive.connection_id])
    door.now += 60_000
    await door.presence.seen([alive.connection_id])
    assert await door.presence.sweep() == 1
    assert not await door.online(entered.participant_id)
    assert await door.online(alive.participant_id)
    async with door.engine.database.read() as tx:
        closed = (await door.engine.store.read(tx, door.session_id, 0))[-1]
    assert closed.raw["at_utc_ms"] == last_seen
    assert closed.raw["reason"] == "silent"
    assert closed.utc_ms == door.now
    await door.presence.left(door.session_id, entered.connection_id)  # its process wakes up: nothing new
    assert (await door.events())[-1] == ("connection_closed", "silent")


@pytest.mark.parametrize("consent", [None, "", "2020-01"])
async def test_nobody_comes_in_without_consent_to_the_text_in_force(door: Door, consent: str | None) -> None:
    with pytest.raises(Forbidden) as refused:
        await door.enter("p1", consent=consent)
    assert (refused.value.code, refused.value.details["version"]) == ("consent_required", CONSENT)
    assert await door.events() == []


async def test_consent_is_kept_and_a_new_text_asks_again(door: Door) -> None:
    await door.enter("p1")
    await door.enter("p1", consent=None)  # accepted before
    renewed = Presence(door.engine, "2027-01", NoPeople())
    door.presence = renewed
    with pytest.raises(Forbidden):
        await door.enter("p1", consent=None)
    await door.enter("p1", consent="2027-01")
    await door.enter("p1", consent=None)
    assert [type_ for type_, _ in await door.events()].count("participant_joined") == 2


async def test_somebody_sent_out_stays_out(door: Door) -> None:
    entered = await door.enter("guest-a")
    async with door.engine.change(door.session_id) as change:
        change.append(NewEvent(payload=ParticipantRemoved(participant=entered.participant_id)))
    with pytest.raises(Forbidden) as refused:
        await door.enter("guest-a")
    assert refused.value.code == "removed"
    assert (await door.enter("guest-b")).participant_id != entered.participant_id


async def test_when_it_is_over_only_those_who_were_there_come_in(door: Door) -> None:
    entered = await door.enter("p1")
    await door.sessions.start(door.session_id)
    await door.sessions.end(door.session_id)
    assert (await door.enter("p1")).participant_id == entered.participant_id
    with pytest.raises(Gone) as refused:
        await door.enter("p2")
    assert refused.value.code == "session_over"
    assert (await door.enter("p3", role=SessionRole.HOST)).participant_id, "staff come for what is left to do"


async def test_a_session_that_is_not_there(door: Door) -> None:
    door.session_id = "nothing"
    with pytest.raises(NotFound):
        await door.enter("p1")


async def test_a_change_of_role_is_told_to_the_class(door: Door) -> None:
    entered = await door.enter("p1")
    assert (await door.enter("p1", role=SessionRole.HOST)).participant_id == entered.participant_id
    view = await door.engine.view(door.session_id, Viewer("x", Audience.STAFF), None)
    assert view.entities is not None
    assert view.entities[f"participant/{entered.participant_id}"]["role"] == "host"
    assert (await door.counts()).attended == 0  # staff do not attend their own lesson


async def test_an_unknown_device_and_long_campaigns_do_no_harm(door: Door) -> None:
    grant = SessionGrant(door.session_id, SessionRole.LEARNER, "p1")
    await door.presence.enter("org", grant, "N", Arrival("fridge", "s" * 500, "c" * 500, CONSENT))
    async with door.engine.database.read() as tx:
        opened = (await door.engine.store.read(tx, door.session_id, 0))[-1].raw
    assert (opened["device"], len(opened["source"]), len(opened["campaign"])) == ("pc", 64, 64)


async def test_a_class_that_comes_at_once_is_let_in_together_and_each_for_themselves(door: Door) -> None:
    """Whoever may not come in keeps nobody else out, and two tabs of one person are one participant."""
    commits = door.engine.counts.commits
    subjects = [f"l{number % 30}" for number in range(60)]
    outcomes = await asyncio.gather(
        *(door.enter(subject, consent=None if subject == "l7" else CONSENT) for subject in subjects),
        return_exceptions=True,
    )
    assert door.engine.counts.commits - commits <= 3
    participants: dict[str, set[str]] = {}
    for subject, outcome in zip(subjects, outcomes, strict=True):
        if subject == "l7":
            assert isinstance(outcome, Forbidden)
        else:
            assert isinstance(outcome, Entered)
            participants.setdefault(subject, set()).add(outcome.participant_id)
    assert all(len(ids) == 1 for ids in participants.values())
    state = (await door.engine.current(door.session_id)).state.of(PRESENCE).participants
    assert {len(state[ids.pop()].connections) for ids in participants.values()} == {2}


async def test_who_comes_back_before_it_was_noticed_is_no_news(door: Door) -> None:
    first = await door.enter("l1")
    seq = (await door.engine.current(door.session_id)).state.seq
    await door.enter("l1")
    view = await door.engine.view(door.session_id, Viewer("x", Audience.LEARNER), seq)
    assert (view.seq, view.events) == (seq + 1, [])
    await door.presence.left(door.session_id, first.connection_id)
    view = await door.engine.view(door.session_id, Viewer("x", Audience.LEARNER), seq)
    assert (view.seq, view.events) == (seq + 2, [])
