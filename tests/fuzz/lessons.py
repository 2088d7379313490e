"""Targets: what members of a class send, and text and files that are brought to a lesson."""

import base64
import json
from collections.abc import Iterable
from functools import cache
from random import Random
from typing import Any

import msgspec

from interactions.answers.draft import checked
from interactions.notes.notebook import NOTES_CHARS, Notebook, Record, utf16_length
from interactions.notes.update import MOST_ITEMS, read_update, read_whole
from interactions.question_sets.reading import MOST_QUESTIONS, read_questions
from interactions.question_sets.writing import write_questions
from interactions.registry import COMMANDS
from lectern.kernel.errors import LecternError, Rejected, Unauthenticated
from lectern.kernel.sheet import read_sheet
from lectern.timeline.idea import Call
from notices.kinds import Kind
from notices.mute_link import MuteLinks
from sessions.service import ROSTER_COLUMNS
from signaling.entry.join_tokens import Keys
from signaling.screens.passes import ScreenPasses, Use
from tests.class_proof import Proof
from tests.fuzz.target import Target
from tests.interactions.lesson import live_lesson
from tests.interactions.pens import Pen
from tests.interactions.test_question_text import CHINESE, ENGLISH

SECONDS = 6
"""Of a CI run: these are small parsers in front of strict types."""
_ANN = 7
_SECRETS = {"k1": b"k" * 32}
_SCREEN = "0123456789abcdef0123456789abcdef"


@cache
def _written() -> tuple[bytes, ...]:
    """What Ann wrote before, change by change; her Yjs client is `_ANN` and her text "好, ab"."""
    text = b"\x01\x05notes"
    return (
        b"\x01\x01\x07\x00\x04" + text + b"\x05\xe5\xa5\xbd, \x00",
        b"\x01\x01\x07\x03\x84\x07\x02\x02ab\x00",
    )


_MEANWHILE = (
    b"\x01\x01\x07\x05\xc4\x07\x01\x07\x02\x02cd\x00",  # between two letters
    b"\x01\x01\x05\x00\x84\x07\x02\x01z\x00",  # by a client with a lower number, after a letter
    b"\x00\x01\x07\x01\x01\x03",  # the last letters go
)


def notes_update(data: bytes) -> None:
    """A change of shared notes is refused without a trace, or taken in, and everybody reads the same then."""
    book, record = Notebook(), Record()
    for each in _written():
        book.take(record, "ann", read_update(each))
    before = book.text, record.n
    try:
        update = read_update(data)
        assert update.items <= 2 * MOST_ITEMS
        book.take(record, "eve", update)
    except LecternError:
        assert book.is_spoiled or (book.text, record.n) == before
        return
    assert record.n - before[1] in {0, 1}
    assert utf16_length(book.text) <= NOTES_CHARS
    assert read_whole(book.content()).pieces <= record.pieces
    again = _read((book.content(),), whole=True)
    assert again.text == book.text
    assert again.known() == book.known(), "nothing waits for what never comes"
    assert record.writers[str(_ANN)] == "ann"
    # Whoever reads it before or after what others wrote at the same time sees the same text.
    for meanwhile in _MEANWHILE:
        texts = {_read((*_written(), *order)).text for order in ((data, meanwhile), (meanwhile, data))}
        assert len(texts) == 1


def _read(changes: Iterable[bytes], *, whole: bool = False) -> Notebook:
    notebook = Notebook()
    for n, each in enumerate(changes, start=1):
        notebook.load(each, n, whole=whole)
    return notebook


def _updates() -> Iterable[bytes]:
    yield from _written()
    pen = Pen()
    for each in _written():
        pen.take(each)
    yield pen.write(1, "😀")
    yield pen.erase(0, 2)
    yield pen.edit(lambda notes: notes.insert(0, "x"), lambda notes: notes.insert(3, "y"))


def question_text(data: bytes) -> None:
    """Pasted questions: each is possible, mistakes name a line of the text, and it can be written down."""
    text = data.decode("utf-8", "replace")
    reading = read_questions(text)
    lines = text.count("\n") + 1
    assert all(1 <= error.line <= lines and error.code for error in reading.errors)
    assert len(reading.questions) <= MOST_QUESTIONS
    drafts = [read.draft for read in reading.questions]
    assert [checked(draft) for draft in drafts] == drafts
    for lang in ("zh-CN", "en"):
        assert bool(write_questions(drafts, lang)) is bool(drafts)
    msgspec.json.encode(drafts)


def _questions() -> Iterable[bytes]:
    yield from (text.encode() for text in (ENGLISH, CHINESE))
    yield from (text.encode() for text in ENGLISH.split("\n\n"))


def sheet(data: bytes) -> None:
    """An uploaded list of people: refused with a reason, or rows of the columns that were asked for."""
    try:
        rows = read_sheet(data, ROSTER_COLUMNS, ["external_id"])
    except Rejected as refusal:
        msgspec.json.encode(refusal.details)
        return
    assert all(set(row.cells) <= set(ROSTER_COLUMNS) and row.line > 1 for row in rows)
    msgspec.json.encode([row.cells for row in rows])


