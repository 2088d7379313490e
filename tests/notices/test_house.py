"""Notices in a whole installation: what happens to lessons, who is told, what pages and links do."""

from typing import Any

import icalendar
import pytest
from sqlalchemy import insert, update

from accounts.tables import persons
from catalogue.media import Microcourse
from catalogue.states import MicrocourseState
from catalogue.store import CatalogueStore
from catalogue.window import Window
from catalogue.window_store import WindowStore
from interactions.checkin.commands import MAKE_UP_HOURS
from interactions.feedback.commands import FEEDBACK_DAYS, Terms
from interactions.feedback.tables import texts
from lectern.app.consent import VERSION
from lectern.app.notice_facts import LessonsForNotices
from lectern.app.work_news import TrailWithNews
from lectern.db.engine import Database
from lectern.kernel.access import Principal
from lectern.kernel.clock import utc_ms
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, SessionStarted
from lectern.timeline.idea import Actor
from notices.calendar import Party
from notices.call_book import read
from notices.caller import Caller
from notices.kinds import Channel, Kind, facts_of
from notices.mail import Envelope, Sender, compose
from notices.notice import notice_id
from notices.outbox import Outbox
from notices.rules import Rules
from notices.states import State
from notices.store import NoticeStore
from notices.tables import notices
from notices.words import Language, letter
from sessions.presence.coming import Arrival
from sessions.store import Session, SessionStore
from tests.analytics.watched import has_watched
from tests.installation import Installation
from tests.notices.given import DAY, HOUR, LESSON, ORG, T0, Watch

STORE = NoticeStore()
MINUTE = 60_000


def caller_of(house: Installation, watch: Watch, *, mail: bool = True) -> Caller:
    """The loop of a server process with a mail server, in the tests' time."""
    services = house.services
    outbox = Outbox(mail=mail, clock=watch)
    return Caller(services.database, outbox, _lessons(house, watch), Rules(), clock=watch)


def _lessons(house: Installation, watch: Watch) -> LessonsForNotices:
    services = house.services
    return LessonsForNotices(
        services.sessions, services.engine, 60, Terms(), watch, audiences=services.catalogue.audiences
    )


async def plan(house: Installation, watch: Watch, **how: Any) -> Session:
    """Plan a lesson in three days, and invite its people."""
    session = await house.plan(**how)
    moved = await house.services.sessions.replan(
        session, title=None, starts_utc_ms=watch.now + 3 * DAY, zone=None, guests_allowed=None,
        host_person_id=None, by="tests",
    )  # fmt: skip
    await caller_of(house, watch).tell_due()
    return moved


async def told(house: Installation, channel: Channel = Channel.APP) -> list[tuple[str, str]]:
    """Return whom the outbox told what."""
    names = {id_: name for name, id_ in house.people.items()}
    async with house.services.database.read() as tx:
        found = await STORE.page(
            tx, house.org.id, state=None, kind=None, channel=channel, person_ids=None, address="",
            session_id=None, before=None, limit=200,
        )  # fmt: skip
    return sorted((names[one.person_id or ""], one.kind.value) for one in found)


async def come_in(house: Installation, session: Session, name: str, role: SessionRole) -> Actor:
    """Connect somebody to the class."""
    grant = house.grant(session, role, person=name)
    arrival = Arrival("pc", None, None, consent=VERSION)
    entered = await house.services.presence.enter(house.org.id, grant, name, arrival)
    return Actor(entered.participant_id, role, house.people[name])


@pytest.fixture
def watch() -> Watch:
    return Watch(utc_ms())


async def test_a_plan_invites_its_people_with_the_plan_that_holds(house: Installation, watch: Watch) -> None:
    session = await plan(house, watch)
    invited = [entry for entry in await told(house, Channel.MAIL) if entry[1] == Kind.INVITED]
    assert invited == [("colleague", "invited"), ("learner", "invited")]
    await house.services.sessions.expect(session, [house.people["stranger"]])
    await caller_of(house, watch).tell_due()
    invited = [entry for entry in await told(house, Channel.MAIL) if entry[1] == Kind.INVITED]
    assert invited == [("colleague", "invited"), ("learner", "invited"), ("stranger", "invited")]


