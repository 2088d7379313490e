"""The connection test's server side: bounded, short, and of no use for anything else."""

import asyncio

import pytest

from lectern.kernel.errors import Gone, Overloaded, ProtocolViolation
from signaling.trial import trials
from signaling.trial.trials import Trials
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
        by_udp = await tested.begin(WATCH, "udp")
        by_tcp = await tested.begin(WATCH, "tcp")
        assert _protocols(by_udp) == ["udp"]
        assert _protocols(by_tcp) == ["tcp"]
        with pytest.raises(Overloaded):
            await tested.begin(WATCH, "udp")
        assert len((await media.client.get_stats()).transports) == 2
        async with asyncio.timeout(10):
            while (await media.client.get_stats()).transports:
                await asyncio.sleep(0.05)
        await tested.begin(WATCH, "udp")
        running.cancel()


async def test_a_way_that_is_switched_off_is_named() -> None:
    async with media_process("--no-tcp") as media:
        with pytest.raises(Gone) as caught:
            await Trials(lambda: [media.client]).begin(WATCH, "tcp")
        assert caught.value.code == "way_unavailable"
        assert (await media.client.get_stats()).transports == ()


@pytest.mark.parametrize("sdp", ["", "v=0", offer_of(("audio", "sendonly")), offer_of(("video", "sendrecv"))])
async def test_nobody_publishes_or_breaks_anything_through_a_test(sdp: str) -> None:
    with pytest.raises(ProtocolViolation):
        await Trials(list).begin(sdp, "udp")


async def test_anybody_may_test_and_relays_are_for_people_we_know(house: Installation) -> None:
    object.__setattr__(house.services.turn, "urls", ("turn:turn.example.com",))
    stranger = await house.ask("GET", PATH)
    assert stranger.data == {"turn_urls": ["turn:turn.example.com"], "ice_servers": []}
    known = await house.ask("GET", PATH, by="learner")
    assert known.data["ice_servers"][0]["username"].endswith(house.people["learner"])
    away = await house.ask("POST", PATH, json={"sdp": WATCH, "way": "udp"})
    assert (away.status, away.code) == (503, "media_unavailable")


async def test_a_flood_of_tests_is_held_up(house: Installation) -> None:
    codes = [(await house.ask("POST", PATH, json={"sdp": "x", "way": "tcp"})).code for _ in range(65)]
    assert codes[0] == "sdp_invalid"
    assert codes[-1] == "too_many_tries"


def _protocols(sdp: str) -> list[str]:
    return [line.split()[2] for line in sdp.splitlines() if line.startswith("a=candidate")]