def _sheets() -> Iterable[bytes]:
    text = '工号,姓名,"备注, 其他"\r\nL001,王芳,\r\n\r\nL002,"李 ""伟""",x\r\n'
    yield from (
        text.encode(encoding) for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be")
    )
    yield text.replace(",", ";").encode()
    yield b"external_id\tname\nL1\tA\n"


@cache
def _lesson() -> Proof:
    """A lesson in which something of everything is going on. Deciding changes nothing in it."""
    proof = live_lesson()
    split = [{"name": name, "members": [who]} for name, who in (("One", "l1"), ("Two", "l2"))]
    proof.command("p", "breakout_open", groups=split, late="choose")
    group = proof.clients["p"].entities["breakout"]["groups"][0]
    proof.command("l1", "breakout_reporter", participant="l1")
    asked = {"question": "Q", "options": ["A", "B", "C"]}
    for more in ({"kind": "multiple", "right": [0, 1]}, {"anonymous": True}, {"kind": "ranking"}):
        proof.command("p", "poll_open", **asked, **more)
    proof.command("p", "poll_open", question="Q", kind="text", accepted=["a"])
    proof.command(
        "p", "poll_open", question="Q", kind="matching", options=["A", "B"], matches=["1", "2"], right=[1, 0]
    )
    proof.command("l1", "poll_open", **asked, group=group)
    proof.command("p", "checkin_open", message=None, seconds=60)
    question = proof.command("l2", "question_ask", text="Why?")["id"]
    proof.command("h", "question_publish", id=question)
    proof.command("l1", "hand_raise")
    proof.command("l1", "chat_send", text="Hi", group=None)
    return proof


def class_command(data: bytes) -> None:
    """A command in any shape: a refusal that can be told, or a decision that can be stored and told.

    The first byte says who gives it, the second which it is, the rest is its data.
    """
    proof = _lesson()
    command = COMMANDS[data[1] % len(COMMANDS)] if len(data) > 1 else COMMANDS[0]
    able = [actor for actor in proof.actors.values() if actor.role in command.roles]
    try:
        raw = json.loads(data[2:])  # as Socket.IO reads it: lone surrogates and all
        said = msgspec.convert(raw, command.data)
    except (ValueError, RecursionError, msgspec.ValidationError):
        return
    ids = iter(f"n{number}" for number in range(10_000))
    call = Call(able[data[0] % len(able)], proof.now, lambda: next(ids), Random(1))
    try:
        decision = command.decide(proof.state, call, said)
    except LecternError as refusal:
        msgspec.json.encode(refusal.details)
        return
    msgspec.json.encode([[event.payload, event.texts] for event in decision.events])
    msgspec.json.encode([decision.result, decision.erase])


def _commands() -> Iterable[bytes]:
    entities = _lesson().clients["p"].entities
    known: dict[str, Any] = {
        path.partition("/")[0]: path.partition("/")[2] for path in entities if "/" in path
    }
    for at, command in enumerate(COMMANDS):
        kind = {"chat": "message"}.get(command.name.partition("_")[0], command.name.partition("_")[0])
        fields: dict[str, Any] = {
            "id": known.get(kind, "x"),
            "text": "长 text",
            "question": "Q?",
            "options": ["A", "B"],
            "picks": [0],
            "seconds": 60,
            "on": True,
            "participant": "l1",
            "group": entities["breakout"]["groups"][0],
            "secret": "s" * 16,
            "groups": [{"name": "G", "members": ["l1"]}],
            "questions": [{"question": "Q", "kind": "text"}],
        }
        names = {field.name for field in msgspec.structs.fields(command.data)}
        body = {name: value for name, value in fields.items() if name in names}
        yield bytes([at, at]) + json.dumps(body).encode()


def tokens(data: bytes) -> None:
    """Links and codes that people bring back: only those that were made here say anything."""
    text = data.decode("utf-8", "replace")
    found = MuteLinks(_SECRETS, "k1").read(text)
    assert found in {None, ("o1", "p1", Kind.COMING)}
    for use in Use:
        try:
            screen = ScreenPasses(Keys("k1", _SECRETS)).read(use, "s1", text, now_s=0)
        except Unauthenticated:
            continue
        assert screen == _SCREEN


def _tokens() -> Iterable[bytes]:
    links = MuteLinks(_SECRETS, "k1")
    passes = ScreenPasses(Keys("k1", _SECRETS))
    for token in (
        links.token("o1", "p1", Kind.COMING),
        *(passes.issue(use, "s1", _SCREEN, now_s=0) for use in Use),
    ):
        yield token.encode()
        yield base64.urlsafe_b64encode(base64.urlsafe_b64decode(token + "==")[:-1])


TARGETS = (
    Target("notes_update", notes_update, _updates, SECONDS),
    Target("question_text", question_text, _questions, SECONDS),
    Target("sheet", sheet, _sheets, SECONDS),
    Target("class_command", class_command, _commands, SECONDS),
    Target("tokens", tokens, _tokens, SECONDS),
)
