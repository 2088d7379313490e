"""`lectern doctor`: looks at everything a server stands on, and says what to do where something is amiss."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import imageio_ffmpeg
import redis.asyncio
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from lectern.app.finding import Finding
from lectern.app.http import WEB_CLIENT
from lectern.app.mail import MAIL_REMEDIES, mail_server
from lectern.app.media_doctor import announced_addresses, media_nodes, media_tcp, turn
from lectern.app.settings import Settings
from lectern.app.shared_keys import attendance_key
from lectern.app.signing_keys import AttendanceKeys
from lectern.app.storage_doctor import carried, storage
from lectern.app.tables import metadata
from lectern.db.engine import Database
from lectern.db.migrate import differences
from lectern.kernel.errors import Conflict, Gone
from notices.smtp import ServerAway, connected
from streaming.forwarding import hot_path

_FREE_BYTES = 5 * 1024**3


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; nothing is changed, and one bad thing hides no other."""
    looks: Sequence[Callable[[Settings], Awaitable[Finding]]] = (
        _python, _data_folder, _disk, _database, _redis, storage, carried, _ffmpeg, _web_client, _http_port,
        _media_port, media_tcp, announced_addresses, turn, _hot_path, _mail, _attendance_key,
    )  # fmt: skip
    return [await look(settings) for look in looks]


async def _python(_settings: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        sys.version_info >= (3, 11),
        f"Python {version}",
        "" if sys.version_info >= (3, 11) else "Install 3.11 or newer.",
    )


async def _data_folder(settings: Settings) -> Finding:
    folder = settings.data
    while not folder.exists():
        folder = folder.parent
    good = os.access(folder, os.W_OK | os.X_OK)
    remedy = (
        "" if good else f"Give this user write access to {folder}, or set LECTERN_DATA to another folder."
    )
    return Finding(good, f"Data folder {settings.data}", remedy)


async def _disk(settings: Settings) -> Finding:
    folder = settings.data if settings.data.exists() else Path("/")
    free = shutil.disk_usage(folder).free
    good = free >= _FREE_BYTES
    remedy = "" if good else "An hour of recording takes about 1 GB. Free some space or move LECTERN_DATA."
    return Finding(good, f"{free / 1024**3:.1f} GB free", remedy)


async def _database(settings: Settings) -> Finding:
    if not settings.database_url and not (settings.data / "lectern.db").exists():
        return Finding(True, "Database: SQLite, made at the first start")
    database = Database(settings.database)
    try:
        async with asyncio.timeout(10), database.read() as tx:
            await tx.execute(text("SELECT 1"))
        behind = bool(await differences(database, metadata))
    except (Gone, SQLAlchemyError, OSError, TimeoutError) as error:
        return Finding(
            False,
            f"Database: {type(error).__name__}",
            "Check LECTERN_DATABASE_URL and that the database server runs.",
        )
    finally:
        await database.close()
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    remedy = "The next start (or `lectern migrate`) brings its schema forward." if behind else ""
    return Finding(True, f"Database: {kind}", remedy)


async def _redis(settings: Settings) -> Finding:
    if not settings.redis_url:
        return Finding(True, "Redis: not used (one server process)")
    client = redis.asyncio.Redis.from_url(settings.redis_url, socket_timeout=5)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        return Finding(
            False, f"Redis: {type(error).__name__}", "Check LECTERN_REDIS_URL and that Redis runs."
        )
    finally:
        await client.aclose()
    return Finding(True, "Redis answers")


async def _ffmpeg(_settings: Settings) -> Finding:
    try:
        path = imageio_ffmpeg.get_ffmpeg_exe()
        done = await asyncio.to_thread(subprocess.run, [path, "-version"], capture_output=True, check=False)
    except (RuntimeError, OSError):
        return Finding(
            False, "ffmpeg is missing", "Reinstall the package imageio-ffmpeg, or set IMAGEIO_FFMPEG_EXE."
        )
    words = done.stdout.decode(errors="replace").split(" ", 3)
    return Finding(done.returncode == 0, f"ffmpeg {words[2] if len(words) > 2 else '?'}")


