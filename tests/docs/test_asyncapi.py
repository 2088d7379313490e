"""docs/asyncapi.json is what the code says; `lectern asyncapi > docs/asyncapi.json` mends a difference."""

import json
from pathlib import Path

import jsonschema
import pytest

from lectern.app.namespaces import async_api
from lectern.app.wiring import registry

FILE = Path(__file__).parents[2] / "docs" / "asyncapi.json"


def test_the_file_is_what_the_code_says() -> None:
    # Through JSON: defaults that are tuples come back as arrays.
    assert json.loads(FILE.read_text()) == json.loads(json.dumps(async_api(registry())))


def test_every_command_is_in_it() -> None:
    commands = async_api(registry())["components"]["schemas"]["AnyCommand"]["oneOf"]
    assert {command["title"] for command in commands} == set(registry().commands)


@pytest.mark.parametrize(
    ("command", "is_valid"),
    [
        ({"id": "1", "type": "poll_vote", "data": {"id": "p", "option": 0}}, True),
        ({"id": "1", "type": "poll_vote", "data": {"option": 0}}, False),
        ({"id": "1", "type": "no_such", "data": {}}, False),
        ({"id": "1", "type": "lesson_end", "data": {}}, True),
    ],
)
def test_its_schemas_judge_commands(command: object, is_valid: bool) -> None:
    document = async_api(registry())
    schema = {"$ref": "#/components/schemas/AnyCommand", "components": document["components"]}
    assert jsonschema.Draft202012Validator(schema).is_valid(command) == is_valid
