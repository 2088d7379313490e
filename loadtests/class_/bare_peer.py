"""The peer: python-socketio on aiohttp with uvloop, as its documentation shows it, and one event to all.

`python -m loadtests.class_.bare_peer PORT`: each line `N EVERY_S` on standard input emits N events, EVERY_S
seconds apart, to all connections; it answers with a line when the last was handed over.
"""

import asyncio
import sys

import socketio
import uvloop
from aiohttp import web

EVENT = {"seq": 41, "type": "message", "author": "p_7f", "text": "This sentence makes the event 110 bytes."}


async def serve(port: int) -> None:
    """Serve until standard input ends."""
    sockets = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*")
    application = web.Application()
    sockets.attach(application)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        count, every_s = line.split()
        for number in range(int(count)):
            due = loop.time() + float(every_s)
            await sockets.emit("event", EVENT | {"seq": number})
            await asyncio.sleep(max(0.0, due - loop.time()))
        print("done", flush=True)
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
