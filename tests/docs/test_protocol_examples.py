"""docs/protocol.md is the contract: its examples decode, its tables are what the code does."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from interactions.live.namespace import CommandMessage
from interactions.registry import COMMANDS
from lectern.timeline.idea import ANYONE, LEARNERS, STAFF
from tests.class_proof import through_json
from tests.interactions.lesson import live_lesson

ROOT = Path(__file__).parents[2]
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json\n(.*?)```", PROTOCOL, re.DOTALL)
OF_SESSIONS = {"lesson_start", "lesson_end", "participant_remove", "stage_mute"}
WHO = {"staff": STAFF, "learners": LEARNERS, "all": ANYONE, "staff, author": ANYONE}


class ErrorBody(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    message: str
    details: dict[str, Any]


class Refusal(msgspec.Struct, forbid_unknown_fields=True):
    error: ErrorBody


class Accepted(msgspec.Struct, forbid_unknown_fields=True):
    ok: bool
    result: dict[str, Any]
    seq: int


class Event(msgspec.Struct, forbid_unknown_fields=True):
    seq: int
    type: str
    utc_ms: int
    session_ms: int
    actor: str | None
    put: list[tuple[str, Any]]


class Frame(msgspec.Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    from_: int
    to: int
    events: list[Event]


BY_FIRST_FIELD: dict[str, type[msgspec.Struct]] = {
    "error": Refusal,
    "ok": Accepted,
    "seq": Event,
    "from": Frame,
    "id": CommandMessage,
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_decodes_and_encodes_to_itself(example: str) -> None:
    value = msgspec.json.decode(example)
    shape = BY_FIRST_FIELD[next(iter(value))]
    assert through_json(msgspec.convert(value, shape)) == value


def test_entities_in_examples_have_the_fields_of_real_ones() -> None:
    events = [value for value in map(msgspec.json.decode, EXAMPLES) if "put" in value]
    events += [event for value in map(msgspec.json.decode, EXAMPLES) for event in value.get("events", ())]
    assert len(events) >= 2
    documented = documented_entities()
    for event in events:
        for path, entity in event["put"]:
            assert (
                list(entity) == documented[re.sub(r"0193", "<id>", path).replace("vote/<id>", "vote/<poll>")]
            )


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading."""
    section = PROTOCOL.split(f"### {heading}\n")[1].split("\n#")[0]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[0].splitlines()[2:]]


def documented_entities() -> dict[str, list[str]]:
    """Return the fields of each entity in the order of the page; those for staff alone come last."""
    entities = {}
    for path, fields, *_ in rows("Entities"):
        names = [
            re.match(r"\w+", part.strip())[0]  # type: ignore[index] # every part begins with a name
            for code in re.findall(r"`([^`]*)`", fields)
            for part in re.sub(r"[(\[{].*?[)\]}]+", "", code).split(",")
        ]
        entities[path.strip("`")] = names
    return entities


def test_every_command_is_documented_with_its_fields_and_roles() -> None:
    documented: dict[str, tuple[set[str], str]] = {}
    for types, data, _, who in rows("Commands"):
        for name in re.findall(r"`(\w+)`", types):
            named = re.findall(r"\w+(?=[,:}]| or null)", " ".join(re.findall(r"`\{([^`]*)\}", data)) + "}")
            documented[name] = (set(named), who)
    assert set(documented) == {command.name for command in COMMANDS} | OF_SESSIONS
    for command in COMMANDS:
        fields, who = documented[command.name]
        assert {field.name for field in msgspec.structs.fields(command.data)} <= fields | {"participant"}, (
            command
        )
        assert command.roles == WHO[who], command.name


def test_every_entity_of_the_class_has_the_documented_fields() -> None:
    proof = live_lesson()
    round_ = proof.command("p", "checkin_open", seconds=60)["id"]
    proof.command("l1", "checkin_answer", id=round_)
    proof.command("p", "lottery_draw", round=round_)
    proof.command("p", "checkin_open", seconds=60, in_seconds=60)
    poll = proof.command("p", "poll_open", question="Q", options=["A", "B"])["id"]
    proof.command("l1", "poll_vote", id=poll, option=0)
    question = proof.command("l1", "question_ask", text="Q")["id"]
    proof.command("p", "question_publish", id=question)
    proof.command("l1", "question_upvote", id=question, on=True)
    proof.command("h", "question_query", id=question, text="Which?")
    proof.command("l1", "chat_send", text="hello")
    proof.command("l1", "hand_raise")
    proof.command("h", "hand_grant", participant="l1")
    proof.command("h", "chat_mute", participant="l1", on=True)
    proof.command("h", "breakout_open", groups=[{"name": "G", "members": ["l1"]}])
    group = proof.clients["h"].entities["breakout"]["groups"][0]
    proof.command("h", "breakout_report", text="Ours", group=group)
    documented = documented_entities()
    seen: dict[str, list[str]] = {}
    for who in ("l1", "s", "p"):
        for path, entity in proof.clients[who].entities.items():
            kind = path.rpartition("/")[0] or path
            seen[kind] = [] if entity is True else list(entity)
    assert set(seen) == {
        "checkin", "checkin_plan", "draw", "poll", "poll_desk", "question", "message", "hand",
        "breakout", "my/checkin", "my/vote", "my/upvote", "chat", "chat_mute", "stage_time", "reactions",
        "pool", "query", "asking", "funnel", "run", "my/question", "group", "outcome", "screen", "my",
        "feedback", "attention",
    }  # fmt: skip
    for kind, fields in seen.items():
        path = next(path for path in documented if path == kind or path.rpartition("/")[0] == kind)
        assert fields == ([] if documented[path] == ["true"] else documented[path]), path


REFUSED = re.compile(
    r"(?:Conflict|Deleted|NotFound|Rejected|Forbidden|Gone|Overloaded|ProtocolViolation)\(\s*\"(\w+)\"",
    re.DOTALL,
)


def test_every_refusal_of_the_class_is_on_the_page() -> None:
    sources = [*(ROOT / "interactions").rglob("*.py"), ROOT / "lectern/timeline/engine.py"]
    codes = {code for source in sources for code in REFUSED.findall(source.read_text(encoding="utf-8"))}
    assert len(codes) > 25
    # Nobody but a broken client sees this one: it answers a message on a connection that has just ended.
    assert {code for code in codes if f"`{code}`" not in PROTOCOL} <= {"not_connected"}
