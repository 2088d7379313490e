"""The `/class` namespace: welcome, resync, command, clock, page state, notes (docs/protocol.md)."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, TypeVar
from weakref import WeakValueDictionary

import msgspec
import socketio
import structlog

from interactions.live.admission import Admission, Admitted
from interactions.live.connection import COMMAND_BURST, COMMANDS_PER_S, Connection, welcome
from interactions.live.fan_out import FanOut
from interactions.live.outlet import SocketOutlet
from interactions.live.pace import TokenBucket
from interactions.notes.desk import NotesClose, NotesDesk, NotesOpen, NotesWrite
from interactions.page_state.events import Attended
from interactions.page_state.gatherer import PageStateGatherer
from interactions.page_state.report import PageStateMessage, placed
from interactions.reaction.gatherer import REACT, ReactionGatherer
from lectern.edge.faults import to_wire
from lectern.kernel.errors import Forbidden, Gone, Overloaded, ProtocolViolation
from lectern.kernel.roles import SessionRole
from lectern.kernel.tasks import run_forever, task_group
from lectern.timeline.engine import TimelineEngine

MAX_MESSAGE_BYTES = 64 * 1024
SEEN_INTERVAL_S = 5.0
MAX_CONNECTIONS = 64
"""Of one participant in this process: displays may share a link, but nobody may fill the server with one."""
_RETRY_AFTER_S = 20

_log = structlog.get_logger()

Handler = Callable[[Connection, Any], Awaitable[dict[str, Any]]]
ClientIp = Callable[[Mapping[str, Any]], str]
M = TypeVar("M", bound=msgspec.Struct)


class CommandMessage(msgspec.Struct, frozen=True):
    """`command`: `id` is the client's own, and makes a repetition harmless."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_\-]{1,64}$")]
    type: Annotated[str, msgspec.Meta(max_length=64)]
    data: Any = msgspec.field(default_factory=dict)


class ResyncMessage(msgspec.Struct, frozen=True):
    """`resync`: after which event the client wants to go on; null asks for a snapshot."""

    after: Annotated[int, msgspec.Meta(ge=0)] | None = None


class ClockMessage(msgspec.Struct, frozen=True):
    """`clock`: what time is it on the server?"""


def direct_ip(environ: Mapping[str, Any]) -> str:
    """Return the address that the connection comes from, without believing any header."""
    return environ["aiohttp.request"].remote or ""