async def test_a_published_replay_is_told_to_those_who_can_watch_it(
    house: Installation, watch: Watch
) -> None:
    """Once, whatever is decided to and fro; not to who published it; and taken back while it waits."""
    session = await plan(house, watch)
    path = f"/api/v1/sessions/{session.id}"
    assert (
        await house.ask("PUT", f"{path}/replay-rules", by="host", json={"by_decision": True})
    ).status == 200
    await house.services.sessions.start(session.id)
    await house.services.sessions.end(session.id)
    watch.now = utc_ms()

    async def decide(*, published: bool) -> None:
        body = {"published": published}
        answer = await house.ask("PUT", f"{path}/replay-publication", by="presenter", json=body)
        assert answer.status == 200

    async def shown(channel: Channel = Channel.APP) -> list[str]:
        return [who for who, kind in await told(house, channel) if kind == Kind.REPLAY_SHOWN]

    await decide(published=True)
    await decide(published=False)
    await caller_of(house, watch).tell_due()
    assert await shown() == []
    await decide(published=True)
    await caller_of(house, watch).tell_due()
    for channel in (Channel.APP, Channel.MAIL):
        assert await shown(channel) == ["colleague", "host", "learner"]
    page = (await house.ask("GET", "/api/v1/my/notices?language=en", by="learner")).data
    async with house.services.database.read() as tx:
        replay = await CatalogueStore().replay_of(tx, session.id)
    assert replay is not None
    told_learner = {(item["subject"], item["path"]) for item in page["items"]}
    assert ("Replay published: Product launch", f"/replay/{replay.id}") in told_learner
    assert not (await inbox(house, "learner"))[1]["replay_shown"]
    await decide(published=False)
    assert (await inbox(house, "learner"))[1]["replay_shown"], "it asks for nothing any more"
    async with house.services.database.read() as tx:
        waiting = await STORE.page(
            tx, house.org.id, state=State.WAITING, kind=Kind.REPLAY_SHOWN, channel=Channel.MAIL,
            person_ids=None, address="", session_id=session.id, before=None, limit=9,
        )  # fmt: skip
    assert waiting == []
    await decide(published=True)
    await caller_of(house, watch).tell_due()
    assert await shown() == ["colleague", "host", "learner"]
    assert (await inbox(house, "learner"))[1]["replay_shown"], "nobody is told of the same replay again"


async def test_learners_are_not_told_of_a_replay_that_they_cannot_watch(
    house: Installation, watch: Watch
) -> None:
    session = await plan(house, watch)
    await house.services.sessions.start(session.id)
    await house.services.sessions.end(session.id)
    lessons = _lessons(house, watch)
    watch.now = utc_ms()
    people = {name: house.people[name] for name in ("presenter", "host", "learner", "colleague")}
    assert await lessons.watchers(session.id) == sorted(people.values())
    async with house.services.database.write() as tx:
        replay = await CatalogueStore().replay_of(tx, session.id)
        assert replay is not None
        await WindowStore().set(tx, replay, Window(from_utc_ms=watch.now + DAY))
    assert await lessons.watchers(session.id) == sorted([people["presenter"], people["host"]])
    assert await lessons.watchers("no such session") == []
    async with house.services.engine.change(session.id) as change:
        change.append(NewEvent(payload=SessionStarted()))  # it goes on once more
    assert await lessons.watchers(session.id) == []


async def test_only_those_whom_the_replay_is_for_are_told_of_it(house: Installation, watch: Watch) -> None:
    """To everybody else it does not exist, in their messages neither. Who gave the lesson knows of it."""
    session = await plan(house, watch, roster=("learner", "colleague", "manager"))
    await house.services.sessions.start(session.id)
    await house.services.sessions.end(session.id)
    watch.now = utc_ms()
    lessons, ids = _lessons(house, watch), house.people
    staff = [ids["presenter"], ids["host"]]
    for targets, inside in (
        ([], ["learner", "colleague", "manager"]),
        ([{"kind": "person", "id": ids["learner"]}], ["learner"]),
        ([{"kind": "department", "id": house.departments["Sales"]}], ["learner", "manager"]),
        ([{"kind": "person", "id": ids["stranger"]}], []),
    ):
        async with house.services.database.read() as tx:
            replay = await CatalogueStore().replay_of(tx, session.id)
        assert replay is not None
        path = f"/api/v1/shelf/replay/{replay.id}"
        assert (await house.ask("PUT", path, by="admin", json={"targets": targets})).status == 200
        expected = sorted({*staff, *(ids[name] for name in inside)})
        assert await lessons.watchers(session.id) == expected, targets


async def test_what_waits_about_a_deleted_replay_is_not_sent_until_it_is_back(
    house: Installation, watch: Watch
) -> None:
    session = await plan(house, watch)
    path = f"/api/v1/sessions/{session.id}"
    await house.ask("PUT", f"{path}/replay-rules", by="host", json={"by_decision": True})
    await house.services.sessions.start(session.id)
    await house.services.sessions.end(session.id)
    watch.now = utc_ms()
    async with house.services.database.read() as tx:
        replay = await CatalogueStore().replay_of(tx, session.id)
    assert replay is not None

    async def publish() -> None:
        body = {"published": True}
        answer = await house.ask("PUT", f"{path}/replay-publication", by="presenter", json=body)
        assert answer.status == 200

    async def delete() -> None:
        uses = await house.ask("GET", f"/api/v1/replays/{replay.id}/uses", by="presenter")
        query = f"mark={uses.data['mark']}&microcourses=keep"
        deleted = await house.ask("DELETE", f"/api/v1/replays/{replay.id}?{query}", by="presenter")
        assert deleted.status == 200

    async def restore() -> None:
        answer = await house.ask("POST", f"/api/v1/bin/replay/{replay.id}/restore", by="presenter")
        assert answer.status == 200

    async def shown() -> list[tuple[str, str | None]]:
        """Who is told by mail that it was published, and what became of that."""
        names = {id_: name for name, id_ in house.people.items()}
        async with house.services.database.read() as tx:
            found = await STORE.page(
                tx, house.org.id, state=None, kind=Kind.REPLAY_SHOWN, channel=Channel.MAIL,
                person_ids=None, address="", session_id=session.id, before=None, limit=9,
            )  # fmt: skip
        return sorted((names[one.person_id or ""], one.problem) for one in found)

    # Deleted before anybody was told of it: nobody is, until it is back.
    await publish()
    await delete()
    await caller_of(house, watch).tell_due()
    assert await shown() == []
    await restore()
    await caller_of(house, watch).tell_due()
    people = ["colleague", "host", "learner"]
    assert await shown() == [(who, None) for who in people]
    # Deleted while their mail waits: it is not sent, and what stands in the app says so.
    await delete()
    assert await shown() == [(who, "deleted") for who in people]
    [gone] = [item for item in await messages(house, "learner") if item["kind"] == "replay_shown"]
    assert (gone["gone"], gone["done"]) == (True, True)
    await restore()
    await caller_of(house, watch).tell_due()
    assert await shown() == [(who, None) for who in people]
    [back] = [item for item in await messages(house, "learner") if item["kind"] == "replay_shown"]
    assert (back["gone"], back["done"], back["read"]) == (False, False, False)


