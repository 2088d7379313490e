"""Ports of 127.0.0.1 for servers that tests start.

They are below those that the system gives to outgoing connections, and a process never gets the same one
twice: otherwise something else may take a port between our look and the server's start, which lasts seconds.
"""

import itertools
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack

_FIRST, _LAST = 10_000, 32_000
_APART = 331
"""Between the first ports of processes that started one after the other."""


def _candidates() -> Iterator[int]:
    offset = os.getpid() * _APART
    return (_FIRST + number % (_LAST - _FIRST) for number in itertools.count(offset))


_next = _candidates()


def free_port() -> int:
    """Return a port that nobody has, TCP or UDP."""
    return free_ports(1)


def free_ports(count: int) -> int:
    """Return the first of some consecutive ports that nobody has, TCP or UDP."""
    found: list[int] = []
    for port in itertools.islice(_next, _LAST - _FIRST):
        if not _is_free(port):
            found.clear()
        elif found and port != found[-1] + 1:  # the range began again
            found[:] = [port]
        else:
            found.append(port)
        if len(found) == count:
            return found[0]
    message = f"no {count} free ports between {_FIRST} and {_LAST}"
    raise AssertionError(message)


def _is_free(port: int) -> bool:
    with ExitStack() as stack:
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                stack.enter_context(socket.socket(socket.AF_INET, kind)).bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
