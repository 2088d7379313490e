"""A machine whose addresses change: new ones are bound and offered, those that are gone are not."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from streaming import local_sockets
from streaming.control import messages as m
from streaming.local_sockets import REREAD_S, LocalSockets
from streaming.sockets import open_ports
from streaming.twin import VARIABLE
from tests.streaming.forwarding.implementations import needs_twin
from tests.streaming.media_process import media_process
from tests.streaming.moving_house import ip
from tests.streaming.socket_peer import SocketPeer, tcp, udp

MOVED = "10.233.77.1"


class Machine:
    """Its addresses, for a process that listens at all of them."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.now = 0.0
        self.readings = 0
        self.ports = open_ports(addresses, 0)
        self.local = LocalSockets("0.0.0.0", self.ports, 0.0, read=self._read)

    def _read(self, host: str) -> list[str]:
        assert host == "0.0.0.0"
        self.readings += 1
        return list(self.addresses)

    def becomes(self, *addresses: str) -> list[int] | None:
        """The numbers of the sockets that were opened; None where nothing changed."""
        self.addresses = list(addresses)
        self.now += REREAD_S
        opened = self.local.reread(self.now)
        for new in opened or []:
            assert new.listener is not None
            assert new.listener.getsockname() == new.udp.getsockname()
            new.listener.close()
            if new.replaced is not None:
                new.replaced.close()
        return None if opened is None else [new.number for new in opened]

    @property
    def offered(self) -> list[str]:
        """Addresses of UDP candidates, best first."""
        return [c.address for c in self.local.candidates(["203.0.113.1"]) if c.protocol == "udp"]


@pytest.fixture
def machine() -> Iterator[Machine]:
    made = Machine("127.0.0.1")
    yield made
    for one in (*made.local.udp, *made.ports.tcp):
        one.close()


def test_a_new_address_is_bound_at_the_same_port_and_offered(machine: Machine) -> None:
    (port,) = {c.port for c in machine.local.candidates([])}
    assert machine.becomes("127.0.0.2", "127.0.0.1") == [1]
    assert machine.offered == ["203.0.113.1", "127.0.0.2", "127.0.0.1"]
    assert {c.port for c in machine.local.candidates([])} == {port}


def test_an_address_that_is_gone_is_not_offered_and_keeps_its_number_for_its_return(machine: Machine) -> None:
    machine.becomes("127.0.0.2")
    assert machine.offered == ["203.0.113.1", "127.0.0.2"]
    assert machine.becomes("127.0.0.1", "127.0.0.2") == []
    assert [one.getsockname()[0] for one in machine.local.udp] == ["127.0.0.1", "127.0.0.2"]


def test_nothing_new_is_nothing_to_do_and_readings_are_few(machine: Machine) -> None:
    assert machine.becomes("127.0.0.1") is None
    readings = machine.readings
    for _ in range(1000):
        assert machine.local.reread(machine.now + REREAD_S / 2) is None
    assert machine.readings == readings


def test_what_cannot_be_bound_yet_is_tried_again(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as early:

        def bind_nothing(_addresses: list[str], _port: int) -> None:
            raise OSError(99, "Cannot assign requested address")

        early.setattr(local_sockets, "bind_all", bind_nothing)
        assert machine.becomes("127.0.0.1", "127.0.0.2") is None
    assert machine.offered == ["203.0.113.1", "127.0.0.1"]
    assert machine.becomes("127.0.0.1", "127.0.0.2") == [1]


def test_numbers_are_bounded_and_taken_from_addresses_that_are_gone(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine.local, "_most", 3)
    for number in range(2, 9):
        (taken,) = machine.becomes("127.0.0.1", f"127.0.0.{number}") or []
        assert 1 <= taken <= 2
    assert len(machine.local.udp) == 3
    assert machine.offered == ["203.0.113.1", "127.0.0.1", "127.0.0.8"]
    before = machine.local.udp[1:]
    machine.becomes("127.0.0.1", *(one.getsockname()[0] for one in before), "127.0.0.99")
    assert machine.local.udp[1:] == before
    assert "127.0.0.99" not in machine.offered


@contextmanager
def address_on_loopback() -> Iterator[None]:
    """The machine has `MOVED` for as long as this lasts."""
    ip("address", "add", f"{MOVED}/32", "dev", "lo")
    try:
        yield
    finally:
        ip("address", "delete", f"{MOVED}/32", "dev", "lo")


@pytest.mark.services
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change the machine's addresses")
@pytest.mark.parametrize("hot_path", ["python", pytest.param("compiled", marks=needs_twin)])
async def test_a_lesson_over_an_address_that_came_after_the_start(
    hot_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, hot_path)
    async with media_process("--host", "0.0.0.0") as media:
        early = await SocketPeer(media, "early", "subscribe").negotiate()
        assert MOVED not in {c.address for c in early.candidates}
        with address_on_loopback():
            await asyncio.sleep(REREAD_S)
            publisher = SocketPeer(media, "publisher", "publish")
            viewers = [SocketPeer(media, name, "subscribe") for name in ("by-udp", "by-tcp")]
            locals_ = [await peer.negotiate() for peer in (publisher, *viewers)]
            for local in locals_:
                assert [c.protocol for c in local.candidates if c.address == MOVED] == ["udp", "tcp"]
            server = MOVED, locals_[0].candidates[0].port
            assert server in (await media.client.hello()).addresses
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(peer.run()) for peer in (publisher, *viewers)]
                publisher.use(udp(MOVED), server)
                viewers[0].use(udp(MOVED), server)
                viewers[1].use(tcp(server), server)
                await media.wait_for(m.TrackStarted)
                await media.client.set_routes(*(m.Route(v.name, "0", "publisher:0") for v in viewers))
                for viewer in viewers:
                    await viewer.receive(10)
                for task in tasks:
                    task.cancel()
        await asyncio.sleep(REREAD_S)
        late = await SocketPeer(media, "late", "subscribe").negotiate()
        assert [c.address for c in late.candidates] == [c.address for c in early.candidates]
