"""Settings: read from the environment, checked with a reason, listed for people."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from lectern.app.cli import main
from lectern.app.demo import refuse_beyond_loopback
from lectern.app.settings import Settings
from lectern.kernel.errors import Rejected
from tests.installation import settings_of


def leave_alone(*, json: bool) -> None:
    """Stands in for `logs.configure`, which sets up the whole process."""
    del json


def test_lists_come_from_one_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LECTERN_TRUSTED_PROXIES", "10.0.0.1, ::1 ,")
    assert settings_of(tmp_path).trusted_proxies == ("10.0.0.1", "::1")


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"host": "::1", "port": 9}, "http://[::1]:9"),
        ({"tls_cert": Path("/c.pem")}, "https://127.0.0.1:8080"),
        ({"public_url": "https://learn.example/"}, "https://learn.example"),
    ],
)
def test_the_address_that_browsers_use(tmp_path: Path, given: dict[str, object], url: str) -> None:
    assert settings_of(tmp_path, **given).url == url


@pytest.mark.parametrize(
    "wrong", [{"port": 70_000}, {"media_port": 0}, {"completion_threshold": 1.5}, {"zone": "Mars/Base"}]
)
def test_wrong_values_are_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings_of(tmp_path, **wrong)


def test_the_data_folder_is_absolute() -> None:
    with pytest.raises(ValidationError, match="absolute"):
        settings_of(Path("data"))


def test_a_wrong_setting_is_one_line_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LECTERN_PORT", "eighty")
    with pytest.raises(SystemExit) as ended:
        main(["settings"])
    assert "LECTERN_PORT" in str(ended.value)
    assert "Traceback" not in str(ended.value)


def test_the_command_lists_every_setting(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lectern.app.logs.configure", leave_alone)
    main(["settings"])
    listed = capsys.readouterr().out
    for name, field in Settings.model_fields.items():
        assert f"LECTERN_{name.upper()} = " in listed
        assert field.description is not None
        assert field.description in listed


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_the_demo_stays_on_this_machine(tmp_path: Path, host: str) -> None:
    with pytest.raises(Rejected) as refused:
        refuse_beyond_loopback(settings_of(tmp_path, host=host))
    assert refused.value.code == "demo_beyond_loopback"
    assert host in refused.value.message


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_the_demo_runs_on_loopback(tmp_path: Path, host: str) -> None:
    refuse_beyond_loopback(settings_of(tmp_path, host=host))


def test_the_command_refuses_before_it_serves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("lectern.app.logs.configure", leave_alone)
    monkeypatch.setenv("LECTERN_HOST", "0.0.0.0")
    monkeypatch.setenv("LECTERN_DATA", str(tmp_path / "data"))
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--demo"])
    assert "--demo serves this machine only" in str(ended.value)
    assert not (tmp_path / "data").exists()
