"""A worker with nothing but a token, against a real server: results, kills, and everything it may not do."""

import asyncio
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer

from catalogue.work import COMPOSE, MICROCOURSE, SIGNALS, ComposeArgs, MicrocourseArgs, SignalsArgs
from catalogue.workers.grants import WorkGrant, WorkSigner
from lectern.app.serve import build_app
from lectern.app.wired.services import Services
from lectern.app.wiring import built
from lectern.jobs.job import Job, NewJob
from lectern.jobs.states import JobState
from lectern.jobs.store import JobStore
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import UtcMs, utc_ms
from lectern.manifest.medium import REQUIRED, is_published
from lectern.manifest.signals import Signals, checked
from lectern.storage.bucket import BucketFiles
from lectern.storage.place import BucketPlace
from recording.packager import Packager
from tests.installation import settings_of
from tests.recording.scripted_publisher import ScriptedPublisher, record

CUT = MicrocourseArgs(session_id="s", microcourse_id="m", version=1, title="课", start_ms=0, end_ms=1_500)
WHOLE = ComposeArgs("s", "r", 1, "x")
HEARD = SignalsArgs("s", "r", 1)
_PATIENCE_S = 120
REPLAY = "sessions/s/hls/replay.json"
Client = TestClient[Any, Any]
WORKER = """
import asyncio
from lectern.app.settings import Settings
from lectern.app.worker import work_by_token
asyncio.run(work_by_token(Settings(_env_file=None)))
"""


