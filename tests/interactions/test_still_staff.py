"""One rule says who is still staff: every place that asks answers alike, whatever befell people."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.lesson.idea import LESSON, refuse_lapsed, standing_of
from interactions.notes.rights import may_read, require_reader
from interactions.poll.audience import require_staff
from interactions.registry import COMMANDS, IDEAS
from lectern.app.situation import situation_of
from lectern.kernel.access import SessionGrant
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Forbidden
from lectern.kernel.roles import SessionRole
from lectern.kernel.standing import Lapse, Standing
from lectern.timeline.event import (
    BreakoutGroup,
    BreakoutOpened,
    Event,
    NewEvent,
    ParticipantJoined,
    ParticipantRemoved,
    SessionStarted,
)
from lectern.timeline.idea import Actor, Call, ClassState, Registry
from lectern.timeline.live import fold
from lectern.timeline.numbering import START as BEGINNING
from lectern.timeline.numbering import number
from sessions.lesson.idea import LESSON as SESSION
from sessions.presence.grounds import Grounds, refuse_unfounded
from sessions.presence.idea import PRESENCE, ConnectionClosed, ConnectionOpened, guard, refuse_outdated

REGISTRY = Registry.of((*IDEAS, PRESENCE, SESSION), COMMANDS)
PEOPLE = ("presenter", "host", "guest", "learner")
ROLES = st.sampled_from(SessionRole)
START = [
    SessionStarted(),
    BreakoutOpened(groups=(BreakoutGroup(id="g", name_ref="n", task_ref=None, members=()),)),
]


def joined(who: str, role: SessionRole) -> Event:
    person = None if who == "guest" else who
    return ParticipantJoined(participant=who, kind="person", role=role.value, person=person, name_ref="n")


def befalls(who: str) -> st.SearchStrategy[list[Event]]:
    """What may happen to somebody: named or replaced (a role), left, come back, or sent out."""
    happening: st.SearchStrategy[Event] = st.one_of(
        ROLES.map(lambda role: joined(who, role)),
        st.just(ParticipantRemoved(participant=who)),
        st.just(ConnectionOpened(connection="c", participant=who, device="pc")),
        st.just(ConnectionClosed(connection="c", participant=who, at_utc_ms=0, reason="left")),
    )
    return st.lists(happening, max_size=6)


def folded(payloads: list[Event]) -> ClassState:
    """A lesson to which these things happened, a second apart."""
    state, position = REGISTRY.empty(), BEGINNING
    for at, payload in enumerate([*START, *payloads]):
        placed, position = number(position, [NewEvent(payload=payload)], UtcMs(1_000 * at))
        fold(REGISTRY, state, placed)
    return state


def refusal(of: Callable[..., Any], *args: Any, **more: Any) -> str | None:
    try:
        of(*args, **more)
    except Forbidden as refused:
        return refused.code
    return None


def told(events: list[Event]) -> Standing:
    """What the events say, written a second time in the plainest way."""
    roles = [event.role for event in events if isinstance(event, ParticipantJoined)]
    gone = any(isinstance(event, ParticipantRemoved) for event in events)
    return Standing(SessionRole(roles[-1]) if roles else None, gone)


@given(
    who=st.sampled_from(PEOPLE),
    admitted=ROLES,
    data=st.data(),
)
def test_every_place_that_asks_answers_alike(who: str, admitted: SessionRole, data: st.DataObject) -> None:
    others = [joined(each, SessionRole.LEARNER) for each in PEOPLE if each != who]
    history: list[Event] = [joined(who, data.draw(ROLES)), *data.draw(befalls(who))]
    state = folded([*others, *history])
    actor = Actor(who, admitted)
    call = Call(actor, UtcMs(0), lambda: "id")
    expected = told(history)
    lapse = expected.lapse(admitted)
    is_staff = admitted.is_staff and lapse is None

    present = state.of(PRESENCE).participants[who]
    if not expected.removed:
        assert standing_of(state, who) == expected
    assert present.standing.lapse(admitted) is standing_of(state, who).lapse(admitted) is lapse
    assert standing_of(state, who).is_staff(admitted) is is_staff
    assert standing_of(state, who).is_staff() is present.standing.is_staff()
    assert (who in situation_of(state).staff) is present.standing.is_staff()

    code = {None: None, Lapse.REMOVED: "removed", Lapse.ROLE_CHANGED: "not_allowed"}[lapse]
    assert refusal(guard, state, actor) == refusal(refuse_lapsed, state, actor) == code
    assert refusal(require_staff, state, call) == (None if is_staff else "not_allowed")
    assert may_read(state, actor, "g") is (is_staff and not expected.removed)
    if is_staff or code is not None:
        assert refusal(require_reader, state, actor, "g") == code

    token = SessionGrant("s", admitted, who, issued_s=0)
    at_the_door = None if lapse is None else lapse.value
    outdated = lapse is Lapse.REMOVED or (lapse is Lapse.ROLE_CHANGED and present.role_utc_ms >= 1_000)
    assert refusal(refuse_outdated, present, token) == (at_the_door if outdated else None)


@given(first=ROLES, then=ROLES, at=st.integers(2, 100), issued=st.integers(0, 200))
def test_only_a_token_older_than_the_change_is_outdated(
    first: SessionRole, then: SessionRole, at: int, issued: int
) -> None:
    idle: list[Event] = [
        ConnectionOpened(connection=str(each), participant="host", device="pc") for each in range(at)
    ]
    state = folded([joined("host", first), *idle, joined("host", then)])
    present = state.of(PRESENCE).participants["host"]
    token = SessionGrant("s", first, "host", issued_s=issued)
    lost = first.is_staff and not then.is_staff
    older = (issued + 1) * 1_000 <= present.role_utc_ms
    assert refusal(refuse_outdated, present, token) == ("role_changed" if lost and older else None)


@given(
    role=ROLES,
    person=st.sampled_from([None, "host", "replaced"]),
    link=st.sampled_from([None, "open", "ended"]),
    administers=st.booleans(),
)
def test_a_token_stands_on_the_row_or_on_its_link(
    role: SessionRole, person: str | None, link: str | None, *, administers: bool
) -> None:
    grounds = Grounds(runs=frozenset({"host"}), open_links=frozenset({"open"}))
    token = SessionGrant("s", role, person, link_id=link)
    code = refusal(refuse_unfounded, token, grounds, administers=administers)
    if link is not None:
        assert code == (None if link == "open" else "link_ended")
    else:
        lost = role.is_staff and person == "replaced" and not administers
        assert code == ("role_changed" if lost else None)


@pytest.mark.parametrize("admitted", SessionRole)
def test_whoever_was_removed_stays_so(admitted: SessionRole) -> None:
    out: list[Event] = [ParticipantRemoved(participant="host"), joined("host", SessionRole.HOST)]
    state = folded([joined("host", SessionRole.HOST), *out])
    assert standing_of(state, "host").lapse(admitted) is Lapse.REMOVED
    assert not standing_of(state, "host").is_staff(admitted)
    assert "host" not in state.of(LESSON).roles
