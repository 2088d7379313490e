"""The data dictionary names every table and every column, and none that is not there."""

import re
from pathlib import Path

import pytest

from lectern.app.tables import metadata

PAGE = (Path(__file__).parents[2] / "docs" / "data-dictionary.md").read_text()
SECTIONS = {
    found[1]: found[2]
    for found in re.finditer(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
}


def test_every_table_has_a_section_and_every_section_a_table() -> None:
    assert set(SECTIONS) == set(metadata.tables)


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_column_is_explained(table: str) -> None:
    named = set(re.findall(r"`(\w+)`", SECTIONS.get(table, "")))
    missing = {column.name for column in metadata.tables[table].columns} - named
    assert not missing