async def test_whoever_was_asked_to_review_what_is_deleted_need_not(
    house: Installation, watch: Watch
) -> None:
    session = await plan(house, watch)
    await house.services.sessions.start(session.id)
    await house.services.sessions.end(session.id)
    store = CatalogueStore()
    async with house.services.database.write() as tx:
        replay = await store.replay_of(tx, session.id)
        assert replay is not None
        course = Microcourse(
            id="c1", org_id=house.org.id, replay_id=replay.id, session_id=session.id, title="Valves",
            start_ms=0, end_ms=60_000, state=MicrocourseState.READY, version=1, job_id=None,
            duration_ms=60_000, created_by=house.people["presenter"], created_utc_ms=1,
            published_utc_ms=None, made_by=house.people["presenter"],
        )  # fmt: skip
        await store.add_microcourse(tx, course)
    path = "/api/v1/microcourses/c1"

    async def asked(who: str) -> list[tuple[str, bool]]:
        found = await messages(house, who)
        return [(item["kind"], item["gone"]) for item in found if item["kind"].startswith("review")]

    assert (await house.ask("POST", f"{path}/ask-review", by="presenter", json={})).status == 200
    unread = (await inbox(house, "admin"))[0]
    assert await asked("admin") == [("review_asked", False)]
    assert (await house.ask("DELETE", path, by="presenter")).status == 204
    assert await asked("admin") == [("review_asked", True)]
    assert (await inbox(house, "admin"))[0] == unread - 1
    said = {"version": 1, "approve": True}
    assert (await house.ask("POST", f"{path}/review", by="manager", json=said)).status == 410
    restored = await house.ask("POST", "/api/v1/bin/microcourse/c1/restore", by="presenter")
    assert restored.status == 200
    assert await asked("admin") == [("review_asked", False)]
    assert (await inbox(house, "admin"))[0] == unread
    assert (await house.ask("POST", f"{path}/review", by="admin", json=said)).status == 200
    assert await asked("presenter") == [("reviewed", False)]
    await house.ask("DELETE", path, by="presenter")
    assert await asked("presenter") == [("reviewed", True)]
    assert await asked("admin") == [("review_asked", False)], "that was done before: it stays so"
    assert (await inbox(house, "admin"))[1]["review_asked"]


async def messages(house: Installation, who: str) -> list[dict[str, Any]]:
    """Return what somebody reads in the app, the newest first."""
    items: list[dict[str, Any]] = (await house.ask("GET", "/api/v1/my/notices?language=en", by=who)).data[
        "items"
    ]
    return items


async def test_nobody_is_reminded_of_a_form_that_is_closed(house: Installation, watch: Watch) -> None:
    session = await plan(house, watch)
    await house.services.sessions.start(session.id)
    await come_in(house, session, "learner", SessionRole.LEARNER)
    await house.services.sessions.end(session.id)
    lessons = _lessons(house, watch)
    learner, colleague = house.people["learner"], house.people["colleague"]
    watch.now = utc_ms()
    assert await lessons.undone(session.id) == {learner: ("feedback",), colleague: ("absent",)}
    watch.now += FEEDBACK_DAYS * DAY + MINUTE
    assert await lessons.undone(session.id) == {colleague: ("absent",)}
    assert await lessons.undone("no such session") == {}


async def test_nobody_is_reminded_of_what_can_no_longer_be_done(house: Installation, watch: Watch) -> None:
    """REM-03: until the deadline, and only those who have not finished."""
    session = await plan(house, watch)
    engine = house.services.engine
    host = await come_in(house, session, "host", SessionRole.HOST)
    await come_in(house, session, "learner", SessionRole.LEARNER)
    await house.services.sessions.start(session.id)
    opened = await engine.execute(session.id, host, "1", "checkin_open", {"seconds": 60})
    await engine.execute(session.id, host, "2", "checkin_close", {"id": opened.result["id"]})
    await house.services.sessions.end(session.id)
    lessons = LessonsForNotices(
        house.services.sessions, engine, 60, Terms(), watch, audiences=house.services.catalogue.audiences
    )
    learner, colleague = house.people["learner"], house.people["colleague"]
    watch.now = utc_ms()
    undone = {learner: ("checkin", "feedback"), colleague: ("absent", "checkin")}
    assert await lessons.undone(session.id) == undone
    # The absent one watches the replay: first a little, then to its end.
    began, ended = (await house.services.sessions.get(session.id)), watch.now
    length = max(1, (began.ended_utc_ms or ended) - (began.first_started_utc_ms or 0))
    for share, left in ((0.5, ("absent", "checkin")), (1.0, ("checkin",))):
        async with house.services.database.write() as tx:
            await has_watched(tx, session.id, colleague, round(length * share))
        assert (await lessons.undone(session.id))[colleague] == left
    watch.now += MAKE_UP_HOURS * HOUR + MINUTE  # the time to ask for a make-up is over
    assert await lessons.undone(session.id) == {learner: ("feedback",)}


