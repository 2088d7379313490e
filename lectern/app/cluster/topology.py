"""Which processes a cluster consists of, as data. Pure: nothing is started or written here."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Final

from lectern.app.cluster import configs

_LECTERN: Final = (sys.executable, "-c", "from lectern.app.cli import main; main()")
_TURN_PORTS: Final = (49_160, 49_359)
BUCKET: Final = "lectern"


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the foreign programs are. `postgres` is the folder with initdb and postgres."""

    nginx: str
    redis: str
    turn: str
    postgres: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the parts share, made once per cluster."""

    postgres: str
    redis: str
    turn: str
    s3: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A cluster to be. Ports are of 127.0.0.1; servers and media processes have consecutive ones.

    `is_root`: PostgreSQL refuses to run as root, and gets its own user then. `apart`: servers and media
    processes share no folder, as on machines of their own; all of them carry into the bucket.
    """

    folder: Path
    checkout: Path
    programs: Programs
    secrets: Secrets
    is_root: bool
    port: int = 8080
    first_server_port: int = 8081
    first_media_port: int = 7882
    postgres_port: int = 5433
    redis_port: int = 6380
    turn_port: int = 3478
    s3_port: int = 9000
    servers: int = 2
    media: int = 2
    apart: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where people go."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        """`LECTERN_DATA` of all parts; `apart`: of the first server."""
        return self.folder / "lectern"

    def data_of(self, part: str) -> Path:
        """`LECTERN_DATA` of the machine of one part (`server2`, `media1`)."""
        return self.folder / f"lectern-{part}" if self.apart and part != "server1" else self.data

    @property
    def server_names(self) -> list[str]:
        """Of the server processes."""
        return [f"server{number}" for number in range(1, self.servers + 1)]

    def home(self, part: str) -> Path:
        """The folder of a foreign program."""
        return self.folder / part

    def log(self, part: str) -> Path:
        """Where a part's lines go."""
        return self.folder / "log" / f"{part}.log"

    @property
    def media_sockets(self) -> list[Path]:
        """Where media processes take their orders."""
        return [self.folder / "run" / f"media{number}" for number in range(1, self.media + 1)]

    @property
    def server_ports(self) -> list[int]:
        """Of the server processes."""
        return list(range(self.first_server_port, self.first_server_port + self.servers))


