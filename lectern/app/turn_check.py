"""Whether a configured TURN server takes our credentials: one real allocation over its UDP, TCP or TLS."""

import asyncio
import contextlib
import secrets
import ssl
from dataclasses import dataclass
from typing import Final, Literal, cast
from urllib.parse import parse_qs

from streaming.ice.turn_probe import AllocationProbe

TIMEOUT_S: Final = 4.0
_TRY_AGAIN_S: Final = 0.8

Outcome = Literal["allocated", "refused", "failed", "silent", "unreachable"]


@dataclass(frozen=True, slots=True)
class TurnAddress:
    """A TURN URI taken apart (RFC 7065)."""

    host: str
    port: int
    transport: Literal["udp", "tcp", "tls"]


def address_of(url: str) -> TurnAddress:
    """Read `turn:host[:port][?transport=…]` or `turns:…`. Raises ValueError."""
    scheme, _, rest = url.partition(":")
    where, _, query = rest.partition("?")
    host, port = where, ""
    if where.startswith("["):
        host, _, port = where[1:].partition("]")
        port = port.removeprefix(":")
    elif ":" in where:
        host, _, port = where.rpartition(":")
    wanted = parse_qs(query).get("transport", ["tcp" if scheme == "turns" else "udp"])[0]
    if scheme == "turns":
        return TurnAddress(host, int(port or 5349), "tls")
    if scheme != "turn" or wanted not in ("udp", "tcp") or not host:
        msg = f"{url} is no TURN address"
        raise ValueError(msg)
    return TurnAddress(host, int(port or 3478), cast("Literal['udp', 'tcp']", wanted))


async def allocate(address: TurnAddress, username: str, credential: str) -> Outcome:
    """Ask for an allocation and give it back; an address that cannot be reached is an outcome too."""
    probe = AllocationProbe(username, credential, secrets.token_bytes(12))
    try:
        async with asyncio.timeout(TIMEOUT_S):
            if address.transport == "udp":
                await _over_udp(address, probe)
            else:
                await _over_tcp(address, probe)
    except TimeoutError:
        return "silent"
    except (OSError, asyncio.IncompleteReadError):
        return "unreachable"
    return cast("Outcome", probe.outcome)


async def _over_udp(address: TurnAddress, probe: AllocationProbe) -> None:
    received: asyncio.Queue[bytes] = asyncio.Queue(maxsize=16)

    class Ear(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            with contextlib.suppress(asyncio.QueueFull):  # a server says two things to us, not sixteen
                received.put_nowait(data)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        Ear, remote_addr=(address.host, address.port)
    )
    try:
        said = probe.first()
        while not probe.outcome:
            transport.sendto(said)
            try:
                data = await asyncio.wait_for(received.get(), _TRY_AGAIN_S)
            except TimeoutError:
                continue  # a datagram may get lost; the caller bounds the whole
            said = probe.receive(data) or said
        transport.sendto(said)
    finally:
        transport.close()


async def _over_tcp(address: TurnAddress, probe: AllocationProbe) -> None:
    context = ssl.create_default_context() if address.transport == "tls" else None
    reader, writer = await asyncio.open_connection(address.host, address.port, ssl=context)
    try:
        writer.write(probe.first())
        while not probe.outcome:
            header = await reader.readexactly(20)
            body = await reader.readexactly(int.from_bytes(header[2:4], "big"))
            answer = probe.receive(header + body)
            if answer is not None:
                writer.write(answer)
        await writer.drain()
    finally:
        writer.close()