async def test_who_is_named_host_is_told_with_an_entry_for_the_calendar(
    house: Installation, watch: Watch
) -> None:
    session = await plan(house, watch)
    assert ("host", "hosting") in await told(house, Channel.MAIL)
    assert all(who != "presenter" for who, _ in await told(house))
    change = {"host_person_id": house.people["other_presenter"]}
    path = f"/api/v1/sessions/{session.id}"
    assert (await house.ask("PATCH", path, by="presenter", json=change)).status == 200
    watch.now += HOUR
    for _ in range(2):
        await caller_of(house, watch).tell_due()
    hosting = [who for who, kind in await told(house) if kind == "hosting"]
    assert hosting == ["host", "other_presenter"]
    page = (await house.ask("GET", "/api/v1/my/notices?language=en", by="other_presenter")).data
    assert [(item["subject"], item["path"]) for item in page["items"]] == [
        ("You host: Product launch", f"/studio/{session.id}")
    ]
    # A presenter who is named host as well has nothing to learn.
    change = {"host_person_id": house.people["presenter"]}
    assert (await house.ask("PATCH", path, by="presenter", json=change)).status == 200
    await caller_of(house, watch).tell_due()
    assert all(who != "presenter" for who, _ in await told(house))


async def test_a_host_who_is_replaced_is_told_and_their_entry_is_cancelled(
    house: Installation, watch: Watch
) -> None:
    session = await plan(house, watch)
    path = f"/api/v1/sessions/{session.id}"
    await house.services.sessions.expect(session, [house.people["admin"]])
    for name in ("admin", "other_presenter"):
        change = {"host_person_id": house.people[name]}
        assert (await house.ask("PATCH", path, by="presenter", json=change)).status == 200
        watch.now += HOUR
        for _ in range(2):
            await caller_of(house, watch).tell_due()
    assert [who for who, kind in await told(house) if kind == "relieved"] == ["admin", "host"]

    async def entry(who: str, kind: Kind) -> tuple[str, icalendar.Event]:
        """What a mail's calendar part says: the method, and the lesson."""
        async with house.services.database.read() as tx:
            found = await STORE.page(
                tx, house.org.id, state=None, kind=kind, channel=Channel.MAIL, person_ids=[house.people[who]],
                address="x", session_id=session.id, before=None, limit=5,
            )  # fmt: skip
        (one,) = found
        facts = facts_of(one.kind, one.facts)
        envelope = Envelope(one.id, one.kind, Party(who, "a@example.com"), Language.EN, one.created_utc_ms)
        sender = Sender("Demo", "l@example.com", "https://lectern.example.com")
        mail = compose(sender, envelope, letter(one.kind, facts, Language.EN), facts, one.created_utc_ms)
        (part,) = [p for p in mail.walk() if p.get_content_type() == "text/calendar"]
        calendar = icalendar.Calendar.from_ical(part.get_content())
        assert isinstance(calendar, icalendar.Calendar)
        return str(calendar["METHOD"]), calendar.events[0]

    invited, before = await entry("host", Kind.HOSTING)
    method, after = await entry("host", Kind.RELIEVED)
    assert (invited, method, after["STATUS"]) == ("REQUEST", "CANCEL", "CANCELLED")
    assert before["UID"] == after["UID"] == f"{session.id}@lectern"
    assert int(str(before["SEQUENCE"])) < int(str(after["SEQUENCE"]))
    stays, _ = await entry("admin", Kind.RELIEVED)
    assert stays == "REQUEST"
    page = (await house.ask("GET", "/api/v1/my/notices?language=en", by="host")).data
    assert page["items"][0]["subject"] == "You no longer host: Product launch"


async def test_who_is_named_host_of_a_changed_plan_is_told_once(house: Installation, watch: Watch) -> None:
    session = await plan(house, watch)
    change = {"host_person_id": house.people["other_presenter"], "starts_utc_ms": watch.now + 5 * DAY}
    assert (
        await house.ask("PATCH", f"/api/v1/sessions/{session.id}", by="presenter", json=change)
    ).status == 200
    watch.now += HOUR
    await caller_of(house, watch).tell_due()
    assert [kind for who, kind in await told(house, Channel.MAIL) if who == "other_presenter"] == ["hosting"]
    assert ("learner", "moved") in await told(house, Channel.MAIL)