@dataclass(frozen=True, slots=True)
class Probe:
    """How to see that a part can be used: its port is open, `path` answers 200, or a file is there."""

    port: int = 0
    path: str = ""
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One process. `end_signal` asks it to end; without, it ends with its standard input."""

    name: str
    argv: Sequence[str]
    probe: Probe | None
    end_signal: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def stages(plan: Plan) -> list[list[Part]]:
    """Return all processes: those of a stage start together, and end before those of the stage before."""
    redis = (plan.programs.redis, str(plan.home("redis") / "redis.conf"))
    turn = (plan.programs.turn, "-c", str(plan.home("turn") / "turnserver.conf"))
    nginx = (plan.programs.nginx, "-e", "stderr", "-c", str(plan.home("nginx") / "nginx.conf"))
    return [
        [
            _postgres(plan),
            _with_signal("redis", redis, Probe(plan.redis_port), SIGTERM),
            _with_signal("turn", turn, Probe(plan.turn_port), SIGTERM),
            _s3(plan),
            *(_media(plan, number, socket) for number, socket in enumerate(plan.media_sockets)),
        ],
        [_server(plan, number, port) for number, port in enumerate(plan.server_ports, 1)],
        [
            *_workers(plan),
            _with_signal("nginx", nginx, Probe(plan.port, "/healthz"), SIGTERM),
        ],
    ]


def _workers(plan: Plan) -> list[Part]:
    """Who does jobs and carries: one for all, or one beside each server, and a carrier beside each media
    process."""
    if not plan.apart:
        return [Part("worker", (*_LECTERN, "worker"), None, environment=lectern_environment(plan))]
    beside = [(name, "worker") for name in plan.server_names]
    beside += [(f"media{number}", "carry") for number in range(1, plan.media + 1)]
    return [
        Part(
            f"{command}-{name}",
            (*_LECTERN, command),
            None,
            environment=lectern_environment(plan) | {"LECTERN_DATA": str(plan.data_of(name))},
        )
        for name, command in beside
    ]


def _server(plan: Plan, number: int, port: int) -> Part:
    own = {
        "LECTERN_PORT": str(port),
        "LECTERN_SERVER_NAME": f"s{number}",
        "LECTERN_DATA": str(plan.data_of(f"server{number}")),
    }
    part = _with_signal(f"server{number}", (*_LECTERN, "serve"), Probe(port, "/readyz"), SIGTERM)
    return replace(part, environment=lectern_environment(plan) | own)


def _with_signal(name: str, argv: Sequence[str], probe: Probe, end_signal: int) -> Part:
    """A program that knows nothing of its parent: the kernel ends it if we are killed."""
    return Part(name, ("setpriv", "--pdeathsig", "TERM", *argv), probe, end_signal)


def _s3(plan: Plan) -> Part:
    argv = (sys.executable, "-m", "lectern.app.cluster.s3_server", str(plan.s3_port), BUCKET)
    return _with_signal("s3", argv, Probe(plan.s3_port, "/moto-api/"), SIGTERM)


def _postgres(plan: Plan) -> Part:
    program = str(Path(plan.programs.postgres) / "postgres")
    settings = (
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=200",
        "shared_buffers=64MB",
    )
    options = [part for setting in settings for part in ("-c", setting)]
    argv = (program, "-D", str(plan.home("postgres") / "data"), "-p", str(plan.postgres_port), *options)
    # INT: its fast shutdown, which does not wait for clients that are still connected.
    started = ("setpriv", "--pdeathsig", "INT", *as_postgres(plan), *argv)
    return Part("postgres", started, Probe(plan.postgres_port), SIGINT)


def as_postgres(plan: Plan) -> tuple[str, ...]:
    """Options of setpriv for a program that refuses to be root."""
    return ("--reuid=postgres", "--regid=postgres", "--init-groups") if plan.is_root else ()


def _media(plan: Plan, number: int, socket: Path) -> Part:
    own_folder = ("--data", str(plan.data_of(f"media{number + 1}"))) if plan.apart else ()
    argv = (
        *(sys.executable, "-m", "streaming.process"),
        *("--control", str(socket)),
        *("--host", "127.0.0.1", "--port", str(plan.first_media_port + number)),
        *("--tap", "recording.tap:create"),
        *own_folder,
    )
    return Part(f"media{number + 1}", argv, Probe(file=socket))


def lectern_environment(plan: Plan) -> dict[str, str]:
    """What every process of ours is told."""
    secrets = plan.secrets
    turn = f"turn:127.0.0.1:{plan.turn_port}"
    return {
        "LECTERN_DATA": str(plan.data),
        "LECTERN_HOST": "127.0.0.1",
        "LECTERN_PUBLIC_URL": plan.url,
        "LECTERN_TRUSTED_PROXIES": "127.0.0.1",
        "LECTERN_DATABASE_URL": f"postgresql://lectern:{secrets.postgres}@127.0.0.1:{plan.postgres_port}/lectern",
        "LECTERN_REDIS_URL": f"redis://:{secrets.redis}@127.0.0.1:{plan.redis_port}/0",
        "LECTERN_MEDIA_NODES": ",".join(map(str, plan.media_sockets)),
        "LECTERN_EMBEDDED_WORKER": "false",
        "LECTERN_TURN_URLS": f"{turn}?transport=udp,{turn}?transport=tcp",
        "LECTERN_TURN_SECRET": secrets.turn,
        "LECTERN_STORAGE_URL": f"s3://{BUCKET}",
        "LECTERN_STORAGE_ENDPOINT": f"http://127.0.0.1:{plan.s3_port}",
        "LECTERN_STORAGE_KEY_ID": "lectern",
        "LECTERN_STORAGE_SECRET": secrets.s3,
        # The bucket is gone when the cluster ends: everything stays on this disk, too.
        "LECTERN_STORAGE_KEEP_HOURS": "876000",
        **plan.environment,
    }


def files(plan: Plan) -> dict[Path, str]:
    """Return the configuration of the foreign programs, by path; they hold secrets."""
    nginx, redis, turn = (plan.home(part) for part in ("nginx", "redis", "turn"))
    site = (plan.checkout / "docker" / "nginx.conf").read_text(encoding="utf-8")
    return {
        nginx / "nginx.conf": configs.nginx_around(nginx, is_root=plan.is_root),
        nginx / "site.conf": configs.nginx_site(
            site, f"127.0.0.1:{plan.port}", [f"127.0.0.1:{port}" for port in plan.server_ports]
        ),
        redis / "redis.conf": configs.redis(redis, plan.redis_port, plan.secrets.redis),
        turn / "turnserver.conf": configs.turn(turn, plan.turn_port, plan.secrets.turn, _TURN_PORTS),
    }
