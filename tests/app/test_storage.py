"""Object storage as an installation sees it: settings, the doctor's words, backup, and a session fetched
back."""

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from lectern.app.backup import backup
from lectern.app.cli import main
from lectern.app.secrets import write_over
from lectern.app.settings import Settings
from lectern.app.shared_keys import agree_on_keys
from lectern.app.steering import Steering
from lectern.app.storage import bucket_of, carrying, fetch_session, files_of, place_of
from lectern.app.storage_doctor import remedy_of, storage, verdict
from lectern.app.wiring import built
from lectern.db.engine import Database
from lectern.kernel.errors import Conflict, NotFound
from lectern.kernel.tasks import task_group
from lectern.manifest import Replay, write_replay
from lectern.storage.backlog import Backlog
from lectern.storage.bucket import BucketFiles
from lectern.storage.carrier import Carrier
from lectern.storage.local import LocalFiles
from lectern.storage.place import BucketPlace
from lectern.storage.read_cache import ReadCache
from lectern.storage.shelved import note_shelved, shelved
from lectern.storage.tiered import TieredFiles
from sessions.store import SessionStore
from tests.installation import settings_of
from tests.s3_server import Gate


def with_bucket(data: Path, place: BucketPlace, **others: Any) -> Settings:
    """An installation over `place`."""
    return settings_of(
        data,
        storage_url=f"s3://{place.bucket}/{place.prefix}",
        storage_endpoint=place.endpoint,
        **({"storage_key_id": place.key_id, "storage_secret": place.secret} | others),
    )


def test_settings_name_a_place(tmp_path: Path) -> None:
    assert place_of(settings_of(tmp_path)) is None
    assert isinstance(files_of(settings_of(tmp_path)), LocalFiles)
    (tmp_path / "secret").write_text("hush\n")
    settings = settings_of(
        tmp_path,
        storage_url="s3://lessons/a",
        storage_endpoint="https://s3.example.com/",
        storage_key_id="k",
        storage_secret_file=tmp_path / "secret",
    )
    wanted = BucketPlace("lessons", "a", "https://s3.example.com", "us-east-1", "k", "hush")
    assert place_of(settings) == wanted
    assert isinstance(files_of(settings), TieredFiles)
    with pytest.raises(Conflict, match="LECTERN_STORAGE_SECRET_FILE"):
        place_of(settings.model_copy(update={"storage_secret_file": tmp_path / "none"}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"storage_url": "lessons"},
        {"storage_url": "s3://lessons", "storage_endpoint": "s3.example.com"},
        {"storage_url": "s3://lessons", "storage_key_id": "k"},
        {"storage_url": "s3://lessons", "storage_secret": "s"},
        {"storage_key_id": "k", "storage_secret": "s", "storage_secret_file": "/x"},
        {"storage_keep_hours": -1},
    ],
)
def test_wrong_settings_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings_of(tmp_path, **wrong)


async def test_the_doctor_tries_it(bucket_place: BucketPlace, gate: Gate, tmp_path: Path) -> None:
    assert (await storage(settings_of(tmp_path))).good
    finding = await storage(with_bucket(tmp_path, bucket_place))
    assert finding.good, finding
    assert bucket_place.secret not in finding.what
    assert await BucketFiles(bucket_place).list("doctor") == []
    missing = await storage(with_bucket(tmp_path, replace(bucket_place, bucket="no-such-bucket")))
    assert (missing.good, "There is no such bucket" in missing.remedy) == (False, True)
    gate.shut()
    away = await storage(with_bucket(tmp_path, replace(bucket_place, endpoint=gate.url)))
    assert (away.good, "LECTERN_STORAGE_ENDPOINT" in away.remedy) == (False, True)
    unreadable = with_bucket(tmp_path, bucket_place, storage_secret="", storage_secret_file=tmp_path / "none")
    assert "cannot be read" in (await storage(unreadable)).remedy


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("<Code>InvalidAccessKeyId</Code>", "does not know this key"),
        ("status: 403, <Code>SignatureDoesNotMatch</Code>", "does not know this key"),
        ("status: 403, <Code>AccessDenied</Code>", "may not do this"),
        ("invalid peer certificate: UnknownIssuer", "LECTERN_STORAGE_CA"),
        ("error sending request: operation timed out", "does not answer"),
        ("status: 500", "log of the S3 server"),
        ("PUT http://s3.test/t-401-tls/doctor/1.bin in 3 s: error sending request", "does not answer"),
    ],
)
def test_each_cause_has_its_remedy(cause: str, words: str) -> None:
    assert words in remedy_of(cause)


async def test_a_backup_says_what_is_not_in_it(bucket_place: BucketPlace, tmp_path: Path) -> None:
    for number, (settings, remarks) in enumerate(
        [(settings_of(tmp_path / "a"), 0), (with_bucket(tmp_path / "b", bucket_place), 1)]
    ):
        async with built(settings):
            said = backup(settings, tmp_path / f"copy{number}", lambda _step: None)
        assert len(said) == remarks
        assert all(bucket_place.bucket in remark and bucket_place.secret not in remark for remark in said)


