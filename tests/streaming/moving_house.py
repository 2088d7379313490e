"""A phone in a network namespace of its own, with two ways to the server: Wi-Fi and a mobile network."""

import ctypes
import os
import secrets
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVER = "10.231.0.1"
_CLONE_NEWNET = 0x40000000


@dataclass(frozen=True, slots=True)
class Phone:
    """`wifi` and `mobile` are its interfaces; Wi-Fi is in use at first."""

    namespace: str
    wifi: str
    mobile: str

    def leave_wifi(self) -> None:
        """As one walks out of the door: the Wi-Fi is gone, everything goes through the mobile network."""
        ip("-n", self.namespace, "link", "set", self.wifi, "down")
        ip("-n", self.namespace, "route", "replace", "default", "via", "10.231.2.1", "dev", self.mobile)

    def new_socket(self) -> socket.socket:
        """A UDP socket in there."""
        return self._inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def _inside(self, make: Callable[[], socket.socket]) -> socket.socket:
        made: list[socket.socket] = []

        def run() -> None:  # a thread has a namespace of its own, and takes it along when it ends
            descriptor = os.open(f"/var/run/netns/{self.namespace}", os.O_RDONLY)
            try:
                if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            finally:
                os.close(descriptor)
            made.append(make())

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        return made[0]


@contextmanager
def phone() -> Iterator[Phone]:
    """Make it and both its networks; needs root. The server's address is on the loopback interface."""
    name = f"lec{secrets.token_hex(3)}"
    made = Phone(name, f"{name}w", f"{name}m")
    ip("netns", "add", name)
    try:
        ip("address", "add", f"{SERVER}/32", "dev", "lo")
        for network, inner in ((1, made.wifi), (2, made.mobile)):
            outer = f"{inner}0"
            ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", name)
            ip("address", "add", f"10.231.{network}.1/24", "dev", outer)
            ip("link", "set", outer, "up")
            ip("-n", name, "address", "add", f"10.231.{network}.2/24", "dev", inner)
            ip("-n", name, "link", "set", inner, "up")
        ip("-n", name, "route", "add", "default", "via", "10.231.1.1", "dev", made.wifi)
        yield made
    finally:
        ip("netns", "delete", name)
        ip("address", "delete", f"{SERVER}/32", "dev", "lo")


def ip(*arguments: str) -> None:
    """Run iproute2; changing anything needs root."""
    tool = next(path for path in ("/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip") if Path(path).exists())
    subprocess.run([tool, *arguments], check=True, capture_output=True)
