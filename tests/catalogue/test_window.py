"""Replays are shown for a while: to learners, in lists, and by the addresses that they were given."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.window import Window
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict
from tests.catalogue.conftest import House
from tests.catalogue.test_series import begun
from tests.lesson import START

DAY = 86_400_000
HOUR = 3_600_000


async def test_a_replay_is_shown_for_the_organisations_days(house: House) -> None:
    path = f"/api/v1/replays/{await house.ready_replay()}"
    terms = {"review_needed": True, "replay_days": 30}
    assert (await house.call("PUT", "/api/v1/catalogue-terms", json=terms))[0] == 403
    assert (await house.call("PUT", "/api/v1/catalogue-terms", "admin", json=terms)) == (200, terms)
    assert (await house.call("GET", "/api/v1/catalogue-terms")) == (200, terms)
    ends = START + 600_000 + 30 * DAY
    house.now = UtcMs(ends - HOUR)
    _, seen = await house.call("GET", path, "learner")
    assert (seen["from_utc_ms"], seen["to_utc_ms"]) == (None, ends)
    url = seen["program_url"]
    assert (await house.raw("GET", url, None)).status == 200
    house.now = UtcMs(ends)  # the address would have been good for twelve hours
    assert (await house.call("GET", url, None))[1]["error"]["code"] == "play_expired"
    status, refusal = await house.call("GET", path, "learner")
    assert (status, refusal["error"]["code"]) == (409, "replay_over")
    assert refusal["error"]["details"]["to_utc_ms"] == ends
    [listed] = (await house.call("GET", "/api/v1/replays", "learner"))[1]["items"]
    assert (listed["program_url"], listed["videos"], listed["download"]["url"]) == (None, [], None)
    assert (await house.call("GET", path))[1]["program_url"] is not None


async def test_a_replay_has_a_window_of_its_own(house: House) -> None:
    path = f"/api/v1/replays/{await house.ready_replay()}"
    await house.broadcast()
    begins = house.now + DAY
    own: dict[str, Any] = {"own": True, "from_utc_ms": begins, "to_utc_ms": begins + DAY}
    assert await house.call("PUT", path + "/window", json=own) == (200, own)
    for who in ("learner", "guest"):
        assert (await house.call("GET", path, who))[1]["error"]["code"] == "replay_not_yet"
    session = (await house.call("GET", path))[1]["session_id"]
    assert (await house.call("GET", f"/api/v1/sessions/{session}/broadcast", "learner"))[0] == 409
    series = await begun(house, ("replay", path.rsplit("/", 1)[1]))
    assert (await house.call("GET", f"/api/v1/series/{series['id']}", "learner"))[1]["items"] == []
    house.now = UtcMs(begins)
    assert (await house.call("GET", path, "learner"))[0] == 200
    assert len((await house.call("GET", f"/api/v1/series/{series['id']}", "learner"))[1]["items"]) == 1
    _, none = await house.call("PUT", path + "/window", json={"own": False})
    assert none == {"own": False, "from_utc_ms": None, "to_utc_ms": None}
    acts = [action for _, action in house.audit_log if action == "replay_window_set"]
    assert len(acts) == 2


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        ("learner", {"own": False}, 403),
        ("stranger", {"own": False}, 404),
        ("presenter", {"own": True, "from_utc_ms": 5, "to_utc_ms": 5}, 422),
    ],
)
async def test_what_is_no_window_is_refused(
    house: House, who: str, body: dict[str, Any], status: int
) -> None:
    path = f"/api/v1/replays/{await house.ready_replay()}/window"
    assert (await house.call("PUT", path, who, json=body))[0] == status
    assert house.audit_log == []


BOUND = st.none() | st.integers(0, 20)


@given(BOUND, BOUND, st.integers(0, 20))
def test_it_is_open_exactly_when_nobody_is_refused(
    from_utc_ms: int | None, to_utc_ms: int | None, now: int
) -> None:
    window = Window(from_utc_ms, to_utc_ms)
    try:
        window.insist_on_open(UtcMs(now))
    except Conflict:
        refused = True
    else:
        refused = False
    assert window.is_open(UtcMs(now)) is not refused