async def test_reminders_go_to_those_who_are_not_there(house: Installation, watch: Watch) -> None:
    session = await plan(house, watch)
    start = session.starts_utc_ms
    before = await told(house)
    watch.now = start - DAY
    await caller_of(house, watch).tell_due()
    new = [entry for entry in await told(house) if entry not in before]
    assert new == [("colleague", "coming"), ("learner", "coming")]
    await come_in(house, session, "learner", SessionRole.LEARNER)
    watch.now = start - 15 * MINUTE
    for _ in range(2):  # a second server process, or the same one again
        await caller_of(house, watch).tell_due()
    assert [entry for entry in await told(house) if entry[1] == "starting"] == [("colleague", "starting")]


async def inbox(house: Installation, who: str) -> tuple[int, dict[str, bool]]:
    """Return how many messages are unread, and of the newest of each kind whether it is done."""
    page = (await house.ask("GET", "/api/v1/my/notices?language=en", by=who)).data
    return page["unread"], {item["kind"]: item["done"] for item in reversed(page["items"])}


async def test_whoever_comes_in_is_reminded_no_longer(house: Installation, watch: Watch) -> None:
    session = await plan(house, watch)
    await house.ask("POST", "/api/v1/my/notices/read", by="learner", json={"ids": None})
    watch.now = session.starts_utc_ms - DAY
    await caller_of(house, watch).tell_due()
    assert await inbox(house, "learner") == (1, {"invited": False, "coming": False})
    watch.now = session.starts_utc_ms - 15 * MINUTE
    await caller_of(house, watch).tell_due()
    assert await inbox(house, "learner") == (1, {"invited": False, "coming": True, "starting": False})
    await come_in(house, session, "learner", SessionRole.LEARNER)
    assert await inbox(house, "learner") == (0, {"invited": False, "coming": True, "starting": True})
    assert (await inbox(house, "colleague"))[1]["starting"] is False
    # Who was there before, for a question, comes in anew: the same.
    await come_in(house, session, "colleague", SessionRole.LEARNER)
    async with house.services.database.write() as tx:
        await tx.execute(update(notices).values(settled_utc_ms=None))
    await come_in(house, session, "colleague", SessionRole.LEARNER)
    assert (await inbox(house, "colleague"))[1]["starting"] is True


async def test_what_is_left_to_do_ends_when_it_is_done(house: Installation, watch: Watch) -> None:
    session = await plan(house, watch)
    await house.services.sessions.start(session.id)
    for name in ("learner", "colleague"):
        await come_in(house, session, name, SessionRole.LEARNER)
    await house.services.sessions.end(session.id)
    watch.now = utc_ms()
    await caller_of(house, watch).tell_due()
    assert await inbox(house, "learner") == (1, {"invited": True, "missed": False})
    form = {"teacher": 5, "course": 4, "organisation": 3, "recommend": 9}
    given = await house.ask("POST", f"/api/v1/sessions/{session.id}/my-feedback", by="learner", json=form)
    assert given.status == 204
    await caller_of(house, watch).tell_due()
    assert await inbox(house, "learner") == (0, {"invited": True, "missed": True})
    assert await inbox(house, "colleague") == (1, {"invited": True, "missed": False})
    watch.now += FEEDBACK_DAYS * DAY + MINUTE  # the form closes; no event says so
    await caller_of(house, watch).check_open()
    assert await inbox(house, "colleague") == (0, {"invited": True, "missed": True})


async def test_a_reminder_lists_only_what_is_still_to_do(sqlite_database: Database) -> None:
    watch = Watch()
    outbox = Outbox(mail=False, clock=watch)
    facts = {**LESSON, "undone": ("checkin", "feedback")}
    async with sqlite_database.write() as tx:
        for person in ("ann", "bob"):
            await outbox.put(
                tx, org_id=ORG, kind="missed", key="k", facts=facts, person_ids=[person], session_id="s-1"
            )
        await STORE.settle_undone(tx, "s-1", {"ann": ("feedback", "absent")}, watch())
        (ann,) = await STORE.inbox(tx, "ann", before=None, limit=9)
        (bob,) = await STORE.inbox(tx, "bob", before=None, limit=9)
    assert (ann.facts["undone"], ann.settled_utc_ms) == (["feedback"], None)
    assert bob.settled_utc_ms == T0
    assert ann.id == notice_id(ORG, Kind.MISSED, "k", "ann", Channel.APP)


async def test_after_the_end_people_hear_what_they_have_left_to_do(house: Installation, watch: Watch) -> None:
    session = await plan(house, watch)
    await house.services.sessions.start(session.id)
    await come_in(house, session, "learner", SessionRole.LEARNER)
    await house.services.sessions.end(session.id)
    watch.now = utc_ms()
    await caller_of(house, watch).tell_due()

    async def paragraphs(who: str) -> list[list[str]]:
        page = (await house.ask("GET", "/api/v1/my/notices?language=en", by=who)).data
        return [item["paragraphs"][1:] for item in page["items"] if item["kind"] == "missed"]

    assert await paragraphs("learner") == [["You have not given your feedback yet."]]
    assert await paragraphs("colleague") == [["You were not there; you can watch the recording."]]
    form = {"teacher": 5, "course": 4, "organisation": 3, "recommend": 9}
    given = await house.ask("POST", f"/api/v1/sessions/{session.id}/my-feedback", by="learner", json=form)
    assert given.status == 204
    watch.now += DAY
    await caller_of(house, watch).tell_due()
    assert [entry for entry in await told(house) if entry[1] == "missed"] == [
        ("colleague", "missed"),
        ("colleague", "missed"),
        ("learner", "missed"),
    ]


