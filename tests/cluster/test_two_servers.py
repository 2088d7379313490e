"""Media of one session over two server processes: one room, whichever server somebody came to."""

import aiohttp
import pytest
import socketio

from lectern.kernel.roles import SessionRole
from tests.cluster.two_servers import House, Served, house, until

pytestmark = [pytest.mark.services, pytest.mark.timeout(120)]


def steward(here: House) -> tuple[Served, Served]:
    """The server that steers the session, and the other one."""
    for one, other in ((here.a, here.b), (here.b, here.a)):
        assert one.services.stewards is not None
        if one.services.stewards.is_ours(here.session.id):
            return one, other
    raise AssertionError("nobody steers the session")


def recordings(here: House) -> list[str]:
    return sorted(one.name for one in (here.folder / "sessions" / here.session.id / "rec").iterdir())


async def test_people_at_two_servers_are_in_one_room_which_outlives_its_steward(
    postgres_url: str, redis_url: str
) -> None:
    async with house(postgres_url, redis_url) as here:
        await until("it is recorded", (here.folder / "sessions" / here.session.id / "rec").exists)
        first, second = steward(here)
        presenter = await here.tab("presenter", second, SessionRole.PRESENTER)  # passed on
        far, near = await here.tab("far", second), await here.tab("near", first)
        for viewer in (far, near):
            await viewer.sees(presenter)
        assert [s for slots in far.slots for s in slots.values() if s][-1]["source"] == "camera"
        assert len(first.services.plane.sessions()) == 1
        assert second.services.plane.sessions() == set()
        assert recordings(here) == ["1"]

        await _is_not_passed_on_twice(here, second)
        await far.socket.call("bye", {}, namespace="/signal", timeout=10)
        await until("far's transport ends", lambda: first.services.plane.loads()["media-1"][0] == 2)
        await far.offer()
        await far.sees(presenter)

        # The steward goes: the other one takes over, and everybody offers again by themselves.
        await first.leaves()
        await until("both are told", lambda: bool(presenter.resets) and bool(far.resets))
        await near.moves(second)
        for viewer in (far, near):
            await viewer.sees(presenter)
        assert presenter.resets == far.resets == ["media_restarted"]
        await until("the recording goes on", lambda: recordings(here) == ["1", "2"])
        assert second.services.stewards is not None
        assert second.services.stewards.is_ours(here.session.id)


async def _is_not_passed_on_twice(here: House, wrong: Served) -> None:
    """Whoever passes something on to a server that is not the steward (any more) is told so, and no other."""
    socket = socketio.AsyncClient(reconnection=False)
    await socket.connect(
        wrong.url,
        transports=["websocket"],
        namespaces=["/signal"],
        auth={"token": here.token("far"), "relayed": True},
        wait_timeout=30,
    )
    try:
        answer = await socket.call("offer", {"sdp": "v=0", "sources": {}}, namespace="/signal", timeout=10)
    finally:
        await socket.disconnect()
    assert answer["error"]["code"] == "media_unavailable"


async def test_whip_at_the_other_server_ends_in_the_same_room(postgres_url: str, redis_url: str) -> None:
    async with house(postgres_url, redis_url) as here:
        first, second = await _settled(here)
        viewer = await here.tab("viewer", first)
        assert viewer.pc is not None
        token = here.token("encoder", SessionRole.PRESENTER)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
        encoder = await here.tab("presenter", first, SessionRole.PRESENTER)
        assert encoder.pc is not None
        async with aiohttp.ClientSession(headers=headers) as client:
            url = f"{second.url}/whip/{here.session.id}"
            async with client.post(url, data=encoder.pc.localDescription.sdp) as made:
                assert made.status == 201
                place = made.headers["Location"]
                assert made.headers["ETag"]
                assert "a=ice-lite" in await made.text()
            assert first.services.plane.loads()["media-1"][0] == 3
            async with client.patch(
                f"{second.url}{place}", data="nothing", headers={"Content-Type": "text/plain"}
            ) as refused:
                assert refused.status == 415
                assert (await refused.json())["error"]["code"] == "content_type_invalid"
            async with client.delete(f"{second.url}{place}") as ended:
                assert ended.status == 200
        await until("its transport ends", lambda: first.services.plane.loads()["media-1"][0] == 2)


async def _settled(here: House) -> tuple[Served, Served]:
    """Both know who steers."""
    await until("it is recorded", (here.folder / "sessions" / here.session.id / "rec").exists)
    first, second = steward(here)

    def known() -> bool:
        assert second.services.stewards is not None
        return second.services.stewards.elsewhere(here.session.id) == first.url

    await until("the other one knows", known)
    return first, second
