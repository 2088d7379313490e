"""What is taken into shared notes and what is not: read strictly, refused without a trace, merged."""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map, Text

from interactions.notes.notebook import (
    MAX_HISTORY_BYTES,
    MOST_PIECES,
    NOTES_CHARS,
    Notebook,
    Record,
    utf16_length,
)
from interactions.notes.update import (
    MAX_UPDATE_BYTES,
    MOST_CLOCK,
    MOST_DELETED,
    MOST_ITEMS,
    Range,
    read_update,
    read_whole,
)
from lectern.kernel.errors import LecternError, ProtocolViolation
from tests.interactions.notes_attack import number, text
from tests.interactions.pens import Pen

WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


class Desk:
    """A notebook with its record, as the server holds it, and all that was accepted."""

    def __init__(self) -> None:
        self.book, self.record = Notebook(), Record()
        self.accepted: list[bytes] = []

    def take(self, author: str, raw: bytes) -> int:
        """Take in a change; a notebook that a refusal spoiled is read again."""
        try:
            self.book.take(self.record, author, read_update(raw))
        finally:
            if self.book.is_spoiled:
                self.book = Notebook()
                for n, each in enumerate(self.accepted, start=1):
                    assert self.book.load(each, n, whole=False)
        if self.record.n > len(self.accepted):
            self.accepted.append(raw)
        return self.record.n

    def refuse(self, author: str, raw: bytes) -> str:
        """Refuse a change, and return why; nothing may have changed."""
        before = self.book.text, self.record.n, dict(self.record.chars), dict(self.record.writers)
        with pytest.raises(LecternError) as caught:
            self.take(author, raw)
        assert (self.book.text, self.record.n, self.record.chars, self.record.writers) == before
        return caught.value.code


def items(*encoded: bytes, client: int = 7, clock: int = 0) -> bytes:
    """Encode an update of one writer's items, without deletions."""
    return b"".join((number(1), number(len(encoded)), number(client), number(clock), *encoded, number(0)))


FIRST = b"\x04" + number(1) + text("notes") + text("hello")


def test_an_update_says_what_it_wrote_and_what_it_deleted() -> None:
    pen = Pen()
    update = read_update(pen.write(0, "a😀"))
    assert update.written is not None
    assert (update.written.clock, update.written.length, update.deleted) == (0, 3, ())
    gone = read_update(pen.erase(1, 1))
    assert gone.written is None or gone.written.length > 0
    assert gone.deleted == (Range(update.written.client, 1, 2),)


def test_two_who_write_at_once_have_the_same_in_the_end() -> None:
    desk, ann, bob = Desk(), Pen(), Pen()
    first = ann.write(0, "省电")
    desk.take("ann", first)
    bob.take(first)
    changes = [("ann", ann.write(2, ", 安静")), ("bob", bob.write(0, "我们: ")), ("bob", bob.erase(0, 1))]
    for author, change in changes:
        desk.take(author, change)
    for pen in (ann, bob):
        for _, change in changes:
            pen.take(change)
    assert ann.text == bob.text == desk.book.text == "们: 省电, 安静"
    assert desk.record.chars == {"ann": 6, "bob": 4}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), words=st.lists(WORDS, min_size=1, max_size=25))
def test_whatever_is_cut_off_and_comes_back_merges(seed: int, words: list[str]) -> None:
    """Writers go offline at random, write on, and hand in everything at once when they return."""
    rng, desk = Random(seed), Desk()
    pens = {"ann": Pen(), "bob": Pen(), "eve": Pen()}
    kept: dict[str, list[bytes]] = {name: [] for name in pens}
    told = dict.fromkeys(pens, 0)
    for word in words:
        name = rng.choice(list(pens))
        pen = pens[name]
        at = rng.randint(0, len(pen.text))
        kept[name].append(
            pen.write(at, word) if rng.random() < 0.7 or at == len(pen.text) else pen.erase(at, 1)
        )
        if rng.random() < 0.5:
            hand_in(desk, name, pen, (kept, told))
    for name in [*pens, *pens]:
        hand_in(desk, name, pens[name], (kept, told))
    assert {pen.text for pen in pens.values()} == {desk.book.text}
    again = Notebook()
    for n, each in enumerate(desk.accepted, start=1):
        assert again.load(each, n, whole=False)
    assert again.text == desk.book.text
    assert sum(desk.record.chars.values()) == sum(desk.book.known().values())


