"""A file that takes its time, over HTTP: how far it is, line by line, and then the file, in one answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
from aiohttp import web

from analytics.closing.press import Tell
from lectern.edge.faults import to_wire
from lectern.edge.routes import Request
from lectern.kernel.tasks import task_group

HEADERS: Final[Mapping[str, str]] = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_TOLD_EVERY_S = 0.3


async def streamed(
    request: Request, make: Callable[[Tell], Awaitable[tuple[str, bytes]]]
) -> web.StreamResponse:
    """Answer with JSON lines of how far it is, one of how many bytes it has, and then these.

    `make` returns the file with its name. An error is a line, too: the answer has begun. Whoever leaves is
    noticed within a second, and the work ends.
    """
    at = [0, 0]

    def tell(done: int, of: int) -> None:
        at[:] = done, of

    async def work() -> tuple[str, bytes]:
        return await make(tell)

    response = web.StreamResponse(headers={**HEADERS, "X-Accel-Buffering": "no"})
    response.content_type = "application/x-ndjson"
    await response.prepare(request.http)
    try:
        async with task_group() as group:
            making = group.create_task(work())
            while not (await asyncio.wait({making}, timeout=_TOLD_EVERY_S))[0]:
                transport = request.http.transport
                if transport is None or transport.is_closing():
                    making.cancel()
                    break
                await response.write(msgspec.json.encode({"done": at[0], "of": at[1]}) + b"\n")
        if making.cancelled():
            return response
        name, content = making.result()
    except ConnectionError:  # whoever asked is gone, and the group has ended the work
        return response
    except Exception as error:  # noqa: BLE001 (the edge: every failure becomes the one error shape)
        await response.write(msgspec.json.encode(to_wire(error)[1]) + b"\n")
        await response.write_eof()
        return response
    await response.write(msgspec.json.encode({"bytes": len(content), "name": name}) + b"\n")
    await response.write(content)
    await response.write_eof()
    return response
