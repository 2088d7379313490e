"""A member of the class without a browser: comes back by itself, repeats what was not acknowledged."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import socketio

from lectern.app.consent import VERSION
from lectern.kernel.ids import new_id

ACK_PATIENCE_S = 3.0
PASSING = frozenset({"too_fast", "database_away"})


@dataclass(slots=True)
class Acknowledged:
    """A command whose result this client was told."""

    id: str
    type: str
    result: dict[str, Any]
    seq: int


@dataclass(slots=True)
class ClassClient:
    """A place in `/class` that outlives servers. `entities` and `events` are as docs/protocol.md says."""

    url: str
    token: str
    socket: socketio.AsyncClient
    device: str = "pc"
    seq: int | None = None
    entities: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    participant_id: str = ""
    welcomes: int = 0
    over: str | None = None
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, what: str, probe: Any, within_s: float = 15.0) -> None:
        """Wait until `probe(self)` is true after something changed."""
        try:
            async with asyncio.timeout(within_s), self.changed:
                await self.changed.wait_for(lambda: bool(probe(self)))
        except TimeoutError:
            message = f"not within {within_s} s: {what} (seq {self.seq})"
            raise AssertionError(message) from None

    async def command(self, type_: str, within_s: float = 30.0, **data: Any) -> dict[str, Any]:
        """Give a command until it is acknowledged, over as many connections as that takes."""
        id_ = new_id()
        message = {"id": id_, "type": type_, "data": data}
        async with asyncio.timeout(within_s):
            while True:
                welcomes = self.welcomes
                try:
                    answer = await self.socket.call(
                        "command", message, namespace="/class", timeout=ACK_PATIENCE_S
                    )
                except (socketio.exceptions.SocketIOError, ConnectionError):
                    await self._come_back(welcomes)
                    continue
                error = answer.get("error")
                if error is not None and error["code"] in PASSING:
                    await asyncio.sleep(error["details"]["retry_after_s"])
                    continue
                assert error is None, answer
                self.acknowledged.append(Acknowledged(id_, type_, answer["result"], answer["seq"]))
                result: dict[str, Any] = answer["result"]
                return result

    async def _come_back(self, welcomes: int) -> None:
        """Give a lost connection a moment; one that is there although an answer was late is used again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0), self.changed:
                await self.changed.wait_for(lambda: self.welcomes > welcomes)

    async def take_welcome(self, data: dict[str, Any]) -> None:
        """See docs/protocol.md `welcome`."""
        async with self.changed:
            self.participant_id = data["participant_id"]
            self.token = data["resume_token"]
            if "entities" in data:
                self.entities, self.events, self.seq = dict(data["entities"]), [], data["seq"]
            else:
                assert data["from"] == self.seq
                self._apply(data["events"])
                self.seq = data["seq"]
            self.welcomes += 1
            self.changed.notify_all()

    async def take_frame(self, data: dict[str, Any]) -> None:
        """See docs/protocol.md `events`."""
        if self.seq is None or data["to"] <= self.seq:
            return
        if data["from"] > self.seq:
            answer = await self.socket.call("resync", {"after": self.seq}, namespace="/class", timeout=10)
            if "events" in answer and answer["from"] == self.seq:
                data = {"from": answer["from"], "to": answer["seq"], "events": answer["events"]}
            else:
                return
        async with self.changed:
            self._apply([event for event in data["events"] if event["seq"] > (self.seq or 0)])
            self.seq = data["to"]
            self.changed.notify_all()

    async def take_over(self, data: dict[str, Any]) -> None:
        """See docs/protocol.md `over`."""
        async with self.changed:
            self.over = data["code"]
            self.changed.notify_all()

    def _apply(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            self.events.append(event)
            for path, entity in event["put"]:
                if entity is None:
                    self.entities.pop(path, None)
                else:
                    self.entities[path] = entity

    def auth(self) -> dict[str, Any]:
        """What each connection says first."""
        return {
            "token": self.token,
            "after": self.seq,
            "lang": "zh-CN",
            "device": self.device,
            "consent": VERSION,
        }


@asynccontextmanager
async def class_client(
    url: str, token: str, device: str = "pc", transports: Sequence[str] = ("websocket",)
) -> AsyncIterator[ClassClient]:
    """A client that was welcomed.

    The HTTP session is ours: engineio makes a new one while it still closes the one before, when a lost
    connection comes back fast, and then forgets the new one unclosed.
    """
    async with aiohttp.ClientSession() as http:
        socket = socketio.AsyncClient(
            reconnection=True, reconnection_delay=0.2, reconnection_delay_max=1, http_session=http
        )
        client = ClassClient(url, token, socket, device)
        socket.on("welcome", client.take_welcome, namespace="/class")
        socket.on("events", client.take_frame, namespace="/class")
        socket.on("over", client.take_over, namespace="/class")
        await socket.connect(
            url, transports=list(transports), namespaces=["/class"], auth=client.auth, wait_timeout=30
        )
        try:
            await client.until("a welcome", lambda c: c.welcomes)
            yield client
        finally:
            # Abrupt where it polls: the client would wait for its GET, which lasts until the next ping.
            if socket.connected and socket.transport() == "polling":
                await socket.eio.disconnect(abort=True)
            await socket.disconnect()
            await socket.shutdown()