async def test_a_lesson_that_moves_and_is_cancelled(house: Installation, watch: Watch) -> None:
    session = await plan(house, watch)
    answer = await house.ask("POST", f"/api/v1/sessions/{session.id}/cancel", by="presenter")
    assert answer.status == 204
    await caller_of(house, watch).tell_due()
    everybody = {"colleague", "learner", "presenter", "host"}
    assert {name for name, kind in await told(house) if kind == "cancelled"} == everybody
    async with house.services.database.read() as tx:
        row = await read(tx, session.id)
        waiting = await STORE.page(
            tx, house.org.id, state="waiting", kind=None, channel="mail", person_ids=None, address="",
            session_id=session.id, before=None, limit=50,
        )  # fmt: skip
    assert row is not None
    assert row.call.state == "cancelled"
    assert {one.kind for one in waiting} == {Kind.CANCELLED}  # what was said before is overtaken
    assert {one.facts["sequence"] for one in waiting} == {row.call.sequence}
    shown = (await house.ask("GET", f"/api/v1/sessions/{session.id}", by="learner")).data
    assert (shown["state"], shown["cancelled"]) == ("ended", True)
    again = await house.ask("POST", f"/api/v1/sessions/{session.id}/cancel", by="presenter")
    assert again.status == 204
    watch.now = session.starts_utc_ms - MINUTE
    before = await told(house)
    await caller_of(house, watch).tell_due()
    assert await told(house) == before


async def test_a_lesson_that_began_cannot_be_cancelled(house: Installation) -> None:
    session = await house.plan()
    await house.services.sessions.start(session.id)
    answer = await house.ask("POST", f"/api/v1/sessions/{session.id}/cancel", by="presenter")
    assert (answer.status, answer.code) == (409, "session_began")
    refused = await house.ask("POST", f"/api/v1/sessions/{session.id}/cancel", by="other_presenter")
    assert refused.status == 403


async def test_ones_own_notices(house: Installation, watch: Watch) -> None:
    session = await plan(house, watch)
    page = (await house.ask("GET", "/api/v1/my/notices?language=en", by="learner")).data
    kinds = {item["kind"]: item for item in page["items"]}
    assert page["unread"] == len(page["items"]) == len(kinds)
    assert kinds["invited"]["subject"] == "Invitation: Product launch"
    assert kinds["invited"]["path"] == f"/room/{session.id}"
    foreign = await house.ask(
        "POST", "/api/v1/my/notices/read", by="colleague", json={"ids": [kinds["invited"]["id"]]}
    )
    assert foreign.status == 200
    count = (await house.ask("GET", "/api/v1/my/notices/unread", by="learner")).data
    assert count == {"unread": page["unread"]}
    after = await house.ask("POST", "/api/v1/my/notices/read", by="learner", json={"ids": None})
    assert after.data == {"unread": 0}
    assert (await house.ask("GET", "/api/v1/my/notices", by="stranger")).data["items"] == []
    token = house.token(session, SessionRole.LEARNER, guest="G")
    assert (await house.ask("GET", "/api/v1/my/notices", token=token)).code == "not_a_person"
    first = (await house.ask("GET", "/api/v1/my/notices?limit=1", by="learner")).data
    rest = (await house.ask("GET", f"/api/v1/my/notices?cursor={first['next']}", by="learner")).data
    assert first["items"][0]["id"] not in [item["id"] for item in rest["items"]]
    assert (await house.ask("GET", "/api/v1/my/notices?cursor=x", by="learner")).code == "cursor_invalid"


async def test_choices_and_links_that_turn_mail_off(house: Installation) -> None:
    path = "/api/v1/my/notice-choices"
    sent = {"language": "en", "muted": ["coming"]}
    assert (await house.ask("PUT", path, by="learner", json=sent)).status == 204
    refused = await house.ask("PUT", path, by="learner", json={"muted": ["invited"]})
    assert refused.code == "kind_unknown"
    mine = house.services.notices.mine
    token = mine.links.token(house.org.id, house.people["learner"], Kind.MISSED)
    link = f"/api/v1/unsubscribe/{token}"
    looked = await house.ask("GET", f"{link}?language=en")
    assert looked.data == {"kind": "missed", "name": "What is left to do after a lesson", "muted": False}
    assert (await house.ask("POST", link, data=b"List-Unsubscribe=One-Click")).status == 204
    kinds = (await house.ask("GET", f"{path}?language=en", by="learner")).data
    assert {one["kind"] for one in kinds["kinds"] if not one["mail"]} == {"coming", "missed"}
    assert kinds["language"] == "en"
    assert (await house.ask("POST", "/api/v1/unsubscribe/nonsense")).code == "link_unknown"


