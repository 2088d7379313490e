"""Configuration files of the foreign programs. Pure."""

from collections.abc import Sequence
from pathlib import Path
from string import Template


def nginx_around(home: Path, *, is_root: bool) -> str:
    """What is around docker/nginx.conf on one machine: everything under `home`, nothing in the background."""
    temporary = "\n".join(
        f"  {kind}_temp_path {home}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""{"user root;" if is_root else ""}
worker_processes 1;
daemon off;
pid {home}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 8192; }}
http {{
  access_log off;
{temporary}
  include {home}/site.conf;
}}
"""


def nginx_site(template: str, listen: str, servers: Sequence[str]) -> str:
    """Return docker/nginx.conf for these server processes: LECTERN_LISTEN, LECTERN_SERVER_1 and so on.

    Raises:
        ValueError: the file is written for another number of servers.
    """
    values = {"LECTERN_LISTEN": listen} | {f"LECTERN_SERVER_{n}": one for n, one in enumerate(servers, 1)}
    wanted = {name for name in Template(template).get_identifiers() if name.startswith("LECTERN_")}
    if wanted != set(values):
        msg = f"docker/nginx.conf names {sorted(wanted)}"
        raise ValueError(msg)
    return Template(template).safe_substitute(values)


def redis(home: Path, port: int, password: str) -> str:
    """Return redis.conf: hints only, so nothing is kept."""
    return f"""bind 127.0.0.1
port {port}
requirepass {password}
dir {home}
save ""
appendonly no
daemonize no
"""


def turn(home: Path, port: int, secret: str, ports: tuple[int, int]) -> str:
    """Return turnserver.conf: a relay on loopback, for this machine's own browsers."""
    return f"""listening-ip=127.0.0.1
relay-ip=127.0.0.1
listening-port={port}
min-port={ports[0]}
max-port={ports[1]}
allow-loopback-peers
use-auth-secret
static-auth-secret={secret}
realm=lectern
no-cli
cli-password={secret}
no-tls
no-dtls
no-rfc5780
log-file=stdout
simple-log
pidfile={home}/turnserver.pid
userdb={home}/turndb
"""
