"""A lean Engine.IO client over WebSocket: holds thousands of connections and counts what comes.

It reads as little of a frame as it can: its type, and for the class's frames the range of events that they
carry. Handshakes offer what browsers offer, so a server that compresses would have to say so.
"""

import asyncio
import base64
import json
import os
import re
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

_OFFER = "permessage-deflate; client_max_window_bits"
_CURSOR = re.compile(rb'"seq":\s?(\d+)')
_RESUME = re.compile(rb'"resume_token":\s?"([^"]+)"')
_RANGE = re.compile(rb'"from":\s?(\d+),\s?"to":\s?(\d+)')
_HEAD_BYTES = 2_000
_PING, _PONG, _CLOSE = b"2", b"3", 8
_TIME_OUT_S = 60.0


class Refused(Exception):
    """The server did not let a connection in."""


@dataclass(slots=True)
class Arrivals:
    """When which connection had got how far: one entry per frame, for all connections of a run."""

    at_s: "array[float]" = field(default_factory=lambda: array("d"))
    who: "array[int]" = field(default_factory=lambda: array("l"))
    since: "array[int]" = field(default_factory=lambda: array("q"))
    upto: "array[int]" = field(default_factory=lambda: array("q"))
    bytes: int = 0

    def clear(self) -> None:
        """Begin a new measurement."""
        for column in (self.at_s, self.who, self.since, self.upto):
            del column[:]
        self.bytes = 0


