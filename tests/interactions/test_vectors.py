"""The committed class vectors are what the class does, and a generic client can follow them."""

import pytest
from msgspec import json

from lectern.timeline.fold import apply_wire
from tests.interactions.vectors import FOLDER, SCRIPTS, written


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_committed_vector_is_current(name: str) -> None:
    path = FOLDER / f"{name}.json"
    assert path.read_bytes() == written(SCRIPTS[name]), "see tests/interactions/vectors.py"


def test_there_are_no_others() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_applying_the_events_leads_from_before_to_after(name: str) -> None:
    for viewer in json.decode((FOLDER / f"{name}.json").read_bytes())["viewers"]:
        entities = viewer["before"]
        for event in viewer["events"]:
            apply_wire(entities, event)
        assert entities == viewer["after"]
        assert viewer["events"]
