"""`lectern serve`: one server process with its children, until it is told to stop."""

import asyncio
import gc
import json
import signal
import ssl
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from aiohttp import web

from interactions.live.server import socket_server
from lectern import __version__
from lectern.app.control import control_paths
from lectern.app.demo import announce, set_up_demo
from lectern.app.demo_lesson import hold_past_lesson
from lectern.app.docs_page import docs_page
from lectern.app.http import add_security_headers, outer_wall, serve_web_client
from lectern.app.measure_facts import hide_who_rated
from lectern.app.metrics import mount_metrics
from lectern.app.namespaces import async_api
from lectern.app.packagers import Packagers
from lectern.app.settings import Settings
from lectern.app.shared_keys import agree_on_attendance_key, agree_on_keys
from lectern.app.signing_keys import AttendanceKeys
from lectern.app.storage import gathering_of
from lectern.app.supervisor import Child
from lectern.app.wired.analytics import following, required_lessons, watch_reminders
from lectern.app.wired.catalogue import aside_eraser, bin_eraser, leftovers
from lectern.app.wired.services import Services
from lectern.app.wiring import built, operations
from lectern.edge.openapi import Document
from lectern.edge.routes import mount
from lectern.kernel.errors import Conflict, Rejected
from lectern.kernel.tasks import run_forever, task_group
from sessions.presence.admission import SILENT_AFTER_MS

_log = structlog.get_logger()
_SWEEP_EVERY_S = 5.0
_WORKER_NICE = 10
MOST_WAITING_CONNECTIONS = 4096
"""Connections that wait to be accepted (`listen`; the kernel's `somaxconn` bounds it, too). When a class of
thousands comes back at once, whoever finds no room here is left to TCP, which tries again after 1 and 3 s."""
COLLECT_AFTER = (50_000, 20, 20)
"""New container objects before the young, middle and old generations are looked through (`gc`)."""


def build_app(services: Services, watched: Sequence[Child] = ()) -> web.Application:
    """Return the HTTP application over `services`; `watched` are the children whose restarts are counted."""
    app = web.Application(middlewares=[outer_wall(services.settings)], client_max_size=1024**2)
    add_security_headers(app, services.settings)
    routes = operations(services)
    mount(app, routes, services.authenticate)
    services.whip.mount(app)
    _mount_socket_io(app, services)
    _mount_pages(app, services, Document(routes, version=__version__))
    mount_metrics(app, services, watched)
    serve_web_client(app)
    return app


def named_ids(server_name: str, generate: Callable[[], str]) -> Callable[[], str]:
    """Return a source of Engine.IO ids that say which server process has the connection.

    The client sends the id with each request of a polling connection, so that a proxy in front needs neither
    cookies nor addresses to bring it back (docker/nginx.conf).
    """
    return lambda: f"{server_name}.{generate()}"


def _mount_socket_io(app: web.Application, services: Services) -> None:
    server = socket_server(namespaces=["/class", "/signal"])
    if services.settings.server_name:
        server.eio.generate_id = named_ids(services.settings.server_name, server.eio.generate_id)
    server.register_namespace(services.class_namespace)
    server.register_namespace(services.signal_namespace)
    server.attach(app)


def _mount_pages(app: web.Application, services: Services, document: Document) -> None:
    async def openapi(_request: web.Request) -> web.Response:
        return web.json_response(await document.get())

    async def asyncapi(_request: web.Request) -> web.Response:
        return web.json_response(async_api(services.engine.registry))

    async def docs(_request: web.Request) -> web.Response:
        return web.Response(text=docs_page(await document.get()), content_type="text/html")

    async def alive(_request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def ready(_request: web.Request) -> web.Response:
        async with services.database.read() as tx:
            await services.accounts.store.org(tx)
        media = services.plane.is_available
        return web.json_response({"ready": media, "media": media}, status=200 if media else 503)

    app.router.add_get("/api/openapi.json", openapi)
    app.router.add_get("/api/asyncapi.json", asyncapi)
    app.router.add_get("/api/docs", docs)
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)


def children(services: Services) -> list[Child]:
    """Return the processes that the server keeps running."""
    settings = services.settings
    own = [] if settings.media_nodes else control_paths(settings)
    media = [
        Child(node, _media_command(settings, path, settings.media_port + number))
        for number, (node, path) in enumerate(zip(services.plane.process_names, own, strict=False))
    ]
    worker = [sys.executable, "-c", "from lectern.app.cli import main; main()", "worker"]
    return [
        *media,
        *([Child("worker", worker, nice=_WORKER_NICE)] if settings.embedded_worker else []),
    ]