def hand_in(desk: Desk, name: str, pen: Pen, state: tuple[dict[str, list[bytes]], dict[str, int]]) -> None:
    """Come back: hand in what was written meanwhile, twice, and read what the others wrote."""
    kept, told = state
    for change in kept[name]:
        desk.take(name, change)
        count = desk.record.n
        desk.take(name, change)
        assert desk.record.n == count or read_update(change).deleted
    kept[name].clear()
    for change in desk.accepted[told[name] :]:
        pen.take(change)
    told[name] = len(desk.accepted)


def test_what_stands_on_something_unknown_is_out_of_step() -> None:
    desk, ann, bob = Desk(), Pen(), Pen()
    first, second = ann.write(0, "one"), ann.write(3, " two")
    assert desk.refuse("ann", second) == "notes_out_of_step"
    bob.take(first)
    assert desk.refuse("bob", bob.write(3, "!")) == "notes_out_of_step"
    assert desk.refuse("bob", bob.erase(0, 2)) == "notes_out_of_step"
    for change in (first, second):
        desk.take("ann", change)
    assert desk.book.text == "one two"


def test_nobody_writes_in_the_name_of_another() -> None:
    desk, ann = Desk(), Pen()
    change = ann.write(0, "mine")
    desk.take("ann", change)
    assert desk.take("bob", change) == 1  # a repetition says nothing new, whoever sends it
    assert desk.refuse("bob", ann.write(4, "?")) == "notes_writer_foreign"


def test_the_notes_have_an_end() -> None:
    desk, ann = Desk(), Pen()
    desk.take("ann", ann.write(0, "好" * NOTES_CHARS))
    bob = Pen()
    bob.take(desk.accepted[0])
    assert desk.refuse("bob", bob.write(0, "x")) == "notes_full"
    desk.take("ann", ann.erase(0, 1))
    desk.take("ann", ann.write(0, "x"))
    assert utf16_length(desk.book.text) == NOTES_CHARS


def test_a_history_has_an_end() -> None:
    """Writing and deleting in many places for ever fills a document that looks short."""
    desk, ann, rng = Desk(), Pen(), Random(3)
    code = ""
    for _ in range(400):
        changes: list[Callable[[Text], None]] = [
            partial(Text.insert, index=rng.randint(0, len(ann.text)), value="ab") for _ in range(90)
        ]
        if len(ann.text) > 4_000:
            changes.append(lambda notes: notes.__delitem__(slice(0, 500)))
        try:
            desk.take("ann", ann.edit(*changes))
        except LecternError as refusal:
            code = refusal.code
            break
    assert code == "notes_full"
    assert len(desk.book.content()) <= MAX_HISTORY_BYTES
    assert 1_000 < read_whole(desk.book.content()).pieces <= MOST_PIECES