class ClassNamespace(socketio.AsyncNamespace):  # type: ignore[misc] # python-socketio ships no types
    """The class plane's door. Register it on a server, and keep `run()` running."""

    def __init__(
        self,
        engine: TimelineEngine,
        admission: Admission,
        *,
        client_ip: ClientIp = direct_ip,
        namespace: str = "/class",
    ) -> None:
        """`client_ip` reads the peer's address out of a request's environ, past trusted proxies."""
        super().__init__(namespace)
        self._engine = engine
        self._admission = admission
        self._client_ip = client_ip
        self._connections: dict[str, Connection] = {}
        self._held: Counter[str] = Counter()
        self._allowances: WeakValueDictionary[str, TokenBucket] = WeakValueDictionary()
        self._fan_out: FanOut | None = None
        self._handlers: dict[str, Handler] = {
            "command": self._command,
            "resync": self._resync,
            "clock": self._clock,
            "page_state": self._page_state,
            "notes_open": self._notes_open,
            "notes_write": self._notes_write,
            "notes_close": self._notes_close,
        }
        self._reactions = ReactionGatherer(engine)
        self._page_states = PageStateGatherer(engine)
        self._notes = NotesDesk(engine, lambda: SocketOutlet(self.server, self.namespace))

    @property
    def fan_out(self) -> FanOut:
        """The fan-out over the server that this namespace is registered on."""
        if self._fan_out is None:
            outlet = SocketOutlet(self.server, self.namespace)
            self._fan_out = FanOut(self._engine, outlet, self._vanished)
        return self._fan_out

    @property
    def connected(self) -> int:
        """How many connections this process holds."""
        return len(self._connections)

    @property
    def cut_off(self) -> int:
        """How many peers of this process were cut off because they left too much unread."""
        cut: int = self.server.eio.cut_off
        return cut

    async def run(self) -> None:
        """Deliver events and report presence; ends by cancellation, and then reports everybody gone."""
        try:
            async with task_group() as tasks:
                tasks.create_task(self.fan_out.run())
                tasks.create_task(run_forever("class_presence", self._report_presence))
                tasks.create_task(self._reactions.run())
                tasks.create_task(run_forever("class_page_states", self._page_states.run))
                tasks.create_task(self._notes.watching.run())
        finally:
            async with task_group() as tasks:
                for connection in list(self._connections.values()):
                    tasks.create_task(self._farewell(connection))

    async def trigger_event(self, event: Any, *args: Any) -> Any:
        """Dispatch what python-socketio brings: its own `connect` and `disconnect`, and clients' messages.

        A client may name a message like one of those two; it is told apart by whether it is connected.
        """
        sid = args[0]
        connection = self._connections.get(sid)
        if not self.server.manager.is_connected(sid, self.namespace):
            if event == "connect" and connection is None:
                return await self._connect(sid, args[1], args[2] if len(args) > 2 else None)
            if event == "disconnect" and connection is not None:
                await self._farewell(connection)
            return None
        try:
            if connection is None:
                raise Gone("not_connected", "The connection has ended. Please connect again.")
            handler = self._handlers.get(event) if isinstance(event, str) else None
            if handler is None:
                raise ProtocolViolation("message_unknown", "This message does not exist.")
            return await handler(connection, _one_message(args[1:]))
        except Exception as error:  # noqa: BLE001 (the edge: whatever went wrong becomes this client's answer)
            return to_wire(error)[1]

    async def _connect(self, sid: str, environ: Mapping[str, Any], auth: Any) -> None:
        admitted: Admitted | None = None
        try:
            after = _after(auth)
            admitted = await self._admission.admit(auth, self._client_ip(environ))
            self._refuse_hoard(admitted.actor.participant_id)
            # Letting them in was a change of this timeline, so what is at hand includes it.
            view = await self._engine.view(admitted.session_id, admitted.viewer, after, at_hand=True)
        except Exception as error:  # noqa: BLE001 (the edge again: the client learns why it is refused)
            if admitted is not None:
                await self._leave(admitted)
            body = to_wire(error)[1]
            raise socketio.exceptions.ConnectionRefusedError(body["error"]["message"], body) from None
        except asyncio.CancelledError:
            if admitted is not None:
                await self._leave(admitted)
            raise
        greeting = welcome(admitted, view, after, self._engine.clock())
        # All connections of a participant share it: opening more of them allows no more commands.
        allowance = self._allowances.setdefault(
            admitted.actor.participant_id, TokenBucket(COMMAND_BURST, COMMANDS_PER_S)
        )
        connection = Connection(
            sid,
            admitted,
            greeting,
            cursor=view.seq,
            told=view.seq,
            commands=allowance,
            attended_utc_ms=self._engine.clock(),
        )
        self._connections[sid] = connection
        self._held[admitted.actor.participant_id] += 1
        _log.info("class_connected", **_whose(admitted))
        # Last, and without an await after it: the CONNECT packet is queued before the fan-out gets to run.
        self.fan_out.add(connection)

    def _refuse_hoard(self, participant_id: str) -> None:
        if self._held[participant_id] >= MAX_CONNECTIONS:
            raise Overloaded(
                "too_many_connections", "This link is open on too many devices.", retry_after_s=_RETRY_AFTER_S
            )

    async def _farewell(self, connection: Connection) -> None:
        if self._connections.pop(connection.sid, None) is None:
            return
        self.fan_out.remove(connection)
        self._notes.watching.forget(connection.sid)
        participant_id = connection.admitted.actor.participant_id
        self._held[participant_id] -= 1
        if not self._held[participant_id]:
            del self._held[participant_id]
        _log.info("class_disconnected", **_whose(connection.admitted))
        await self._leave(connection.admitted)

    async def _leave(self, admitted: Admitted) -> None:
        try:
            await self._admission.left(admitted)
        except Exception as error:  # noqa: BLE001 (a store that is away must not keep others from parting)
            _log.warning("class_leave_failed", error=repr(error), **_whose(admitted))

    async def _vanished(self, connection: Connection) -> None:
        """Part with a connection whose transport went while it was being admitted: nobody tells us of it."""
        await self.server.disconnect(connection.sid, namespace=self.namespace)
        await self._farewell(connection)

    async def _report_presence(self) -> None:
        while True:
            await asyncio.sleep(SEEN_INTERVAL_S)
            present = [connection.admitted for connection in self._connections.values()]
            if present:
                await self._admission.seen(present)

    async def _command(self, connection: Connection, raw: Any) -> dict[str, Any]:
        connection.commands.take(asyncio.get_running_loop().time())
        message = _decode(raw, CommandMessage)
        admitted = connection.admitted
        session_id, actor = admitted.session_id, admitted.actor
        if message.type == REACT:
            first = await self._reactions.take(session_id, actor, message.id, message.data)
        else:
            first = await self._engine.execute(session_id, actor, message.id, message.type, message.data)
        return {"ok": True, "result": first.result, "seq": first.seq}

    async def _resync(self, connection: Connection, raw: Any) -> dict[str, Any]:
        connection.resyncs.take(asyncio.get_running_loop().time())
        message = _decode(raw, ResyncMessage)
        admitted = connection.admitted
        view = await self._engine.view(admitted.session_id, admitted.viewer, message.after)
        connection.resynced(view)
        return welcome(admitted, view, message.after, self._engine.clock())

    async def _page_state(self, connection: Connection, raw: Any) -> dict[str, Any]:
        connection.page_states.take(asyncio.get_running_loop().time())
        message = _decode(raw, PageStateMessage)
        admitted = connection.admitted
        if admitted.actor.role is not SessionRole.LEARNER:
            raise Forbidden("not_allowed", "Your role in this session does not allow this.")
        now = self._engine.clock()
        report = Attended(
            participant=admitted.actor.participant_id,
            connection=admitted.connection_id,
            changes=placed(message.changes, since=connection.attended_utc_ms, now=now),
        )
        self._page_states.take(admitted.session_id, report)
        connection.attended_utc_ms = now
        return {"ok": True}

    async def _notes_open(self, connection: Connection, raw: Any) -> dict[str, Any]:
        return await self._notes.open(connection, _decode(raw, NotesOpen))

    async def _notes_write(self, connection: Connection, raw: Any) -> dict[str, Any]:
        return await self._notes.write(connection, _decode(raw, NotesWrite))

    async def _notes_close(self, connection: Connection, raw: Any) -> dict[str, Any]:
        return await self._notes.close(connection, _decode(raw, NotesClose))

    async def _clock(self, connection: Connection, raw: Any) -> dict[str, Any]:
        connection.clocks.take(asyncio.get_running_loop().time())
        _decode(raw, ClockMessage)
        return {"utc_ms": self._engine.clock()}


