"""The class as the media plane sees it is read off again exactly when something that decides it happened."""

from hypothesis import given
from hypothesis import strategies as st

from interactions.aside.events import AsideBegan, AsideEnded
from interactions.breakout.events import BreakoutVoice
from interactions.chat.events import ChatSent
from interactions.hand.events import HandGranted, HandLowered, HandRaised
from lectern.app.situation import READ, situation_of
from lectern.app.wiring import registry
from lectern.kernel.clock import UtcMs
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import (
    BreakoutGroup,
    BreakoutOpened,
    BreakoutPlaced,
    Event,
    NewEvent,
    ParticipantJoined,
    ParticipantRemoved,
    SessionEnded,
    SessionStarted,
    TimelineEvent,
)
from lectern.timeline.idea import ClassState
from lectern.timeline.live import fold
from lectern.timeline.numbering import START, number
from sessions.presence.idea import ConnectionClosed, ConnectionOpened

REGISTRY = registry()
WHO = st.sampled_from(["ann", "bob"])
ROLES = st.sampled_from(SessionRole)
GROUP = BreakoutGroup(id="g", name_ref="n", task_ref=None, members=("ann",))


def joined(who: str, role: SessionRole) -> Event:
    return ParticipantJoined(participant=who, kind="person", role=role.value, person=who, name_ref="n")


HAPPENS: st.SearchStrategy[Event] = st.one_of(
    st.builds(joined, WHO, ROLES),
    st.builds(ParticipantRemoved, participant=WHO),
    st.builds(HandRaised, participant=WHO),
    st.builds(HandGranted, participant=WHO, camera=st.booleans()),
    st.builds(HandLowered, participant=WHO),
    st.builds(ConnectionOpened, connection=st.just("c"), participant=WHO, device=st.just("pc")),
    st.builds(
        ConnectionClosed,
        connection=st.just("c"),
        participant=WHO,
        at_utc_ms=st.just(5),
        reason=st.just("left"),
    ),
    st.sampled_from(
        [
            SessionStarted(),
            SessionEnded(),
            BreakoutPlaced(participant="bob", group="g"),
            BreakoutVoice(on=True),
            ChatSent(id="m", text_ref="t"),
            AsideBegan(),
            AsideEnded(),
        ]
    ),
)


@given(st.lists(st.tuples(HAPPENS, WHO), max_size=12))
def test_what_is_kept_is_what_would_be_read_anew(happened: list[tuple[Event, str]]) -> None:
    kept, position = REGISTRY.empty(), START
    stored: list[TimelineEvent] = []
    first = [
        joined("ann", SessionRole.LEARNER),
        joined("bob", SessionRole.HOST),
        BreakoutOpened(groups=(GROUP,)),
    ]
    for at, (payload, actor) in enumerate([*((one, "bob") for one in first), *happened]):
        placed, position = number(position, [NewEvent(payload=payload, actor=actor)], UtcMs(1_000 * at))
        stored += placed
        fold(REGISTRY, kept, placed)
        assert situation_of(kept) == situation_of(fold(REGISTRY, REGISTRY.empty(), stored))


def test_a_word_in_the_chat_costs_nothing() -> None:
    state = REGISTRY.empty()
    told: tuple[Event, ...] = (joined("ann", SessionRole.LEARNER), ChatSent(id="m", text_ref="t"))
    placed, _ = number(START, [NewEvent(payload=payload, actor="ann") for payload in told], UtcMs(0))
    fold(REGISTRY, state, placed[:1])
    before = situation_of(state)
    fold(REGISTRY, state, placed)
    assert situation_of(state) is before


def test_it_is_read_off_nothing_else() -> None:
    whole = REGISTRY.empty()
    names = [str(idea.name) for idea in READ]
    only = ClassState(slices={name: whole.slices[name] for name in names})
    assert situation_of(only) == situation_of(whole)
