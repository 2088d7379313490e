"""The connection test's server side: bounded, short, and of no use for anything else."""

import asyncio

import pytest

from lectern.kernel.errors import Gone, Overloaded, ProtocolViolation
from signaling.trial import trials
from signaling.trial.trials import Trials
from streaming.control.client import MediaClient
from tests.installation import Installation
from tests.security.test_media_rights import offer_of
from tests.streaming.media_process import media_process

WATCH = offer_of(("audio", "recvonly"))
PATH = "/api/v1/connection-test"


async def test_an_answer_has_candidates_of_one_way_and_its_transport_ends_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trials, "LASTS_S", 0.5)
    monkeypatch.setattr(trials, "_SWEEP_S", 0.05)
    monkeypatch.setattr(trials, "MAX_AT_ONCE", 2)
    async with media_process() as media, asyncio.TaskGroup() as group:
        tested = Trials(lambda: [media.client])
        running = group.create_task(tested.run())
        by_udp = await tested.begin(WATCH, "udp", "here")
        by_tcp = await tested.begin(WATCH, "tcp", "here")
        assert _protocols(by_udp) == ["udp"]
        assert _protocols(by_tcp) == ["tcp"]
        with pytest.raises(Overloaded):
            await tested.begin(WATCH, "udp", "here")
        assert len((await media.client.get_stats()).transports) == 2
        async with asyncio.timeout(20):
            while (await media.client.get_stats()).transports:
                await asyncio.sleep(0.05)
        await tested.begin(WATCH, "udp", "here")
        running.cancel()


async def test_a_way_that_is_switched_off_is_named() -> None:
    async with media_process("--no-tcp") as media:
        with pytest.raises(Gone) as caught:
            await Trials(lambda: [media.client]).begin(WATCH, "tcp", "here")
        assert caught.value.code == "way_unavailable"
        assert (await media.client.get_stats()).transports == ()


@pytest.mark.parametrize("sdp", ["", "v=0", offer_of(("audio", "sendonly")), offer_of(("video", "sendrecv"))])
async def test_nobody_publishes_or_breaks_anything_through_a_test(sdp: str) -> None:
    with pytest.raises(ProtocolViolation):
        await Trials(list).begin(sdp, "udp", "here")


async def test_anybody_may_test_and_relays_are_for_people_we_know(house: Installation) -> None:
    object.__setattr__(house.services.turn, "urls", ("turn:turn.example.com",))
    stranger = await house.ask("GET", PATH)
    assert stranger.data == {"turn_urls": ["turn:turn.example.com"], "ice_servers": [], "processes": 0}
    known = await house.ask("GET", PATH, by="learner")
    assert known.data["ice_servers"][0]["username"].endswith(house.people["learner"])
    away = await house.ask("POST", PATH, json={"sdp": WATCH, "way": "udp"})
    assert (away.status, away.code) == (503, "media_unavailable")


async def test_a_flood_of_tests_is_held_up(house: Installation) -> None:
    codes = [(await house.ask("POST", PATH, json={"sdp": "x", "way": "tcp"})).code for _ in range(65)]
    assert codes[0] == "sdp_invalid"
    assert codes[-1] == "too_many_tries"


async def test_each_media_process_can_be_tried() -> None:
    async with media_process() as one, media_process() as other:
        tested = Trials(lambda: [one.client, other.client])
        assert tested.processes == 2
        assert one.client.welcome is not None
        assert other.client.welcome is not None
        for number, welcome in enumerate((one.client.welcome, other.client.welcome)):
            ports = {
                line.split()[5] for line in _candidates(await tested.begin(WATCH, "udp", "here", number))
            }
            assert ports == {str(port) for _, port in welcome.addresses}
        with pytest.raises(Gone) as caught:
            await tested.begin(WATCH, "udp", "here", 2)
        assert caught.value.code == "media_unavailable"


async def test_one_address_cannot_hold_all_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "MAX_OF_ONE", 2)
    async with media_process() as media:
        tested = Trials(lambda: [media.client])
        for _ in range(2):
            await tested.begin(WATCH, "udp", "greedy")
        with pytest.raises(Overloaded) as caught:
            await tested.begin(WATCH, "udp", "greedy")
        assert caught.value.code == "too_many_tries"
        await tested.begin(WATCH, "udp", "modest")


async def test_a_place_is_free_when_its_browser_has_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the media process hears by DTLS: here another end stands in for that goodbye."""
    monkeypatch.setattr(trials, "_SWEEP_S", 0.05)
    monkeypatch.setattr(trials, "MAX_OF_ONE", 1)
    async with media_process() as media, asyncio.TaskGroup() as group:
        tested = Trials(lambda: [media.client])
        running = group.create_task(tested.run())
        swept = asyncio.Semaphore(0)
        forget = tested._forget_closed

        async def forget_and_tell(client: MediaClient) -> None:
            await forget(client)
            swept.release()

        monkeypatch.setattr(tested, "_forget_closed", forget_and_tell)
        await tested.begin(WATCH, "udp", "here")
        async with asyncio.timeout(20):
            for _ in range(2):
                await swept.acquire()
        with pytest.raises(Overloaded):
            await tested.begin(WATCH, "udp", "here")
        (open_,) = (await media.client.get_stats()).transports
        await media.client.close_transport(open_.transport)
        async with asyncio.timeout(20):
            while tested._open:
                await asyncio.sleep(0.02)
        await tested.begin(WATCH, "udp", "here")
        running.cancel()


async def test_a_test_that_ends_twice_at_once_hurts_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time is over while it is being closed because there is no such way."""
    monkeypatch.setattr(trials, "LASTS_S", 0.0)
    monkeypatch.setattr(trials, "_SWEEP_S", 0.0)
    async with media_process("--no-tcp") as media, asyncio.TaskGroup() as group:
        tested = Trials(lambda: [media.client])
        running = group.create_task(tested.run())
        for _ in range(20):
            with pytest.raises(Gone):
                await tested.begin(WATCH, "tcp", "here")
        assert not running.done()
        running.cancel()


def _protocols(sdp: str) -> list[str]:
    return [line.split()[2] for line in _candidates(sdp)]


def _candidates(sdp: str) -> list[str]:
    return [line for line in sdp.splitlines() if line.startswith("a=candidate")]