def _media_command(settings: Settings, control: Path, port: int) -> list[str]:
    command = [
        *(sys.executable, "-m", "streaming.process"),
        *("--control", str(control)),
        *("--host", settings.host, "--port", str(port)),
        *("--tap", "recording.tap:create"),
    ]
    for address in settings.media_public_ips:
        command += ["--public-ip", address]
    if not settings.media_tcp:
        command.append("--no-tcp")
    return command


async def _look_for_attendance_key(services: Services) -> None:
    """Lessons need no key that signs attendance: without it the server starts, and says what is missing."""
    keys = AttendanceKeys(services.settings.data / "secrets")
    try:
        has_it = await agree_on_attendance_key(services.database, keys, (await services.accounts.org()).name)
    except Conflict as problem:
        if problem.code == "not_set_up":
            return
        has_it = False
    if not has_it:
        _log.error("attendance_key_missing", file=str(keys.path))


async def serve(settings: Settings, *, demo: bool = False) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        Rejected: there may be other servers, and they could not reach this one (`server_address_missing`).
        Conflict: they sign with other keys (`keys_differ`).
    """
    if settings.redis_url and not settings.is_reachable:
        raise Rejected(
            "server_address_missing",
            "With LECTERN_REDIS_URL other server processes must reach this one, and LECTERN_HOST="
            f"{settings.host} is no address: set LECTERN_SERVER_ADDRESS, like http://10.0.0.7:{settings.port}.",
        )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with built(settings) as services:
        if settings.redis_url:
            await agree_on_keys(services.database, settings.data / "secrets")
            await _look_for_attendance_key(services)
        sign_ins = await set_up_demo(services) if demo else []
        watched = children(services)
        runner = web.AppRunner(build_app(services, watched), access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        site = web.TCPSite(
            runner, settings.host, settings.port, ssl_context=_tls(settings), backlog=MOST_WAITING_CONNECTIONS
        )
        await site.start()
        keeper = services.catalogue.keeper
        packagers = Packagers(
            settings.sessions_dir,
            services.steering.recorded,
            on_finished=services.steering.closed,
            on_given_up=keeper.give_up,
            gathering=gathering_of(settings, services.database),
        )
        if services.stewards is not None:
            services.stewards.listen(packagers.let_go)
        async with task_group() as tasks:
            packaging = tasks.create_task(run_forever("packagers", packagers.run))
            background = [
                *(tasks.create_task(child.run()) for child in watched),
                *([] if services.stewards is None else [tasks.create_task(services.stewards.run())]),
                tasks.create_task(services.plane.run()),
                tasks.create_task(run_forever("steering", services.steering.run)),
                tasks.create_task(services.class_namespace.run()),
                tasks.create_task(services.deadlines.run()),
                *(tasks.create_task(run()) for run in services.notices.loops()),
                tasks.create_task(run_forever("trials", services.trials.run)),
                tasks.create_task(run_forever("asides", aside_eraser(services).run)),
                tasks.create_task(run_forever("bin", bin_eraser(services).run)),
                tasks.create_task(run_forever("views", following(services).run)),
                tasks.create_task(watch_reminders(services).run()),
                tasks.create_task(run_forever("required_lessons", required_lessons(services).run)),
                tasks.create_task(run_forever("shelf", services.shelf_indexer.run)),
                tasks.create_task(run_forever("leftovers", leftovers(services).run)),
                tasks.create_task(
                    run_forever("ratings", lambda: hide_who_rated(services.database, services.rating_keys))
                ),
                tasks.create_task(run_forever("sweep", lambda: _sweep(services))),
                tasks.create_task(run_forever("whip", services.whip.run)),
            ]
            calm_collector()
            _log.info("server_started", url=settings.url)
            if demo:
                announce(settings, sign_ins)
                background.append(tasks.create_task(hold_past_lesson(services)))
            await stop.wait()
            _log.info("server_stopping")
            # First nothing of ours writes for a session; then others may take it over; then our clients
            # look for them.
            packaging.cancel()
            await asyncio.wait((packaging,))
            if services.stewards is not None:
                await services.stewards.leave()
            await runner.cleanup()
            for task in background:
                task.cancel()


def calm_collector() -> None:
    """Have Python look for cycles of garbage less often: nearly all of ours goes by reference counts.

    By default it walks through a whole class after every few hundred new objects, which took a third of a
    server's time while a thousand joined (docs/performance.md). What is there at the start is never garbage.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def _sweep(services: Services) -> None:
    """Close what is silent; but whoever was connected to our former life is given the time to come back."""
    await asyncio.sleep(SILENT_AFTER_MS / 1000)
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
