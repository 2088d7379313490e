"""The processes of a cluster as data, their configuration files, and the containers of the same topology."""

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from lectern.app.cluster.__main__ import settings_of
from lectern.app.cluster.topology import Part, Plan, Programs, Secrets, files, lectern_environment, stages
from lectern.app.serve import named_ids
from lectern.app.settings import CHECKOUT
from lectern.app.storage import place_of

SECRETS = Secrets("secret-of-postgres", "secret-of-redis", "secret-of-turn", "secret-of-s3")
COMPOSE = CHECKOUT / "docker" / "compose.yaml"
SET = {
    "LECTERN_PUBLIC_URL": "https://lectern.example.com",
    "LECTERN_TURN_HOST": "turn.example.com",
    "LECTERN_MEDIA_PUBLIC_IPS": "203.0.113.5,203.0.113.6",
    "LECTERN_DATABASE_PASSWORD": "a",
    "LECTERN_REDIS_PASSWORD": "b",
    "LECTERN_TURN_SECRET": "c",
    "LECTERN_STORAGE_SECRET": "d",
}


def plan(folder: Path = Path("/srv/cluster"), *, is_root: bool = False) -> Plan:
    programs = Programs("/usr/sbin/nginx", "/usr/bin/redis-server", "/usr/bin/turnserver", "/usr/lib/pg/bin")
    return Plan(folder, CHECKOUT, programs, SECRETS, is_root)


def all_parts(of: Plan) -> dict[str, Part]:
    return {part.name: part for stage in stages(of) for part in stage}


def test_what_others_need_starts_before_them() -> None:
    place = {part.name: number for number, stage in enumerate(stages(plan())) for part in stage}
    assert place["postgres"] == place["redis"] == place["s3"] == place["media1"] == place["media2"]
    assert place["media2"] < place["server1"] == place["server2"] < place["nginx"]


def test_apart_no_folder_is_shared_and_each_has_somebody_who_carries() -> None:
    parts = all_parts(replace(plan(), apart=True))
    machines = {"server1": "worker", "server2": "worker", "media1": "carry", "media2": "carry"}
    folders = {}
    for name, beside in machines.items():
        folders[name] = parts[f"{beside}-{name}"].environment["LECTERN_DATA"]
        assert parts[f"{beside}-{name}"].argv[-1] == beside
        if beside == "worker":
            assert parts[name].environment["LECTERN_DATA"] == folders[name]
        else:
            assert parts[name].argv[-2:] == ("--data", folders[name])
    assert len(set(folders.values())) == 4
    assert "worker" not in parts


def test_nobody_finds_a_secret_in_a_list_of_processes() -> None:
    for part in all_parts(plan()).values():
        assert not [word for word in part.argv if "secret-of" in word], part.name


def test_every_part_ends_with_us_even_if_we_are_killed() -> None:
    for part in all_parts(plan()).values():
        ends_with_input = part.name.startswith(("media", "worker", "carry"))
        assert (part.end_signal is None) == ends_with_input, part.name
        assert ends_with_input or tuple(part.argv[:2]) == ("setpriv", "--pdeathsig"), part.name


def test_postgresql_is_never_root() -> None:
    assert "--reuid=postgres" in all_parts(plan(is_root=True))["postgres"].argv
    assert "--reuid=postgres" not in all_parts(plan(is_root=False))["postgres"].argv


def test_settings_of_the_servers_are_valid_and_they_know_the_media_processes(tmp_path: Path) -> None:
    settings = settings_of(plan(tmp_path))
    assert [Path(node).name for node in settings.media_nodes] == ["media1", "media2"]
    assert settings.url == "http://127.0.0.1:8080"
    assert settings.is_reachable
    place = place_of(settings)
    assert place is not None
    assert (place.bucket, place.endpoint, place.secret) == ("lectern", "http://127.0.0.1:9000", SECRETS.s3)
    ports = [part.environment["LECTERN_PORT"] for name, part in all_parts(plan()).items() if "server" in name]
    assert ports == ["8081", "8082"]


