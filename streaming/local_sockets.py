"""The sockets of a media process on a machine whose addresses change (DHCP, Wi-Fi, a VPN comes and goes).

With `--host 0.0.0.0` or `::` there is one UDP socket per address, by number; `reread` binds one at each new
address. A socket whose address is gone stays, as the address may come back with the peers that use it, until
its number is needed; meanwhile it is not offered. Bound: `MAX_SOCKETS`, beyond which new ones are not used.
"""

import contextlib
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from streaming.control.messages import Candidate
from streaming.sockets import MediaPorts, PortInUse, bind_all, candidates, listen_all, local_addresses

REREAD_S: Final = 2.0
"""Reading takes some 0.3 ms, and happens when somebody asks for candidates."""
MAX_SOCKETS: Final = 32


@dataclass(frozen=True, slots=True)
class Opened:
    """A new socket; `listener` is its TCP twin, `replaced` had its number and is to be closed."""

    number: int
    udp: socket.socket
    listener: socket.socket | None
    replaced: socket.socket | None


class LocalSockets:
    """See the module. `udp` is by number; `read` gives the machine's addresses, best first."""

    def __init__(
        self, host: str, ports: MediaPorts, now: float, *, read: Callable[[str], list[str]] = local_addresses
    ) -> None:
        self.udp = ports.udp
        self.offers_tcp = bool(ports.tcp)
        self._host = host
        self._read = read
        self._reread_at = now + REREAD_S
        self._port = ports.udp[0].getsockname()[1]
        self._found = [one.getsockname()[0] for one in ports.udp]
        self._most = max(MAX_SOCKETS, len(ports.udp))

    @property
    def current(self) -> list[socket.socket]:
        """Those at addresses that the machine has, best first."""
        by_address = {one.getsockname()[0]: one for one in self.udp}
        return [by_address[address] for address in self._found if address in by_address]

    def candidates(self, public_ips: Sequence[str]) -> list[Candidate]:
        """What peers are offered now."""
        return candidates(self.current, public_ips, tcp=self.offers_tcp)

    def reread(self, now: float) -> list[Opened] | None:
        """None when nothing changed, or it is too early to look again; else the sockets that were opened.

        What cannot be bound yet (an IPv6 address that is being probed) is tried again the next time.
        """
        if now < self._reread_at:
            return None
        self._reread_at = now + REREAD_S
        found = self._read(self._host)
        before, bound = self._found, {one.getsockname()[0] for one in self.udp}
        opened = [new for address in found if address not in bound for new in self._open(address, found)]
        self._found = [address for address in found if address in {o.getsockname()[0] for o in self.udp}]
        return opened if opened or self._found != before else None

    def _open(self, address: str, found: Sequence[str]) -> list[Opened]:
        number = len(self.udp)
        if number >= self._most:
            gone = (n for n, one in enumerate(self.udp) if one.getsockname()[0] not in found)
            number = next(gone, -1)
        if number < 0:
            return []
        try:
            (udp,) = bind_all([address], self._port)
        except (OSError, PortInUse):
            return []
        listener = None
        if self.offers_tcp:
            with contextlib.suppress(OSError, PortInUse):
                (listener,) = listen_all([address], self._port)
        replaced = self.udp[number] if number < len(self.udp) else None
        self.udp[number : number + 1] = [udp]
        return [Opened(number, udp, listener, replaced)]
