"""On which terms somebody watches."""

from lectern.kernel.clock import UtcMs
from tests.catalogue.conftest import SESSION, House


async def test_the_terms_say_who_one_is_and_where_one_stopped(house: House) -> None:
    replay_id = await house.ready_replay()
    path = f"/api/v1/watch-terms/replay/{replay_id}"
    status, terms = await house.call("GET", path, "learner")
    assert (status, terms["position_ms"], terms["position_age_ms"]) == (200, 0, None)
    viewer = terms["viewer"]
    row = {"org_id": "org", "subject": viewer, "medium": "replay", "medium_id": replay_id}
    async with house.database.write() as tx:
        place = {"position_ms": 61_000, "updated_utc_ms": house.now}
        await house.store.remember_positions(tx, [row | place])
    house.now = UtcMs(house.now + 5_000)
    _, terms = await house.call("GET", path, "learner")
    assert (terms["position_ms"], terms["position_age_ms"]) == (61_000, 5_000)
    _, other = await house.call("GET", path, "presenter")
    assert (other["viewer"] == viewer, other["position_age_ms"]) == (False, None)


async def test_there_are_no_terms_for_what_one_may_not_watch(house: House) -> None:
    replay_id = await house.ready_replay()
    path = f"/api/v1/watch-terms/replay/{replay_id}"
    assert (await house.call("GET", path, "off_roster"))[0] == 404
    assert (await house.call("GET", path, None))[0] == 401
    assert (await house.call("GET", f"/api/v1/watch-terms/film/{replay_id}", "learner"))[0] == 404
    assert (await house.call("GET", f"/api/v1/watch-terms/microcourse/{SESSION}", "learner"))[0] == 404