def _after(auth: Any) -> int | None:
    """Return the client's cursor out of `auth`.

    Raises:
        ProtocolViolation: `auth` is no object, too large, or its cursor is no number.
    """
    if not isinstance(auth, dict):
        raise ProtocolViolation("message_invalid", "The connection has to say who it is.", field="auth")
    return _decode(_one_message((auth,)), ResyncMessage).after


def _one_message(data: tuple[Any, ...]) -> Any:
    """Return the one argument of a client's message.

    Raises:
        ProtocolViolation: there is another number of them, or it is too large, or no JSON.
    """
    if len(data) != 1:
        raise ProtocolViolation("message_invalid", "A message has one argument, an object.")
    try:
        size_bytes = len(json.dumps(data[0], ensure_ascii=True, separators=(",", ":")))
    except (TypeError, ValueError, RecursionError):
        raise ProtocolViolation("message_invalid", "This message cannot be read.") from None
    if size_bytes > MAX_MESSAGE_BYTES:
        raise ProtocolViolation(
            "message_too_large", "This message is too large.", limit_bytes=MAX_MESSAGE_BYTES
        )
    return data[0]


def _decode(raw: Any, shape: type[M]) -> M:
    """Return `raw` as `shape`.

    Raises:
        ProtocolViolation: it has another shape.
    """
    try:
        return msgspec.convert(raw, shape)
    except msgspec.ValidationError as error:
        raise ProtocolViolation(
            "message_invalid", "This message is not as it should be.", reason=str(error)
        ) from None


def _whose(admitted: Admitted) -> dict[str, str]:
    return {"session_id": admitted.session_id, "participant_id": admitted.actor.participant_id}
