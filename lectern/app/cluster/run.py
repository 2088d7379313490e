"""Starting a cluster part by part, and ending it the other way round."""

import asyncio
import importlib.util
import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp

from lectern.app.cluster.topology import Part, Plan, Probe, Programs, Secrets, as_postgres, files, stages
from lectern.app.secrets import load_keys
from lectern.app.shared_keys import PURPOSES
from lectern.app.supervisor import Child
from lectern.kernel.errors import Conflict
from lectern.kernel.tasks import task_group

_READY_WITHIN_S: Final = 120.0
_LOOK_S: Final = 0.1
_LAST_LINES: Final = 15


def find_programs() -> Programs:
    """Return where the foreign programs are.

    Raises:
        Conflict: one is missing (`program_missing`); the message says what to install.
    """
    postgres = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3])
    )
    found = {
        "nginx": shutil.which("nginx", path=_path()),
        "redis-server": shutil.which("redis-server", path=_path()),
        "coturn": shutil.which("turnserver", path=_path()),
        "postgresql": str(postgres[-1].parent) if postgres else None,
        "moto (Python)": "moto" if importlib.util.find_spec("moto") else None,
    }
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise Conflict("program_missing", f"Install first: {' '.join(missing)} (script/test-services does).")
    return Programs(
        nginx=found["nginx"] or "",
        redis=found["redis-server"] or "",
        turn=found["coturn"] or "",
        postgres=found["postgresql"] or "",
    )


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def load_secrets(folder: Path) -> Secrets:
    """Return what the parts share, making it the first time, and what came in with a new release. Blocks."""
    path = folder / "secrets.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = {name: secrets.token_urlsafe(24) for name in Secrets.__slots__ if name not in known}
    if missing:
        fresh = path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(json.dumps(known | missing))
        fresh.replace(path)
    return Secrets(**known, **missing)


def prepare(plan: Plan) -> None:
    """Make folders, configuration and the database's files. Blocks for seconds the first time.

    Raises:
        Conflict: PostgreSQL's user cannot reach its folder (`folder_unreachable`), or does not start.
    """
    for part in ("log", "run", "lectern", "nginx", "redis", "turn", "postgres"):
        (plan.folder / part).mkdir(mode=0o700, exist_ok=True)
    for path, text in files(plan).items():
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
    if plan.apart:
        _share_keys(plan)
    home = plan.home("postgres")
    if (home / "data" / "PG_VERSION").exists():
        return
    if plan.is_root:
        plan.folder.chmod(0o711)
        shutil.chown(home, "postgres", "postgres")
        closed = [one for one in (plan.folder, *plan.folder.parents) if not one.stat().st_mode & 0o001]
        if closed:
            raise Conflict(
                "folder_unreachable",
                f"PostgreSQL runs as its own user, who cannot enter {closed[-1]}. Choose another --folder.",
            )
    _init_database(plan, home)


def _share_keys(plan: Plan) -> None:
    """What an operator does by hand: the first server's keys are copied to the others."""
    secrets_of_first = plan.data / "secrets"
    for purpose in PURPOSES:
        load_keys(secrets_of_first, purpose)
    for name in plan.server_names[1:]:
        shutil.copytree(secrets_of_first, plan.data_of(name) / "secrets", dirs_exist_ok=True)
    for number in range(1, plan.media + 1):
        plan.data_of(f"media{number}").mkdir(mode=0o700, exist_ok=True)


def _init_database(plan: Plan, home: Path) -> None:
    password = home / "password"
    password.write_text(plan.secrets.postgres)
    if plan.is_root:
        shutil.chown(password, "postgres", "postgres")
    password.chmod(0o600)
    argv = [
        *("setpriv", *as_postgres(plan), str(Path(plan.programs.postgres) / "initdb")),
        *("-D", str(home / "data"), "-U", "lectern", "-A", "scram-sha-256"),
        *("--pwfile", str(password), "-E", "UTF8", "--locale=C"),
    ]
    try:
        made = subprocess.run(argv, cwd=home, capture_output=True, text=True, check=False)  # noqa: S603 (our own words)
    finally:
        password.unlink()
    if made.returncode != 0:
        raise Conflict("database_unmade", f"initdb failed: {made.stderr.strip()[-400:]}")


@dataclass(slots=True)
class Running:
    """A cluster that runs."""

    plan: Plan
    children: dict[str, Child] = field(default_factory=dict)


@asynccontextmanager
async def running(
    plan: Plan, say: Callable[[str], None] = lambda _line: None, *, without: Collection[str] = ()
) -> AsyncIterator[Running]:
    """A cluster in which every part can be used; all of it ends with the block, however that ends.

    `without` names parts that are not needed.

    Raises:
        Conflict: a part did not start in two minutes (`part_unready`); the message holds its last lines.
    """
    await asyncio.to_thread(prepare, plan)
    cluster = Running(plan)
    started: list[list[asyncio.Task[None]]] = []
    async with task_group() as tasks:
        try:
            for stage in stages(plan):
                wanted = [part for part in stage if part.name not in without]
                say(", ".join(part.name for part in wanted))
                for part in wanted:
                    cluster.children[part.name] = _child(plan, part)
                started.append([tasks.create_task(cluster.children[part.name].run()) for part in wanted])
                for part in wanted:
                    await _ready(plan, part)
                if len(started) == 1:
                    await asyncio.to_thread(_make_database, plan)
            yield cluster
        finally:
            for of_stage in reversed(started):
                for task in of_stage:
                    task.cancel()
                await asyncio.wait(of_stage)


def _child(plan: Plan, part: Part) -> Child:
    return Child(
        part.name,
        part.argv,
        env=dict(part.environment) | {"PYTHONUNBUFFERED": "1"},
        end_signal=part.end_signal,
        output=plan.log(part.name),
    )


async def _ready(plan: Plan, part: Part) -> None:
    if part.probe is None:
        return
    try:
        async with asyncio.timeout(_READY_WITHIN_S):
            while not await holds(part.probe):  # noqa: ASYNC110 (another process; nobody here sets an event)
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        log = plan.log(part.name)
        last = "\n".join(log.read_text(errors="replace").splitlines()[-_LAST_LINES:])
        raise Conflict("part_unready", f"{part.name} did not start. {log} ends with:\n{last}") from None


async def holds(probe: Probe) -> bool:
    """Whether a part can be used now."""
    if probe.file is not None:
        return probe.file.exists()
    if probe.path:
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
                session.get(f"http://127.0.0.1:{probe.port}{probe.path}") as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", probe.port)
    except OSError:
        return False
    writer.close()
    return True


def _make_database(plan: Plan) -> None:
    where = ["-h", "127.0.0.1", "-p", str(plan.postgres_port), "-U", "lectern"]
    environment = {**os.environ, "PGPASSWORD": plan.secrets.postgres}
    createdb = str(Path(plan.programs.postgres) / "createdb")
    for _ in range(100):  # it takes connections a moment before it takes sign-ins
        made = subprocess.run(  # noqa: S603 (our own words)
            [createdb, *where, "lectern"], env=environment, capture_output=True, text=True, check=False
        )
        if made.returncode == 0 or "already exists" in made.stderr:
            return
        if "starting up" not in made.stderr:
            break
        time.sleep(0.1)
    raise Conflict("database_unmade", f"createdb failed: {made.stderr.strip()[-400:]}")
