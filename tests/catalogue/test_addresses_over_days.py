"""A page that stays open for three days, in virtual time: its addresses are renewed in time, and run out for
whoever may not watch any more."""

from collections.abc import Iterator

from lectern.kernel.clock import UtcMs
from lectern.timeline.event import SessionStarted
from tests.catalogue.conftest import SESSION, House

MINUTE_MS = 60_000
DAYS_MS = 3 * 24 * 60 * MINUTE_MS
PATH = f"/api/v1/sessions/{SESSION}/broadcast"


def renewals(until_ms: int, ttl_ms: int, start: UtcMs) -> Iterator[UtcMs]:
    """When a page asks again: when three quarters of the time are over (`core/play_addresses.ts`)."""
    now = start
    while now < start + until_ms:
        now = UtcMs(now + ttl_ms * 3 // 4)
        yield now


async def plays(house: House, url: str) -> bool:
    return (await house.raw("GET", url, None)).status == 200


async def test_a_live_page_of_three_days_never_holds_a_dead_address(house: House) -> None:
    await house.lesson.at(0, SessionStarted())
    await house.broadcast()
    _, broadcast = await house.call("GET", PATH, "guest")
    ttl_ms = broadcast["until_utc_ms"] - house.now
    assert ttl_ms == 15 * MINUTE_MS
    asked = 0
    for now in renewals(DAYS_MS, ttl_ms, house.now):
        house.now = now
        if asked % 40 == 0:  # not every one is tried, all are asked for
            assert await plays(house, broadcast["audio_url"]), (
                "what the page has must live until it asks again"
            )
        _, broadcast = await house.call("GET", PATH, "guest")
        asked += 1
    assert asked == DAYS_MS // (ttl_ms * 3 // 4)
    assert await plays(house, broadcast["audio_url"])


async def test_who_was_sent_out_hears_nothing_after_a_quarter_of_an_hour(house: House) -> None:
    await house.lesson.at(0, SessionStarted())
    await house.broadcast()
    _, broadcast = await house.call("GET", PATH, "guest")
    urls = [
        broadcast["audio_url"],
        *(video["url"] for video in broadcast["videos"]),
        broadcast["program_url"],
    ]
    assert (await house.call("GET", PATH, "other_guest"))[0] == 404  # may not ask (any more)
    house.now = UtcMs(house.now + 15 * MINUTE_MS)
    assert [await plays(house, url) for url in urls] == [False] * len(urls)
    status, body = await house.call("GET", urls[0], None)
    assert (status, body["error"]["code"]) == (401, "play_expired")


async def test_a_replay_page_of_three_days_is_renewed(house: House) -> None:
    replay_id = await house.ready_replay()
    path = f"/api/v1/replays/{replay_id}"
    _, replay = await house.call("GET", path, "learner")
    ttl_ms = replay["until_utc_ms"] - house.now
    for now in renewals(DAYS_MS, ttl_ms, house.now):
        house.now = now
        assert await plays(house, replay["program_url"])
        before = replay["program_url"]
        _, replay = await house.call("GET", path, "learner")
        assert replay["program_url"] != before
    assert await plays(house, replay["program_url"])
    house.now = UtcMs(house.now + ttl_ms)
    assert not await plays(house, replay["program_url"])
