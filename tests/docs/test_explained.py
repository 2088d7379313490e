"""Error codes, log events, settings and requirements are all explained, and nothing that is gone is."""

import re

from pydantic import SecretStr

from lectern.app.media_metrics import media_metrics
from lectern.app.settings import Settings
from streaming.control.messages import Stats
from streaming.forwarding.totals import COUNTS
from tests.docs.source_words import ROOT, error_codes, first_column, log_events

REQUIREMENTS = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([A-Z]{3}-\d{2}) \| ([^|]+) \| ([^|]+) \|$", REQUIREMENTS, re.MULTILINE)


def test_error_codes() -> None:
    documented, raised = first_column("errors.md", ""), error_codes()
    assert raised - documented == set(), "explain these codes in docs/errors.md"
    assert documented - raised == set(), "nothing raises these codes of docs/errors.md any more"


def test_the_collector_sees_codes_of_every_kind() -> None:
    direct, line, of_class, by_variable, by_table = (
        "session_over",
        "cell_empty",
        "no_common_codec",
        "query_invalid",
        "microcourse_not_ready",
    )
    assert {direct, line, of_class, by_variable, by_table} <= error_codes()


def test_log_events() -> None:
    documented, logged = first_column("operating.md", "## Log"), log_events()
    assert logged - documented == set(), "explain these log events in docs/operating.md"
    assert documented - logged == set(), "nothing logs these events of docs/operating.md any more"


def test_log_events_are_noun_and_verb() -> None:
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", event) for event in log_events())


def test_metrics() -> None:
    section = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8").partition("## Metrics")[2]
    documented = set(re.findall(r"`(lectern_[a-z_]+)`", section))
    assert "`lectern_media_room_…`" in section  # the counters of processes, by room
    documented |= {f"lectern_media_room_{name}" for name in COUNTS}
    files = ("metrics.py", "mail_metrics.py", "media_timing.py")
    source = "".join((ROOT / "lectern" / "app" / name).read_text(encoding="utf-8") for name in files)
    exposed = set(re.findall(r'"(lectern_[a-z_]+)"', source))
    for prefix, names in re.findall(r'in \(\n(.*?)\):.*?f"(lectern_[a-z]+_)\{name\}"', source, re.DOTALL):
        exposed |= {names + name for name in re.findall(r'\("([a-z_]+)",', prefix)}
    exposed |= {metric.name for metric in media_metrics({"media-1": Stats((), {})})}
    assert documented == exposed


def test_settings() -> None:
    names = {f"LECTERN_{name.upper()}" for name in Settings.model_fields}
    assert first_column("settings.md", "") == names


def test_settings_say_their_default() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        row = re.search(rf"^\| `LECTERN_{name.upper()}` \| ([^|]+) \|", text, re.MULTILINE)
        assert row is not None
        if name != "data":  # beside the checkout: different on every machine
            default = field.default
            if isinstance(default, SecretStr):
                default = default.get_secret_value()
            if isinstance(default, tuple):
                default = ",".join(map(str, default))
            shown = (
                "empty"
                if default in ("", None)
                else f"`{str(default).lower() if isinstance(default, bool) else default}`"
            )
            assert row[1].strip() == shown, name


def test_requirements_are_listed_once() -> None:
    ids = [row[0] for row in ROWS]
    assert len(ids) > 80
    assert len(ids) == len(set(ids))


def test_requirements_name_tests_that_exist() -> None:
    for id_, _, where in ROWS:
        named = re.findall(r"`([^`]+)`", where)
        assert named or where.strip() == "later", id_
        for path in named:
            assert (ROOT / path).exists(), f"{id_}: {path}"


def test_bad_input_names_tests_that_exist() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", REQUIREMENTS)
    assert len(named) > 30
    for path, test in named:
        written = re.findall(
            r"^(?:async )?def (test_\w+)", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE
        )
        assert test in written, f"{path}::{test}"


def test_links_lead_somewhere() -> None:
    documents = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    for document in documents:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
            if target.startswith("docs/pictures/") and not (ROOT / "docs" / "pictures").exists():
                continue  # screenshots are taken by the whole lesson's test and chosen by a person
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"
