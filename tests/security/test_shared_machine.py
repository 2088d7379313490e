"""Other users of the same machine."""

import os
import tempfile
from pathlib import Path

import pytest

from lectern.app.control import control_paths
from lectern.kernel.errors import Conflict
from tests.installation import settings_of


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"lectern-{os.getuid()}"


def test_the_control_socket_lies_in_a_folder_of_our_own(tmp_path: Path, temporary: Path) -> None:
    assert control_paths(settings_of(tmp_path))[0].parent == temporary
    assert control_paths(settings_of(tmp_path))[0].parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path, temporary: Path) -> None:
    temporary.mkdir()
    temporary.chmod(0o777)  # as somebody else would leave it, who waits for our media process in it
    with pytest.raises(Conflict, match="folder_foreign"):
        control_paths(settings_of(tmp_path))


def test_a_link_to_elsewhere_is_refused(tmp_path: Path, temporary: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    temporary.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Conflict, match="folder_foreign"):
        control_paths(settings_of(tmp_path))
