"""Until when required media are to be watched: reminders once each, never late, never before it was asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.watch_due import (
    BEFORE_MS,
    DAY_MS,
    LATE_MS,
    Deadline,
    Reminder,
    moved,
    next_utc_ms,
    step,
    told_of,
    told_text,
)
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Rejected
from tests.catalogue.conftest import House
from tests.lesson import START

DUE = 100 * DAY_MS


def said_at(deadline: Deadline, moments: list[int]) -> list[tuple[int, Reminder]]:
    """What is said when one looks at these moments, one after the other."""
    said: list[tuple[int, Reminder]] = []
    for now in sorted(moments):
        found = step(deadline, UtcMs(now))
        if found.say is not None:
            said.append((now, found.say))
        deadline = Deadline(deadline.due_utc_ms, deadline.set_utc_ms, found.told)
    return said


def test_three_reminders_where_there_is_time() -> None:
    deadline, moments = Deadline(DUE, 0), [DUE - 4 * DAY_MS, DUE - 3 * DAY_MS, DUE - 1, DUE, DUE + DAY_MS]
    assert said_at(deadline, moments) == [(DUE - 3 * DAY_MS, "3d"), (DUE - 1, "1d"), (DUE, "over")]


@given(
    set_at=st.integers(DUE - 6 * DAY_MS, DUE - 1),
    moments=st.lists(st.integers(DUE - 7 * DAY_MS, DUE + 5 * DAY_MS), max_size=30),
)
def test_each_is_said_once_at_most_and_none_before_it_was_asked(set_at: int, moments: list[int]) -> None:
    deadline = Deadline(DUE, set_at)
    said = said_at(deadline, moments)
    names = [name for _, name in said]
    assert names == [name for name in BEFORE_MS if name in names], "once each, in their order"
    for now, name in said:
        at = DUE - BEFORE_MS[name]
        assert set_at < at <= now < at + LATE_MS


def test_one_looks_again_at_the_next_of_them() -> None:
    assert next_utc_ms(Deadline(DUE, 0)) == DUE - 3 * DAY_MS
    assert next_utc_ms(Deadline(DUE, 0, ("3d", "1d"))) == DUE
    assert next_utc_ms(Deadline(DUE, 0, ("3d", "1d", "over"))) is None


@given(st.lists(st.sampled_from(list(BEFORE_MS)), unique=True))
def test_what_is_stored_is_read_again(told: list[Reminder]) -> None:
    assert set(told_of(told_text(told))) == set(told)
    assert told_of("sometime,1d") == ("1d",)


def test_another_moment_begins_anew_and_the_same_does_not() -> None:
    before, now = Deadline(DUE, 5, ("3d",)), UtcMs(DUE - DAY_MS)
    assert moved(before, DUE, now) is before
    assert moved(before, DUE + 1, now) == Deadline(DUE + 1, now)
    assert moved(before, None, now) is None
    for wrong in (now, now - 1, now + 6 * 365 * DAY_MS):
        with pytest.raises(Rejected):
            moved(None, wrong, now)


async def test_an_editor_sets_it_and_learners_read_it(house: House) -> None:
    path = f"/api/v1/watch-terms/replay/{await house.ready_replay()}"
    rules = {"required": True, "no_skipping": False, "watermark": None}
    due = house.now + 5 * DAY_MS
    status, found = await house.call("PUT", path, json=rules | {"due_utc_ms": due})
    assert (status, found["due_utc_ms"], found["rules"]["due_utc_ms"]) == (200, due, due)
    assert (await house.call("GET", path, "learner"))[1]["due_utc_ms"] == due
    assert (await house.call("PUT", path, json=rules))[1]["due_utc_ms"] == due, "left out, it stays"
    assert (await house.call("PUT", path, json=rules | {"required": False}))[1]["due_utc_ms"] is None
    assert (await house.call("PUT", path, json=rules | {"due_utc_ms": None}))[1]["due_utc_ms"] is None
    status, found = await house.call("PUT", path, json=rules | {"due_utc_ms": int(START)})
    assert (status, found["error"]["code"]) == (422, "deadline_wrong")