async def test_a_calendar_to_subscribe_to_can_be_taken_back(house: Installation, watch: Watch) -> None:
    session = await plan(house, watch)
    made = await house.ask("POST", "/api/v1/my/calendar-feed", by="learner")
    path = made.data["url"].partition("/api")[2]

    async def events(path: str) -> list[icalendar.Event]:
        async with house.client.get(f"/api{path}") as response:
            if response.status != 200:
                return []
            assert response.content_type == "text/calendar"
            calendar = icalendar.Calendar.from_ical(await response.text())
        assert isinstance(calendar, icalendar.Calendar)
        return list(calendar.events)

    (entry,) = await events(path)
    assert entry["UID"] == f"{session.id}@lectern"
    assert entry["SEQUENCE"] == 1  # planned, then moved
    assert (await house.ask("GET", "/api/v1/my/calendar-feed", by="learner")).data["url"] is None
    renewed = (await house.ask("POST", "/api/v1/my/calendar-feed", by="learner")).data["url"]
    assert await events(path) == []
    path = renewed.partition("/api")[2]
    await house.services.sessions.cancel(session.id)
    (entry,) = await events(path)
    assert (entry["STATUS"], entry["SEQUENCE"]) == ("CANCELLED", 2)
    async with house.services.database.write() as tx:
        await tx.execute(update(persons).where(persons.c.id == house.people["learner"]).values(active=False))
    assert await events(path) == []
    await house.ask("DELETE", "/api/v1/my/calendar-feed", by="learner")
    assert (await house.ask("GET", f"/api{path}")).code == "calendar_not_found"


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("learner", 200),
        ("presenter", 200),
        ("admin", 200),
        ("stranger", 404),
        ("manager", 404),
        ("nobody", 401),
    ],
)
async def test_a_lesson_to_download(house: Installation, who: str, status: int) -> None:
    session = await house.plan()
    by = None if who == "nobody" else who
    answer = await house.ask("GET", f"/api/v1/sessions/{session.id}/lesson.ics", by=by)
    assert answer.status == status
    if status == 200:
        assert answer.headers["Content-Disposition"] == 'attachment; filename="lesson.ics"'


async def test_reminded_by_hand_once_in_a_while(house: Installation, watch: Watch) -> None:
    session = await house.plan()
    path = f"/api/v1/sessions/{session.id}/reminders"
    assert (await house.ask("POST", path, by="other_presenter")).code == "not_your_session"
    assert (await house.ask("POST", path, by="learner")).status == 403
    assert (await house.ask("POST", path, by="host")).data == {"reminded": 2}
    again = await house.ask("POST", path, by="presenter")
    assert (again.status, again.code) == (429, "reminded_already")
    assert 0 < int(again.headers["Retry-After"]) <= 600
    await house.services.sessions.cancel(session.id)
    watch.now = utc_ms() + HOUR
    audit = (await house.ask("GET", "/api/v1/audit", by="admin")).data["items"]
    assert [e["details"] for e in audit if e["action"] == "people_reminded"] == [{"count": 2}]


async def test_the_administrators_page(house: Installation, watch: Watch) -> None:
    await plan(house, watch)
    for who, status in (("admin", 200), ("presenter", 403), ("learner", 403)):
        assert (await house.ask("GET", "/api/v1/notices", by=who)).status == status
    page = (await house.ask("GET", "/api/v1/notices?language=en&channel=mail&q=colleague", by="admin")).data
    assert {item["to"] for item in page["items"]} == {"Colleague"}
    assert {item["state"] for item in page["items"]} == {"waiting"}
    async with house.services.database.write() as tx:
        await Outbox(mail=True, clock=watch).put(
            tx, org_id=house.org.id, kind="question_answered", key="q", person_ids=[house.people["learner"]],
            facts={"session_id": "s", "title": "T", "starts_utc_ms": 0, "zone": "UTC", "minutes": 1},
        )  # fmt: skip
    private = (await house.ask("GET", "/api/v1/notices?kind=question_answered", by="admin")).data["items"]
    assert len(private) == 2
    assert {(item["to"], item["address"], item["read"]) for item in private} == {(None, None, False)}
    for q in ("learner", "L1"):
        searched = await house.ask("GET", f"/api/v1/notices?kind=question_answered&q={q}", by="admin")
        assert searched.data["items"] == []
    state = (await house.ask("GET", "/api/v1/notices/mail", by="admin")).data
    assert (state["set_up"], state["problem"]) == (False, None)
    refused = await house.ask("POST", "/api/v1/notices/test-mail", by="admin", json={"address": "a@b.c"})
    assert refused.code == "mail_not_set_up"
    one = page["items"][0]["id"]
    assert (await house.ask("POST", f"/api/v1/notices/{one}/retry", by="admin")).status == 204
    assert (await house.ask("POST", f"/api/v1/notices/{one}x/retry", by="admin")).code == "notice_not_found"
    retried = await house.ask("POST", "/api/v1/notices/retry-failed", by="admin")
    assert retried.data == {"retried": 0}


async def test_an_organisations_own_times(house: Installation, watch: Watch) -> None:
    session = await plan(house, watch)
    path = "/api/v1/notices/rules"
    assert (await house.ask("GET", path, by="admin")).data["before_minutes"] == [1440, 15]
    rules = {"before_minutes": [30, 2880, 30], "after_minutes": [], "invite": False}
    assert (await house.ask("PUT", path, by="admin", json=rules)).status == 204
    assert (await house.ask("PUT", path, by="presenter", json=rules)).status == 403
    bad = rules | {"before_minutes": [-1]}
    assert (await house.ask("PUT", path, by="admin", json=bad)).code == "minutes_invalid"
    watch.now = session.starts_utc_ms - 2 * DAY
    await caller_of(house, watch).tell_due()
    assert ("learner", "coming") in await told(house)
    await house.services.sessions.expect(session, [house.people["stranger"]])
    await caller_of(house, watch).tell_due()
    assert ("stranger", "invited") not in await told(house)