NESTED = b"\x08" + number(1) + text("notes") + number(1) + b"\x75\x01" * 9_000 + b"\x7e"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "nothing"),
        (b"\x00", "half"),
        (b"\x00\x00\x00", "more behind it"),
        (b"\xff" * 12, "a number without end"),
        (number(1) + number(2**40), "items for ever"),
        (items(*[FIRST] * (MOST_ITEMS + 1)), "too many items"),
        (items(NESTED), "values in values in values"),
        (items(b"\x04" + number(1) + text("other") + text("x")), "another text"),
        (items(b"\x04" + number(0) + number(1) + number(1) + text("x")), "inside of something"),
        (items(b"\x24" + number(1) + text("notes") + text("key") + text("x")), "with a key"),
        (items(b"\x04" + number(1) + text("notes") + text("")), "nothing at all"),
        (items(b"\x04" + number(1) + text("notes") + number(2) + b"\xc3\x28"), "no UTF-8"),
        (items(b"\x04" + number(1) + text("notes") + number(2**30)), "a text longer than it is"),
        (items(b"\x00" + number(5)), "rubbish"),
        (items(b"\x0a" + number(5)), "a gap"),
        (items(b"\x84" + number(7) + number(0) + text("x")), "beside itself"),
        (items(b"\x01" + number(1) + text("notes") + number(MOST_DELETED + 1)), "too much that is gone"),
        (items(FIRST, clock=MOST_CLOCK - 4), "a clock too far"),
        (items(FIRST, client=2**53), "a writer that no page picks"),
        (items(b"\x44" + number(7) + number(MOST_CLOCK + 1) + text("x")), "beside what cannot be"),
        (b"\x00" + number(1) + number(7) + number(1) + number(0) + number(MOST_CLOCK + 1), "deletes too far"),
        (number(2) + b"".join((number(1) + number(c) + number(0) + FIRST) for c in (7, 8)) + b"\x00", "two"),
        (b"\x00" + number(1) + number(7) + number(MOST_ITEMS + 1), "too many deletions"),
        (b"\x00" + number(1) + number(7) + number(1) + number(3) + number(0), "deletes nothing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_update_of_ours_is_refused(raw: bytes, why: str) -> None:
    assert Desk().refuse("eve", raw) == "notes_update_invalid", why


def test_what_stands_between_places_in_the_wrong_order_is_refused() -> None:
    """Such an item would stand elsewhere on each page, by the order in which changes came."""
    desk, ann = Desk(), Pen()
    desk.take("ann", ann.write(0, "abc"))
    client = next(iter(desk.book.known()))

    def between(left: int, right: int) -> bytes:
        sides = b"".join(number(client) + number(clock) for clock in (left, right))
        return items(b"\xc4" + sides + text("x"), client=9)

    assert desk.refuse("eve", between(2, 1)) == "notes_update_invalid"
    assert desk.refuse("eve", between(1, 1)) == "notes_update_invalid"
    desk.take("ann", ann.erase(0, 3))
    assert desk.refuse("eve", between(2, 1)) == "notes_update_invalid", "what is erased has an order too"
    desk.take("eve", between(0, 1))
    assert desk.book.text == "x"


def test_what_is_too_large_is_refused_unread() -> None:
    assert Desk().refuse("eve", bytes(MAX_UPDATE_BYTES + 1)) == "notes_update_too_large"


def test_what_other_documents_hold_is_refused() -> None:
    doc: Doc[Map[Any]] = Doc()
    doc.get("notes", type=Map)["deep"] = Array([1, [2, {"three": 3}]])
    formatted: Doc[Text] = Doc()
    words = formatted.get("notes", type=Text)
    words.insert(0, "bold", {"b": True})
    for foreign in (doc.get_update(), formatted.get_update()):
        assert Desk().refuse("eve", foreign) == "notes_update_invalid"


@settings(max_examples=300, deadline=None)
@given(raw=st.binary(max_size=80), at=st.integers(0, 200), cut=st.booleans())
def test_no_bytes_get_past_the_reader_as_something_else(raw: bytes, at: int, *, cut: bool) -> None:
    """What the reader lets through, the document takes; nothing escapes but a refusal."""
    desk, pen = Desk(), Pen()
    real = pen.write(0, "hello") if cut else raw
    broken = real[: at % (len(real) + 1)] + raw + real[at % (len(real) + 1) + len(raw) :]
    for attempt in (raw, broken):
        try:
            desk.take("eve", attempt)
        except LecternError:
            continue
    known = desk.book.known()
    desk.take("ann", Pen().write(0, "!"))
    assert sum(desk.book.known().values()) == sum(known.values()) + 1
    assert "!" in desk.book.text


def test_the_reader_is_quick_with_the_worst() -> None:
    many = items(*[b"\x04" + number(1) + text("notes") + text("x")] * MOST_ITEMS)
    desk = Desk()
    desk.take("eve", many)
    with pytest.raises(ProtocolViolation):
        read_update(items(*[FIRST] * (MOST_ITEMS + 5)))
    assert len(desk.book.text) == MOST_ITEMS
