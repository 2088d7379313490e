"""The keys that sign attendance: made once, private, turned over without losing what they signed."""

import json
import shutil
import stat
from pathlib import Path

import pytest

from analytics.closing.canonical import sha256
from analytics.closing.signing import certificate_of, is_signed, spaced
from lectern.app.cli import main
from lectern.app.doctor import _attendance_key as attendance_finding
from lectern.app.shared_keys import (
    KeysOfServers,
    agree_on_attendance_key,
    attendance_key,
    tell_attendance_key,
)
from lectern.app.signing_keys import AttendanceKeys
from lectern.db.engine import Database
from lectern.kernel.errors import Conflict
from tests.installation import settings_of


def test_the_first_use_makes_a_key_that_stays(tmp_path: Path) -> None:
    keys = AttendanceKeys(tmp_path / "secrets")
    assert keys.listed() == []
    first = keys.current("ACME 培训")
    assert AttendanceKeys(tmp_path / "secrets").current("other").fingerprint == first.fingerprint
    path = tmp_path / "secrets" / "attendance.signing.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_key_that_was_turned_over_signs_no_more_and_still_vouches(tmp_path: Path) -> None:
    now = iter(range(1_800_000_000_000, 1_900_000_000_000, 1000))
    keys = AttendanceKeys(tmp_path, lambda: next(now))  # type: ignore[arg-type,return-value] # any number will do
    old = keys.current("ACME")
    signature = old.sign(b"head")
    new = keys.rotate("ACME")
    assert new.fingerprint != old.fingerprint
    assert keys.current("ACME").fingerprint == new.fingerprint
    retired, current = keys.listed()
    assert (retired.certificate, current.certificate) == (old.certificate, new.certificate)
    assert current.retired_utc_ms is None
    assert is_signed(retired.certificate, signature, b"head")
    assert old.pem() not in json.loads((tmp_path / "attendance.signing.json").read_text()).values()
    assert (tmp_path / "attendance.signing.json").read_text().count(
        "PRIVATE KEY"
    ) == 2  # one key's begin and end


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"current": "x", "keys": {}}', '{"current": "x", "keys": {"x": {}}}']
)
def test_a_damaged_file_is_never_written_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / "attendance.signing.json"
    path.write_text(text)
    keys = AttendanceKeys(tmp_path)
    with pytest.raises(Conflict, match="signing_keys_damaged"):
        keys.current("ACME")
    with pytest.raises(Conflict, match="signing_keys_damaged"):
        keys.rotate("ACME")
    assert path.read_text() == text


def test_the_command_line_turns_keys_over_and_forgets(
    tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(migrated_file, tmp_path / "lectern.db")
    monkeypatch.chdir(tmp_path)  # no .env
    monkeypatch.setenv("LECTERN_DATA", str(tmp_path))

    def says(*words: str) -> str:
        main(["attendance", *words])
        return capsys.readouterr().out

    main(["setup", "--org", "ACME", "--admin", "boss"])
    capsys.readouterr()
    assert says("keys", "list") == ""
    first, second = says("keys", "rotate"), says("keys", "rotate")
    assert first != second
    listed = says("keys", "list").splitlines()
    assert len(listed) == 2
    assert listed[-1].endswith(second.splitlines()[-1])
    newest = certificate_of(says("keys", "export"))
    assert spaced(sha256(newest)) == second.splitlines()[-1]
    oldest = listed[0].split()[0]
    assert sha256(certificate_of(says("keys", "export", "--key", oldest))).startswith(oldest)
    with pytest.raises(SystemExit, match="no such key"):
        says("keys", "export", "--key", "none")
    assert says("forget", "boss").startswith("0 names")
    with pytest.raises(SystemExit, match="employee number"):
        says("forget", "nobody")


async def test_every_server_signs_with_one_key_or_says_that_it_does_not(
    tmp_path: Path, sqlite_database: Database
) -> None:
    """The first server makes it; one without it makes none of its own, and the doctor says what to copy."""
    first, second = (AttendanceKeys(tmp_path / name / "secrets") for name in ("first", "second"))
    told = settings_of(
        tmp_path / "second", redis_url="redis://127.0.0.1:1", database_url=f"sqlite:///{tmp_path}/lectern.db"
    )
    assert (await attendance_finding(told)).good, "nothing is agreed on yet"
    signing = await KeysOfServers(first, sqlite_database).current("ACME")
    assert (await KeysOfServers(first, None).current("ACME")).fingerprint == signing.fingerprint
    assert await agree_on_attendance_key(sqlite_database, first, "ACME")
    assert await attendance_key(sqlite_database) == first.current("ACME").fingerprint
    assert not await agree_on_attendance_key(sqlite_database, second, "ACME")
    with pytest.raises(Conflict, match="signing_key_missing"):
        await KeysOfServers(second, sqlite_database).current("ACME")
    assert not second.path.exists()
    finding = await attendance_finding(told)
    assert (finding.good, str(second.path) in finding.remedy) == (False, True)

    second.path.parent.mkdir(parents=True)
    shutil.copy(first.path, second.path)
    assert await agree_on_attendance_key(sqlite_database, second, "ACME")
    assert (await attendance_finding(told)).good
    await tell_attendance_key(sqlite_database, first.rotate("ACME").fingerprint)
    assert not await agree_on_attendance_key(sqlite_database, second, "ACME"), "it has the key of before"
    assert not (await attendance_finding(told)).good
    shutil.copy(first.path, second.path)
    assert await agree_on_attendance_key(sqlite_database, second, "ACME")
    second.path.write_text("{")
    assert "damaged" in (await attendance_finding(told)).what


async def test_one_server_alone_has_nothing_to_compare(tmp_path: Path) -> None:
    assert (await attendance_finding(settings_of(tmp_path))).good
    assert not (tmp_path / "secrets").exists()