async def test_an_answered_question_reaches_who_asked(house: Installation, watch: Watch) -> None:
    session = await house.plan()
    await house.services.sessions.start(session.id)
    learner = await come_in(house, session, "learner", SessionRole.LEARNER)
    colleague = await come_in(house, session, "colleague", SessionRole.LEARNER)
    host = await come_in(house, session, "host", SessionRole.HOST)

    async def do(actor: Actor, command: str, **data: Any) -> dict[str, Any]:
        engine = house.services.engine
        return (await engine.execute(session.id, actor, new_id(), command, data)).result

    first = await do(learner, "question_ask", text="How?")
    second = await do(colleague, "question_ask", text="How so?")
    await do(host, "question_publish", id=first["id"])
    await do(host, "question_merge", id=second["id"], into=first["id"])
    for text in ("So.", "Like this."):  # corrected: told once all the same
        await do(host, "question_answer", id=first["id"], text=text)
        await caller_of(house, watch).tell_due()
    answered = [name for name, kind in await told(house) if kind == "question_answered"]
    assert answered == ["colleague", "learner"]
    assert (await inbox(house, "learner"))[1]["question_answered"] is False
    saw = await house.ask("POST", "/api/v1/my/notices/read", by="learner", json={"answers_of": session.id})
    assert saw.data["unread"] == (await inbox(house, "learner"))[0]
    assert (await inbox(house, "learner"))[1]["question_answered"] is True
    assert (await inbox(house, "colleague"))[1]["question_answered"] is False


async def objection(house: Installation, session: Session) -> str:
    """The learner objects; return the objection's id."""
    path = f"/api/v1/sessions/{session.id}/attendance"
    body = {"text": "I was there."}
    sent = await house.ask("POST", f"{path}/objections", by="learner", json=body)
    assert sent.status == 204, sent.data
    mine = (await house.ask("GET", f"{path}/mine", by="learner")).data
    return str(next(one["id"] for one in mine["objections"] if one["state"] == "open"))


async def test_an_objection_waits_for_those_who_run_the_lesson_until_it_is_answered(
    house: Installation, watch: Watch
) -> None:
    session = await house.plan()
    await house.services.sessions.start(session.id)
    await house.services.sessions.end(session.id)
    first = await objection(house, session)
    assert [who for who, kind in await told(house) if kind == "objected"] == ["host", "presenter"]
    page = (await house.ask("GET", "/api/v1/my/notices?language=en", by="host")).data
    assert page["items"][0]["path"] == f"/admin/sessions/{session.id}?objections=1"
    assert "Learner" not in str(page["items"][0])
    one = f"/api/v1/sessions/{session.id}/attendance/objections/{first}"
    answer = {"verdict": None, "text": "Nobody saw you."}
    assert (await house.ask("POST", f"{one}/answer", by="presenter", json=answer)).status == 204
    for who in ("presenter", "host"):  # also for whoever did not answer it
        assert await inbox(house, who) == (0, {"objected": True})
    second = await objection(house, session)
    assert await inbox(house, "host") == (1, {"objected": False})
    path = f"/api/v1/sessions/{session.id}/attendance/objections/{second}/withdraw"
    assert (await house.ask("POST", path, by="learner")).status == 204
    assert await inbox(house, "host") == (0, {"objected": True})


async def test_an_item_of_feedback_waits_for_its_owner_alone(house: Installation) -> None:
    session = await house.plan()
    services, host, other = house.services, house.people["host"], house.people["other_presenter"]
    async with services.database.write() as tx:
        await tx.execute(insert(texts).values(item_row(house, session)))
    trail = TrailWithNews(services.accounts, services.outbox, SessionStore(), 60)
    who = Principal(house.org.id, house.people["presenter"], frozenset(), person_id=house.people["presenter"])

    async def becomes(**values: Any) -> None:
        async with services.database.write() as tx:
            await tx.execute(update(texts).values(values))
            await trail.write(tx, who, "feedback_item_changed", "item", values)

    await becomes(owner_person_id=host)
    assert await inbox(house, "host") == (1, {"work_item": False})
    await becomes(owner_person_id=other)
    assert [await inbox(house, name) for name in ("host", "other_presenter")] == [
        (0, {"work_item": True}),
        (1, {"work_item": False}),
    ]
    await becomes(owner_person_id=host)  # to and fro: the same message again, and no second mail
    await becomes(note="changed")
    assert await inbox(house, "host") == (1, {"work_item": False})
    assert [who for who, kind in await told(house) if kind == "work_item"] == ["host", "other_presenter"]
    await becomes(state="done")
    assert await inbox(house, "host") == (0, {"work_item": True})


def item_row(house: Installation, session: Session) -> dict[str, Any]:
    """A text of feedback that shows, and is nobody's yet."""
    return {
        "id": "item", "org_id": house.org.id, "session_id": session.id, "body": "Too fast.", "contact": None,
        "shown": True, "kind": None, "state": "new", "owner_person_id": None, "due_on": None, "note": None,
        "version": 1,
    }  # fmt: skip