async def _web_client(_settings: Settings) -> Finding:
    good = (WEB_CLIENT / "index.html").exists()
    return Finding(
        good, "Web client", "" if good else "Build it: ./script/run does (in web/: npm ci, npm run build)."
    )


async def _http_port(settings: Settings) -> Finding:
    return _port(settings.host, settings.port, socket.SOCK_STREAM, "LECTERN_PORT")


async def _media_port(settings: Settings) -> Finding:
    if settings.media_nodes:
        return await media_nodes(settings)
    ports = range(settings.media_port, settings.media_port + settings.media_processes)
    findings = [_port(settings.host, port, socket.SOCK_DGRAM, "LECTERN_MEDIA_PORT") for port in ports]
    finding = next((finding for finding in findings if not finding.good), findings[0])
    if finding.good and len(ports) > 1:
        what = f"UDP ports {settings.host}:{ports[0]} to {ports[-1]} are free, one per media process"
        cores = len(os.sched_getaffinity(0))
        note = (
            f"This machine has {cores} cores: more media processes than that compete."
            if len(ports) > cores
            else ""
        )
        finding = Finding(True, what, note)
    if finding.good and not finding.remedy and not settings.is_loopback and not settings.media_public_ips:
        note = "Behind NAT, set LECTERN_MEDIA_PUBLIC_IPS, and let this UDP port through the firewall."
        return Finding(True, finding.what, note)
    return finding


def _port(host: str, port: int, kind: socket.SocketKind, setting: str) -> Finding:
    protocol = "TCP" if kind is socket.SOCK_STREAM else "UDP"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as one:
        if kind is socket.SOCK_STREAM:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, port))
        except OSError as error:
            remedy = f"If Lectern does not run already, end what uses it, or choose another with {setting}."
            return Finding(False, f"{protocol} port {host}:{port}: {error.strerror}", remedy)
    return Finding(True, f"{protocol} port {host}:{port} is free")


async def _mail(settings: Settings) -> Finding:
    if not settings.smtp_host:
        return Finding(True, "Mail: not used (people are told in the app alone)")
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        server = mail_server(settings)
        assert server is not None
        async with connected(server):
            pass
    except Conflict as error:
        return Finding(False, "Mail: the password's file cannot be read", error.message)
    except ServerAway as fault:
        return Finding(
            False, f"Mail server {where}: {fault.problem} ({fault.detail})", MAIL_REMEDIES[fault.problem]
        )
    kind = {"tls": "over TLS", "starttls": "over STARTTLS", "none": "unencrypted"}[settings.smtp_security]
    return Finding(True, f"Mail server {where} answers {kind}{', signed in' if settings.smtp_user else ''}")


async def _attendance_key(settings: Settings) -> Finding:
    """Whether this machine signs attendance records with the key that all servers agreed on."""
    what = "Attendance key"
    if not settings.redis_url:
        return Finding(True, f"{what}: made on this machine, at the first closing")
    keys = AttendanceKeys(settings.data / "secrets")
    database = Database(settings.database)
    try:
        async with asyncio.timeout(10):
            agreed = await attendance_key(database)
        if agreed is None:
            return Finding(True, f"{what}: the first server makes it")
        if await asyncio.to_thread(keys.signs_with, agreed):
            return Finding(True, f"{what} {agreed[:16]}, as on every server")
    except (Gone, SQLAlchemyError, OSError, TimeoutError) as error:
        return Finding(False, f"{what}: {type(error).__name__}", "Mend the database first.")
    except Conflict as error:
        return Finding(False, f"{what}: the file is damaged", error.message)
    finally:
        await database.close()
    return Finding(
        False,
        f"{what} {agreed[:16]} is not on this machine",
        f"Copy {keys.path} from the server where `lectern attendance keys list` ends with this key.",
    )


async def _hot_path(_settings: Settings) -> Finding:
    if hot_path.PROBLEM:
        return Finding(False, hot_path.PROBLEM, "Run ./script/build-twin, or remove LECTERN_HOT_PATH.")
    what = {
        "compiled": "Media hot path: compiled",
        "python": "Media hot path: pure Python, some three times slower than compiled (./script/build-twin)",
    }
    return Finding(True, what[hot_path.IMPLEMENTATION])