class Place:
    """A server with a closed replay of two seconds, and a token."""

    def __init__(self, services: Services, client: Client, admin: Principal) -> None:
        self.services = services
        self.client = client
        self.admin = admin
        self.jobs = JobStore()

    @property
    def data(self) -> Path:
        return self.services.settings.data

    async def token(self, name: str = "gpu") -> tuple[str, str]:
        made, text = await self.services.workers.tokens.make(self.admin, name)
        return made.id, text

    async def add(self, kind: str, args: Any) -> str:
        async with self.services.database.write() as tx:
            new = NewJob(self.admin.org_id, kind, "x", msgspec.to_builtins(args), max_attempts=5)
            return (await self.jobs.enqueue(tx, new, utc_ms())).id

    async def job(self, job_id: str) -> Job:
        async with self.services.database.read() as tx:
            return await self.jobs.get(tx, job_id)

    async def say(self, token: str, path: str, **body: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        async with self.client.post(f"/api/v1/worker/{path}", json=body, headers=headers) as answer:
            return answer.status, await answer.json() if answer.content_type == "application/json" else None

    async def claim(self, token: str, *kinds: str) -> Any:
        status, job = await self.say(
            token, "claim", worker="w:1", kinds=list(kinds or (MICROCOURSE,)), wait_s=9
        )
        assert status == 200
        return job

    @contextmanager
    def worker(self, token: str, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
        """A worker process that knows neither database nor bucket."""
        folder.mkdir()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LECTERN_")}
        settings = {
            "LECTERN_DATA": str(folder),
            "LECTERN_WORKER_SERVER": str(self.client.make_url("")).rstrip("/"),
            "LECTERN_WORKER_TOKEN": token,
        }
        command = [sys.executable, "-c", WORKER]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command, env=kept | settings, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait()
            assert not (folder / "lectern.db").exists()

    async def until(self, job_id: str, *states: JobState, by: str = "", folder: Path | None = None) -> Job:
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                job = await self.job(job_id)
                if job.state in states and (job.lease_owner or "").startswith(by):
                    return job
                said = "" if folder is None else await asyncio.to_thread((folder / "log").read_text)
                assert not job.over or job.state in states, (job, said)
                await asyncio.sleep(0.05)


async def place_over(data: Path, migrated_file: Path, **settings: Any) -> AsyncIterator[Place]:
    await asyncio.to_thread(_furnish, data, migrated_file)
    async with built(settings_of(data, **settings)) as services:
        org = await services.accounts.set_up("Acme", "Asia/Shanghai")
        admin = Principal(org.id, "admin", frozenset({Permission.ADMIN}))
        async with TestClient(TestServer(build_app(services))) as client:
            yield Place(services, client, admin)


def _furnish(data: Path, migrated_file: Path) -> None:
    data.mkdir()
    shutil.copy(migrated_file, data / "lectern.db")
    presenter = ScriptedPublisher()
    presenter.video("camera", "H264", 0.0, 2.0)
    presenter.mic(0.0, 2.0)
    record([presenter], data / "sessions" / "s" / "rec" / "1", 2.4)
    Packager(data / "sessions" / "s").finish()


@pytest.fixture
async def place(tmp_path: Path, migrated_file: Path) -> AsyncIterator[Place]:
    async for made in place_over(tmp_path / "server", migrated_file):
        yield made


@pytest.fixture
async def bucket_house(
    tmp_path: Path, migrated_file: Path, bucket_place: BucketPlace
) -> AsyncIterator[Place]:
    async for made in place_over(
        tmp_path / "server",
        migrated_file,
        storage_url=f"s3://{bucket_place.bucket}/{bucket_place.prefix}",
        storage_endpoint=bucket_place.endpoint,
        storage_key_id=bucket_place.key_id,
        storage_secret=bucket_place.secret,
    ):
        yield made


def pictures_of(video: Path) -> int:
    with av.open(str(video)) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.timeout(180)
async def test_a_killed_worker_elsewhere_is_followed_by_another(place: Place, tmp_path: Path) -> None:
    place.services.catalogue.keeper.jobs.lease_ms = 3_000  # a killed worker is missed so soon
    (first_id, first), (_, second) = await place.token("first"), await place.token("second")
    whole = await place.add(COMPOSE, WHOLE)
    with place.worker(first, tmp_path / "w1") as process:
        await place.until(whole, JobState.RUNNING, by=first_id)
        process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.wait)
    assert not (place.data / "sessions/s" / WHOLE.folder).exists()
    cut, heard = await place.add(MICROCOURSE, CUT), await place.add(SIGNALS, HEARD)
    with place.worker(second, tmp_path / "w2"):
        done = [await place.until(job, JobState.DONE, folder=tmp_path / "w2") for job in (whole, cut)]
        signals = await place.until(heard, JobState.DONE, folder=tmp_path / "w2")
    assert done[0].attempts > 1
    written = checked((place.data / "sessions/s" / HEARD.folder / "result.json").read_bytes())
    assert signals.result == {
        "utterances": len(written.utterances), "scenes": 0, "lacks": list(written.lacks),
    }  # fmt: skip
    assert max(written.peaks) > 0
    made_of = zip(done, (WHOLE.folder, CUT.folder), (72, 135), (0, 3_000), strict=True)
    for job, folder, pictures, lead_ms in made_of:
        assert job.result == {"duration_ms": round(pictures / 0.03), "ladder": True, "lead_ms": lead_ms}
        made = place.data / "sessions/s" / folder
        names = {path.name for path in made.iterdir()}
        assert names >= REQUIRED
        assert all(map(is_published, names))
        assert pictures_of(made / "video.mp4") == pictures
    assert not list((place.data / "incoming").rglob("*.*"))
    assert not any((tmp_path / "w2/scratch").iterdir())


@pytest.mark.timeout(180)
async def test_with_a_bucket_files_go_past_the_server(
    bucket_house: Place, bucket_place: BucketPlace, tmp_path: Path
) -> None:
    house = bucket_house
    bucket = BucketFiles(bucket_place)
    hls = house.data / "sessions/s/hls"
    for path in sorted(hls.rglob("*")):  # carried, except for one: that comes through the server
        if path.is_file() and path.name != "000001.m4s":
            await bucket.put_file(f"sessions/s/hls/{path.relative_to(hls).as_posix()}", path)
    _, token = await house.token()
    cut = await house.add(MICROCOURSE, msgspec.structs.replace(CUT, end_ms=2_000))
    with house.worker(token, tmp_path / "w"):
        await house.until(cut, JobState.DONE, folder=tmp_path / "w")
        async with asyncio.timeout(30):  # the row is done first; what was handed in goes afterwards
            while await bucket.list("incoming"):
                await asyncio.sleep(0.1)
    listed = {file.key for file in await bucket.list("sessions/s/microcourses")}
    assert {key.rpartition("/")[2] for key in listed} >= REQUIRED
    assert b"bucket_bypassed" not in (tmp_path / "w/log").read_bytes()


async def test_the_token_opens_nothing_else_and_can_be_taken_back(place: Place) -> None:
    id_, token = await place.token()
    headers = {"Authorization": f"Bearer {token}"}
    for path in ("me", "people", "replays", "api-keys", "audit", "worker-tokens", "sessions"):
        async with place.client.get(f"/api/v1/{path}", headers=headers) as answer:
            assert answer.status == 401, path
    assert (await place.say(token, "claim", worker="w", kinds=[COMPOSE]))[0] == 204
    for forged in ("", "lw_x", token[:-1] + ("a" if token[-1] != "a" else "b"), f"lw_{id_}_"):
        assert (await place.say(forged, "claim", worker="w", kinds=[COMPOSE]))[0] == 401
    await place.add(MICROCOURSE, CUT)
    job = await place.claim(token)
    await place.services.workers.tokens.revoke(place.admin, id_)
    assert (await place.say(token, f"jobs/{job['id']}/heartbeat", lease=job["lease"], progress=0.1))[0] == 401
    async with place.services.database.read() as tx:
        org = place.admin.org_id
        written = [entry.action for entry in await place.services.accounts.store.audit_log(tx, org, "", 9)]
    assert written == ["worker_token_revoked", "worker_token_created"]


async def test_forged_leases_foreign_files_and_paths_are_refused(place: Place) -> None:
    (_, token), (_, other) = await place.token(), await place.token("other")
    await place.add(MICROCOURSE, CUT)
    job = await place.claim(token)
    path, lease = f"jobs/{job['id']}", job["lease"]
    for who, said in ((other, lease), (token, lease + "0"), (token, ""), (other, lease.replace(":", ";"))):
        status, answer = await place.say(who, f"{path}/addresses", lease=said, read=[REPLAY])
        assert (status, answer["error"]["code"]) == (409, "lease_lost")
    for key in (
        "sessions/s/rec/1/manifest.jsonl", "sessions/t/hls/replay.json", "lectern.db", "secrets/join.json",
        "sessions/s/hls/../rec/1/x", "/etc/passwd", "sessions/s/hls/../../../lectern.db", "sessions/s/hls",
    ):  # fmt: skip
        assert (await place.say(token, f"{path}/addresses", lease=lease, read=[key]))[0] == 404, key
    for name in ("../video.mp4", "x.mp4", "/video.mp4", "video.mp4/../../x", ".video.mp4", "tiles-.jpg"):
        wanted = [{"name": name, "size_bytes": 1}]
        assert (await place.say(token, f"{path}/addresses", lease=lease, write=wanted))[0] == 404, name
    for folder in ("sessions/s/rec", "secrets", "sessions", ""):
        assert (await place.say(token, f"{path}/listing", lease=lease, folder=folder))[0] == 404, folder
    status, said = await place.say(
        token, f"{path}/addresses", lease=lease, read=[REPLAY],
        write=[{"name": "video.mp4", "size_bytes": 3}],
    )  # fmt: skip
    assert status == 200
    [read], [write] = said["read"], said["write"]
    async with place.client.get(read) as answer:
        assert await answer.read() == (place.data / REPLAY).read_bytes()
    assert (await place.client.get(write)).status == 401  # to write is not to read
    assert (await place.client.put(read, data=b"abc")).status == 401
    assert (await place.client.get(read[:-2] + "zz")).status == 401
    assert (await place.client.put(write, data=b"abcd")).status == 422
    assert (await place.client.put(write, data=_drops(b"ab", b"cd"))).status == 400  # counted, not believed
    assert (await place.client.put(write, data=b"abc")).status == 204
    assert not (place.data / "sessions/s" / CUT.folder).exists()
    status, answer = await place.say(
        token, f"{path}/complete", lease=lease, files=[{"name": "video.mp4", "size_bytes": 3}]
    )
    assert (status, answer["error"]["code"]) == (422, "result_incomplete")
    everything = [{"name": name, "size_bytes": 3} for name in sorted(REQUIRED)]
    assert (await place.say(token, f"{path}/complete", lease=lease, files=everything))[0] == 422
    assert (await place.say(token, f"{path}/complete", lease=lease, files=[]))[0] == 422
    assert (await place.job(job["id"])).state is JobState.RUNNING


async def test_what_a_worker_says_it_heard_is_looked_at(place: Place) -> None:
    _, token = await place.token()
    job_id = await place.add(SIGNALS, HEARD)
    job = await place.claim(token, SIGNALS)
    path, lease = f"jobs/{job_id}", job["lease"]
    for name, size in (("video.mp4", 3), ("result.json", 9 << 20)):
        wanted = [{"name": name, "size_bytes": size}]
        assert (await place.say(token, f"{path}/addresses", lease=lease, write=wanted))[0] == 404, name

    async def handed_in(content: bytes) -> tuple[int, Any]:
        sent = [{"name": "result.json", "size_bytes": len(content)}]
        _, said = await place.say(token, f"{path}/addresses", lease=lease, write=sent)
        assert (await place.client.put(said["write"][0], data=content)).status == 204
        return await place.say(token, f"{path}/complete", lease=lease, files=sent)

    good = Signals(2_000, 500, (0, 255), ((0, 900), (1_000, 2_000)), ((700, 0.5),))
    for wrong in (
        b"{}", b"\xff", msgspec.json.encode(msgspec.structs.replace(good, utterances=((5, 9_000),))),
        msgspec.json.encode(msgspec.structs.replace(good, scenes=((900, 0.1), (700, 0.1)))),
        msgspec.json.encode(msgspec.structs.replace(good, peaks=(256,))),
    ):  # fmt: skip
        status, answer = await handed_in(wrong)
        assert (status, answer["error"]["code"]) == (422, "result_incomplete")
    assert not (place.data / "sessions/s" / HEARD.folder).exists()
    assert (await handed_in(msgspec.json.encode(good)))[0] == 200
    assert (await place.job(job_id)).result == {"utterances": 2, "scenes": 1, "lacks": []}


async def _drops(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_a_full_disk_at_the_server_is_told_and_the_file_may_come_again(place: Place) -> None:
    _, token = await place.token()
    await place.add(MICROCOURSE, CUT)
    job = await place.claim(token)
    content = bytes(200_000)
    wanted = [{"name": "video.mp4", "size_bytes": len(content)}]
    _, said = await place.say(token, f"jobs/{job['id']}/addresses", lease=job["lease"], write=wanted)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # else the write kills instead of failing
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        async with place.client.put(said["write"][0], data=content) as answer:
            refused = (answer.status, (await answer.json())["error"]["code"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert refused == (503, "disk_full")
    assert not [path for path in (place.data / "incoming").rglob("*") if path.is_file()]
    assert (await place.client.put(said["write"][0], data=content)).status == 204


async def test_a_lost_lease_has_dead_addresses_and_harms_nobody(place: Place) -> None:
    _, token = await place.token()
    await place.add(MICROCOURSE, CUT)
    job = await place.claim(token)
    path = f"jobs/{job['id']}"
    _, said = await place.say(
        token, f"{path}/addresses", lease=job["lease"], read=[REPLAY],
        write=[{"name": "video.mp4", "size_bytes": 3}],
    )  # fmt: skip
    assert (await place.say(token, f"{path}/release", lease=job["lease"]))[0] == 204
    again = await place.claim(token)
    assert (again["id"], again["attempts"]) == (job["id"], 1)
    assert (await place.client.get(said["read"][0])).status == 401
    assert (await place.client.put(said["write"][0], data=b"abc")).status == 401
    for what, body in (
        ("heartbeat", {"progress": 0.5}),
        ("complete", {"files": []}),
        ("fail", {"code": "x", "reason": "x"}),
        ("release", {}),
    ):
        assert (await place.say(token, f"{path}/{what}", lease=job["lease"], **body))[0] == 409
    status, state = await place.say(
        token, f"{path}/fail", lease=again["lease"], code="source_unreadable", reason="It\ncannot be read."
    )
    assert (status, state) == (200, {"state": "failed"})
    assert (await place.job(job["id"])).reason == "It cannot be read."


def test_an_address_is_signed_for_one_file() -> None:
    signer = WorkSigner({"k": bytes(32)}, "k")
    grant = WorkGrant("j", "l", "sessions/s/hls/x", 2_000)
    token = signer.path(grant).rpartition("/")[2]
    assert signer.open(token, UtcMs(1_999)) == grant
    for wrong, now in ((token, 2_000), (token[1:], 0), (token.replace(".", ""), 0), ("a.b.c", 0), ("", 0)):
        with pytest.raises(Exception, match="work_address_invalid"):
            signer.open(wrong, UtcMs(now))
