"""The tables of replays and microcourses: complete, reachable, and refusing with a reason."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from catalogue.states import (
    MICROCOURSE_TABLE,
    REPLAY_TABLE,
    MicrocourseEvent,
    MicrocourseState,
    ReplayEvent,
    ReplayState,
    after,
)
from lectern.kernel.errors import Conflict


@pytest.mark.parametrize(
    ("table", "states", "events", "first"),
    [
        (REPLAY_TABLE, ReplayState, ReplayEvent, ReplayState.LIVE),
        (MICROCOURSE_TABLE, MicrocourseState, MicrocourseEvent, MicrocourseState.DRAFT),
    ],
)
def test_the_table_is_whole(
    table: Mapping[Any, Mapping[Any, Any]], states: type[StrEnum], events: type[StrEnum], first: StrEnum
) -> None:
    assert set(table) == set(states)
    assert {event for edges in table.values() for event in edges} == set(events)
    reached: set[Any] = {first}
    for _ in states:
        reached |= {target for state in reached for target in table[state].values()}
    assert reached == set(states)


@pytest.mark.parametrize(
    ("state", "event", "code"),
    [
        (MicrocourseState.PROCESSING, MicrocourseEvent.PUBLISHED, "microcourse_not_ready"),
        (MicrocourseState.FAILED, MicrocourseEvent.PUBLISHED, "microcourse_not_ready"),
        (MicrocourseState.READY, MicrocourseEvent.RETRIED, "microcourse_not_failed"),
        (MicrocourseState.PROCESSING, MicrocourseEvent.REVIEW_ASKED, "microcourse_not_reviewable"),
        (MicrocourseState.PUBLISHED, MicrocourseEvent.APPROVED, "microcourse_not_reviewable"),
        (MicrocourseState.READY, MicrocourseEvent.TAKEN_BACK, "microcourse_not_in_review"),
        (MicrocourseState.READY, MicrocourseEvent.RETIRED, "microcourse_not_published"),
        (MicrocourseState.READY, MicrocourseEvent.CUT, "state_conflict"),
    ],
)
def test_what_cannot_happen_is_refused_with_its_code(
    state: MicrocourseState, event: MicrocourseEvent, code: str
) -> None:
    with pytest.raises(Conflict) as refusal:
        after(MICROCOURSE_TABLE, state, event)
    assert refusal.value.code == code
