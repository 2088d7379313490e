"""`lectern serve`: one server process with its children, until it is told to stop."""

import asyncio
import contextlib
import json
import signal
import ssl

import structlog
from aiohttp import web

from lectern import __version__
from lectern.app.demo import announce, set_up_demo
from lectern.app.docs_page import docs_page
from lectern.app.http import add_security_headers, outer_wall, serve_web_client
from lectern.app.settings import Settings
from lectern.app.wiring import Services, built
from lectern.edge.openapi import describe
from lectern.edge.routes import mount
from lectern.kernel.tasks import run_forever, task_group

_log = structlog.get_logger()
_SWEEP_EVERY_S = 5.0


def build_app(services: Services) -> web.Application:
    """Return the HTTP application over `services`."""
    app = web.Application(middlewares=[outer_wall(services.settings)], client_max_size=1024**2)
    add_security_headers(app, services.settings)
    routes = services.routes()
    mount(app, routes, services.authenticate)
    document = describe(routes, version=__version__)

    async def openapi(_request: web.Request) -> web.Response:
        return web.json_response(document)

    async def docs(_request: web.Request) -> web.Response:
        return web.Response(text=docs_page(document), content_type="text/html")

    async def alive(_request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def ready(_request: web.Request) -> web.Response:
        async with services.database.read() as tx:
            await services.accounts.store.org(tx)
        return web.json_response({"ready": True})

    app.router.add_get("/api/openapi.json", openapi)
    app.router.add_get("/api/docs", docs)
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    serve_web_client(app)
    return app


async def serve(settings: Settings, *, demo: bool = False) -> None:
    """Serve until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with built(settings) as services:
        sign_ins = await set_up_demo(services) if demo else []
        runner = web.AppRunner(build_app(services), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.host, settings.port, ssl_context=_tls(settings)).start()
            async with task_group() as tasks:
                background = [tasks.create_task(run_forever("sweep", lambda: _sweep(services)))]
                _log.info("server_started", url=settings.url)
                if demo:
                    announce(settings, sign_ins)
                await stop.wait()
                _log.info("server_stopping")
                for task in background:
                    task.cancel()
        finally:
            with contextlib.suppress(asyncio.CancelledError):
                await runner.cleanup()


async def _sweep(services: Services) -> None:
    while True:
        await services.presence.sweep()
        await asyncio.sleep(_SWEEP_EVERY_S)


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    return context


def as_json(document: object) -> str:
    """Text of a JSON document for people's terminals."""
    return json.dumps(document, indent=2, ensure_ascii=False)
