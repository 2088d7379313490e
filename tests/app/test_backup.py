"""A backup taken from a running installation, restored elsewhere, is the same installation."""

from pathlib import Path

import pytest

from lectern.app.backup import backup, restore
from lectern.app.wired.services import now_s
from lectern.app.wiring import built
from lectern.kernel.access import SessionGrant
from lectern.kernel.errors import Conflict, NotFound, Rejected
from lectern.kernel.roles import SessionRole
from tests.installation import settings_of


def _silent(_step: str) -> None:
    return


async def test_a_restored_installation_knows_its_sessions_files_and_tokens(tmp_path: Path) -> None:
    old, new = settings_of(tmp_path / "old"), settings_of(tmp_path / "new")
    async with built(old) as services:
        org = await services.accounts.set_up("Demo", "Asia/Shanghai")
        session = await services.sessions.create(
            org_id=org.id,
            title="Kept",
            starts_utc_ms=None,
            zone=org.zone,
            presenter_person_id=None,
            host_person_id=None,
            guests_allowed=True,
        )
        grant = SessionGrant(session.id, SessionRole.LEARNER, None, guest_id="g", guest_name="Guest")
        token = services.tokens.issue(org.id, grant, now_s=now_s())
        film = old.sessions_dir / session.id / "hls" / "1.m4s"
        film.parent.mkdir(parents=True)
        film.write_bytes(b"film")
        backup(old, tmp_path / "copy", _silent)  # while it runs
    restore(new, tmp_path / "copy", _silent)
    async with built(new) as services:
        assert (await services.sessions.get(session.id)).title == "Kept"
        assert services.tokens.read(token, now_s=now_s()).grant == grant
        assert (new.sessions_dir / session.id / "hls" / "1.m4s").read_bytes() == b"film"


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    here = settings_of(tmp_path / "here")
    with pytest.raises(NotFound, match="nothing_to_back_up"):
        backup(here, tmp_path / "copy", _silent)
    async with built(here):
        pass
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    with pytest.raises(Conflict, match="target_not_empty"):
        backup(here, tmp_path / "full", _silent)
    with pytest.raises(NotFound, match="not_a_backup"):
        restore(settings_of(tmp_path / "new"), tmp_path / "full", _silent)
    backup(here, tmp_path / "copy", _silent)
    with pytest.raises(Conflict, match="data_not_empty"):
        restore(here, tmp_path / "copy", _silent)


def test_postgresql_has_its_own_tool(tmp_path: Path) -> None:
    here = settings_of(tmp_path / "here", database_url="postgresql://db/lectern")
    with pytest.raises(Rejected, match="pg_dump"):
        backup(here, tmp_path / "copy", _silent)