def test_nginx_finds_the_server_in_a_polling_clients_address() -> None:
    site = files(plan())[Path("/srv/cluster/nginx/site.conf")]
    assert "${" not in site
    for number, part in enumerate((all_parts(plan())[name] for name in ("server1", "server2")), 1):
        name, port = part.environment["LECTERN_SERVER_NAME"], part.environment["LECTERN_PORT"]
        made = named_ids(name, lambda: "0a_B-")()
        patterns = dict(re.findall(r'"~(\S+)"\s+(\w+);', site))
        (upstream,) = [target for pattern, target in patterns.items() if re.match(pattern, made)]
        assert upstream == f"lectern_s{number}"
        assert re.search(rf"upstream {upstream} \{{ server 127\.0\.0\.1:{port} ", site)


def test_no_location_of_nginx_loses_the_headers_that_all_need() -> None:
    site = (CHECKOUT / "docker" / "nginx.conf").read_text()
    server = site.partition("\nserver {")[2]
    there = set(re.findall(r"^  proxy_set_header (\S+)", server, re.MULTILINE))
    assert {"Host", "X-Forwarded-For", "X-Forwarded-Proto", "Upgrade", "Connection"} <= there
    for location in server.split("\n  location ")[1:]:
        assert "proxy_set_header" not in location  # it would inherit none


def test_another_number_of_servers_needs_another_file() -> None:
    of = plan()
    three = Plan(of.folder, of.checkout, of.programs, of.secrets, is_root=False, servers=3)
    with pytest.raises(ValueError, match=r"docker/nginx\.conf"):
        files(three)


def _compose(environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    program = ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]
    return subprocess.run(
        [*program, "-f", str(COMPOSE), "config"],
        env={"PATH": os.environ["PATH"], "HOME": "/tmp", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_compose_accepts_the_same_topology() -> None:
    accepted = _compose(SET)
    assert accepted.returncode == 0, accepted.stderr
    services = accepted.stdout.partition("\nservices:\n")[2].partition("\nvolumes:\n")[0]
    assert set(re.findall(r"^  (\w+):$", services, re.MULTILINE)) == set(all_parts(plan()))


def test_compose_holds_no_secret_and_asks_for_each() -> None:
    text = COMPOSE.read_text()
    for secret in (name for name in SET if name.endswith(("PASSWORD", "SECRET"))):
        given = re.findall(rf"\$\{{?{secret}\b[^}}]*", text.replace(f"$${secret}", ""))
        assert given, secret
        assert all(one.startswith(f"${{{secret}:?") for one in given), secret
    assert not re.search(r"(PASSWORD|SECRET): (?!\$)", text)
    refused = _compose({name: value for name, value in SET.items() if name != "LECTERN_REDIS_PASSWORD"})
    assert refused.returncode != 0
    assert "LECTERN_REDIS_PASSWORD" in refused.stderr


def test_the_containers_servers_are_told_what_the_clusters_servers_are() -> None:
    told = set(re.findall(r"^ +(LECTERN_\w+):", COMPOSE.read_text(), re.MULTILINE))
    by_the_image = {"LECTERN_DATA", "LECTERN_HOST"}
    for part in ("server1", "worker"):
        wanted = set(all_parts(plan())[part].environment) | set(lectern_environment(plan()))
        assert wanted - {"LECTERN_PORT"} - by_the_image <= told


def test_the_image_runs_as_nobody_special_and_copies_what_is_there() -> None:
    text = (CHECKOUT / "docker" / "Dockerfile").read_text()
    last = text.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.+)$", last, re.MULTILINE) == ["lectern"]
    assert not re.search(r"(?i)(password|secret|token)=", text)
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for source in sources.split():
            assert (CHECKOUT / source).exists(), source
