"""Where a media process records that shares no disk with its servers."""

from pathlib import Path

import pytest

from streaming.control.messages import RecordSpec
from streaming.own_folder import below


def test_the_name_counts_and_not_the_servers_path() -> None:
    spec = RecordSpec("/srv/data/sessions/a/rec/1", 5, 6, "sessions/a/rec/1")
    assert below(Path("/var/own"), spec) == RecordSpec("/var/own/sessions/a/rec/1", 5, 6, "sessions/a/rec/1")


@pytest.mark.parametrize("name", ["", "/etc/rec/1", "sessions/../rec/1", "sessions/a/rec/1/..", "sessions/a"])
def test_no_order_leads_out_of_the_folder(name: str) -> None:
    with pytest.raises(OSError, match="--data"):
        below(Path("/var/own"), RecordSpec("/srv/data", 0, 0, name))
