import ipaddress
import socket

import pytest

from streaming.sockets import PortInUse, bind_all, candidates, local_addresses


def test_loopback_binds_nothing_else() -> None:
    assert local_addresses("127.0.0.1") == ["127.0.0.1"]
    assert local_addresses("localhost") == ["127.0.0.1"]
    assert local_addresses("::1") == ["::1"]


def test_everything_is_every_address_that_others_can_reach() -> None:
    four, six = local_addresses("0.0.0.0"), local_addresses("::")
    assert set(four) <= set(six)
    assert four
    for address in map(ipaddress.ip_address, six):
        assert not address.is_link_local
        assert not address.is_unspecified


def test_all_sockets_share_one_port_and_public_addresses_come_first() -> None:
    bound = bind_all(["127.0.0.1", "127.0.0.2"], 0)
    try:
        ports = {one.getsockname()[1] for one in bound}
        found = candidates(bound, ["203.0.113.9"])
        assert len(ports) == 1
        assert [c.address for c in found] == ["203.0.113.9", "127.0.0.1", "127.0.0.2"]
        assert {c.port for c in found} == ports
        priorities = [c.priority for c in found]
        assert priorities == sorted(priorities, reverse=True)
        assert len({c.foundation for c in found}) == 3
    finally:
        for one in bound:
            one.close()


def test_a_port_in_use_leaves_nothing_open() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match="LECTERN_MEDIA_PORT"):
            bind_all(["127.0.0.2", "127.0.0.1"], port)
        (one,) = bind_all(["127.0.0.2"], port)
        one.close()