class Seat(asyncio.Protocol):
    """One connection. `number` names it in the arrivals; `is_silent` stops reading on purpose."""

    def __init__(self, number: int, arrivals: Arrivals, namespace: str, auth: dict[str, Any] | None) -> None:
        self.number = number
        self.cursor = 0
        self.auth = auth
        self.resume_token = ""
        self.resyncs = 0
        self.lost_at_s: float | None = None
        self.on_lost: Callable[[Seat], None] | None = None
        self._arrivals = arrivals
        self._namespace = namespace
        self._transport: asyncio.Transport | None = None
        self._left = b""
        self._is_upgraded = False
        self._acks: dict[int, asyncio.Future[bytes]] = {}
        self._next_ack = 0
        self.settled: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    @classmethod
    async def taken(
        cls,
        number: int,
        arrivals: Arrivals,
        port: int,
        *,
        namespace: str = "/class",
        auth: dict[str, Any] | None = None,
        offers_compression: bool = True,
    ) -> "Seat":
        """Connect, and return once the welcome (on the class's namespace) or the namespace is there.

        Raises:
            Refused: the server said no, or nothing within a minute.
        """
        loop = asyncio.get_running_loop()
        seat = cls(number, arrivals, namespace, auth)
        await loop.create_connection(lambda: seat, "127.0.0.1", port)
        seat._ask_for_upgrade(port, offers_compression=offers_compression)
        try:
            async with asyncio.timeout(_TIME_OUT_S):
                await seat.settled
        except TimeoutError:
            seat.leave()
            raise Refused("no answer within a minute") from None
        return seat

    def leave(self) -> None:
        """End the connection without a farewell, as a closed laptop does."""
        self.on_lost = None
        if self._transport is not None:
            self._transport.abort()

    def stop_reading(self) -> None:
        """Take nothing in any more, as a client on a dead network."""
        assert self._transport is not None
        self._transport.pause_reading()

    def go_on_reading(self) -> None:
        """Take in what has waited."""
        assert self._transport is not None
        self._transport.resume_reading()

    async def call(self, event: str, data: dict[str, Any]) -> dict[str, Any]:
        """Send a message, and return its acknowledgement.

        Raises:
            ConnectionError: the connection went before the answer came.
        """
        ack = self._next_ack
        self._next_ack += 1
        future = self._acks[ack] = asyncio.get_running_loop().create_future()
        prefix = "" if self._namespace == "/" else f"{self._namespace},"
        self._send(f"42{prefix}{ack}{json.dumps([event, data])}".encode())
        answer: list[dict[str, Any]] = json.loads(await future)
        return answer[0]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by inheritance

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        del exc
        self._transport = None
        self.lost_at_s = time.monotonic()
        if not self.settled.done():
            self.settled.set_exception(Refused("the connection was closed"))
        for future in self._acks.values():
            if not future.done():
                future.set_exception(ConnectionResetError("the connection was closed"))
        self._acks.clear()
        if self.on_lost is not None:
            self.on_lost(self)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._arrivals.bytes += len(data)
        if self._left:
            data = self._left + data
        if not self._is_upgraded:
            head, separator, data = data.partition(b"\r\n\r\n")
            if not separator:
                self._left = head
                return
            if not head.startswith(b"HTTP/1.1 101") or b"extensions" in head.lower():
                self._refuse(head.partition(b"\r\n")[0].decode())
                return
            self._is_upgraded = True
        at, end = 0, len(data)
        while end - at >= 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                length, start = int.from_bytes(data[at + 2 : at + 4]), at + 4
            elif length == 127:
                length, start = int.from_bytes(data[at + 2 : at + 10]), at + 10
            if end - start < length:
                break
            self._take(data[at] & 0x0F, data, start, start + length)
            at = start + length
        self._left = data[at:]

    def _take(self, opcode: int, data: bytes, start: int, end: int) -> None:
        if opcode == _CLOSE:
            return
        kind = data[start : start + 2]
        if kind == b"42":
            self._take_event(data[start : min(end, start + _HEAD_BYTES)])
        elif kind[:1] == _PING and self._transport is not None and not self._transport.is_closing():
            self._send(_PONG)
        elif kind == b"43":
            body = data[start + 2 : end]
            opening = body.index(b"[")
            ack = int(body[:opening].rpartition(b",")[2])
            future = self._acks.pop(ack, None)
            if future is not None and not future.done():
                future.set_result(body[opening:])
        elif kind[:1] == b"0":
            prefix = "" if self._namespace == "/" else f"{self._namespace},"
            self._send(f"40{prefix}{json.dumps(self.auth or {})}".encode())
        elif kind == b"40" and self._namespace == "/":
            self._settle()
        elif kind == b"44":
            self._refuse(data[start:end].decode())

    def _take_event(self, head: bytes) -> None:
        ranged = _RANGE.search(head, 0, 80)
        if ranged is None:
            cursor, token = _CURSOR.search(head), _RESUME.search(head)
            if cursor is not None and token is not None:
                self.cursor = int(cursor[1])
                self.resume_token = token[1].decode()
                self._settle()
                return
            self._note(self.cursor, self.cursor + 1)  # the peer's events carry no range: each is one
            return
        since, upto = int(ranged[1]), int(ranged[2])
        if since != self.cursor:
            self.resyncs += 1
            self.cursor = upto
            return
        self._note(since, upto)

    def _note(self, since: int, upto: int) -> None:
        arrivals = self._arrivals
        arrivals.at_s.append(time.monotonic())
        arrivals.who.append(self.number)
        arrivals.since.append(since)
        arrivals.upto.append(upto)
        self.cursor = upto

    def _settle(self) -> None:
        if not self.settled.done():
            self.settled.set_result(time.monotonic())

    def _refuse(self, why: str) -> None:
        if not self.settled.done():
            self.settled.set_exception(Refused(why[:200]))
        self.leave()

    def _send(self, payload: bytes) -> None:
        """Send one frame, masked (RFC 6455 §5.3) with a key of zeros: its bytes stay as they are."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the connection was closed")
        size = len(payload)
        head = bytes((129, 128 | size)) if size < 126 else bytes((129, 128 | 126)) + size.to_bytes(2)
        self._transport.write(head + b"\0\0\0\0" + payload)

    def _ask_for_upgrade(self, port: int, *, offers_compression: bool) -> None:
        assert self._transport is not None
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Origin: http://127.0.0.1:{port}",
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
            "Accept-Encoding: gzip, deflate, br, zstd",
            "Accept-Language: zh-CN,zh;q=0.9,en;q=0.8",
            "Cache-Control: no-cache",
            "Pragma: no-cache",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            *([f"Sec-WebSocket-Extensions: {_OFFER}"] if offers_compression else []),
        ]
        self._transport.write("\r\n".join([*lines, "", ""]).encode())