async def test_a_session_comes_back(bucket_place: BucketPlace, tmp_path: Path) -> None:
    settings = with_bucket(tmp_path, bucket_place)
    with pytest.raises(NotFound):
        await fetch_session(settings, "a")
    with pytest.raises(NotFound):
        await fetch_session(settings_of(tmp_path), "a")
    bucket = bucket_of(settings)
    assert bucket is not None
    for name in ("rec/1/manifest.jsonl", "rec/1/t/1.mp4", "hls/camera/1.m4s"):
        await bucket.put(f"sessions/a/{name}", b"there")
    folder = settings.sessions_dir / "a"
    (folder / "rec/1").mkdir(parents=True)
    (folder / "rec/1/manifest.jsonl").write_bytes(b"here, and longer")
    note_shelved(folder, ["rec/1/t/1.mp4"])
    assert await fetch_session(settings, "a") == 2
    assert (folder / "rec/1/t/1.mp4").read_bytes() == b"there"
    assert (folder / "rec/1/manifest.jsonl").read_bytes() == b"here, and longer"
    assert shelved(folder) == frozenset()


def test_the_command_to_fetch(
    bucket_place: BucketPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LECTERN_DATA", str(tmp_path))
    monkeypatch.setenv("LECTERN_STORAGE_URL", f"s3://{bucket_place.bucket}")
    monkeypatch.setenv("LECTERN_STORAGE_ENDPOINT", bucket_place.endpoint)
    monkeypatch.setenv("LECTERN_STORAGE_KEY_ID", "k")
    monkeypatch.setenv("LECTERN_STORAGE_SECRET", "s")
    with pytest.raises(SystemExit) as ended:
        main(["session", "fetch", "nothing"])
    assert "holds nothing" in str(ended.value)


async def test_a_worker_carries_while_it_works(bucket_place: BucketPlace, tmp_path: Path) -> None:
    settings = with_bucket(tmp_path / "data", bucket_place)
    bucket = BucketFiles(bucket_place)
    async with carrying(settings, None):
        segment = settings.sessions_dir / "a" / "hls" / "1.m4s"
        segment.parent.mkdir(parents=True)
        segment.write_bytes(b"film")
        async with asyncio.timeout(20):
            while not await bucket.list("sessions/a"):
                await asyncio.sleep(0.05)
    async with carrying(settings_of(tmp_path / "other"), None):
        assert not (tmp_path / "other").exists()


async def test_with_several_servers_a_replay_is_ready_when_the_bucket_has_it(
    bucket_place: BucketPlace, tmp_path: Path
) -> None:
    settings = with_bucket(tmp_path, bucket_place)
    async with built(settings) as services:
        keeper = services.catalogue.keeper
        cache = ReadCache(tmp_path / "cache", 1 << 20)
        bucket = BucketFiles(bucket_place)
        keeper = replace(keeper, files=TieredFiles(LocalFiles(tmp_path), bucket, cache, alone=False))
        steering = Steering(
            services.database, None, services.plane, SessionStore(), keeper, waits_for_bucket=True
        )
        org = await services.accounts.set_up("Demo", "Asia/Shanghai")
        session = await services.sessions.create(
            org_id=org.id, title="Carried", starts_utc_ms=None, zone=org.zone, presenter_person_id=None,
            host_person_id=None, guests_allowed=True,
        )  # fmt: skip
        await services.sessions.start(session.id)
        await services.sessions.end(session.id)
        folder = settings.sessions_dir / session.id / "hls"
        folder.mkdir(parents=True)
        (folder / "1.m4s").write_bytes(b"film")
        write_replay(folder / "replay.json", Replay(duration_ms=0, utc_ms=0, videos=(), clock=()))
        async with asyncio.timeout(20), task_group() as tasks:
            closing = tasks.create_task(steering.closed(session.id))
            await asyncio.sleep(0.2)
            assert not closing.done()
            assert (await steering.recorded())[1] == [session.id]
            assert await Carrier(tmp_path, bucket, keep_s=60).round()
        assert (await steering.recorded())[1] == []


def test_the_doctor_says_what_waits_and_who_can_act() -> None:
    now, data = 10_000_000, Path("/srv/lectern")
    assert verdict(None, now, data).good
    assert verdict(Backlog(at_utc_ms=0), now, data).good  # nothing waited when it was last looked
    some = Backlog(at_utc_ms=now, files=3, bytes=5_000_000, oldest_utc_ms=now - 9_000)
    young = verdict(some, now, data)
    assert (young.good, young.remedy) == (True, "")
    assert "3 files (5 MB) wait, the oldest for 9 s" in young.what
    for backlog, remedy in (
        (msgspec.structs.replace(some, at_utc_ms=now - 130_000), "start `lectern worker`"),
        (msgspec.structs.replace(some, away_since_utc_ms=now - 5_000), "takes nothing"),
        (msgspec.structs.replace(some, oldest_utc_ms=now - 130_000), "too slow"),
    ):
        finding = verdict(backlog, now, data)
        assert not finding.good
        assert remedy in finding.remedy


async def test_servers_with_other_keys_do_not_start(sqlite_database: Database, tmp_path: Path) -> None:
    here, there = tmp_path / "a", tmp_path / "b"
    await agree_on_keys(sqlite_database, here)
    with pytest.raises(Conflict, match="copy LECTERN_DATA/secrets"):
        await agree_on_keys(sqlite_database, there)
    shutil.rmtree(there)
    shutil.copytree(here, there)
    await agree_on_keys(sqlite_database, there)
    # A key is rotated: added everywhere, then made the current one, at one server after the other.
    old = json.loads((here / "join.keys.json").read_text())
    new = {"current": "new", "keys": old["keys"] | {"new": "ab" * 32}}
    write_over(here / "join.keys.json", json.dumps(new))
    write_over(there / "join.keys.json", json.dumps(new | {"current": old["current"]}))
    for server in (here, there, here):
        await agree_on_keys(sqlite_database, server)
