"""Updates of notes that were made to take a server with them are refused before the library sees them."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.notes.notebook import Notebook, Record
from interactions.notes.update import (
    MOST_CLIENT,
    MOST_CLOCK,
    MOST_DELETED,
    Range,
    read_update,
)
from lectern.kernel.errors import LecternError, ProtocolViolation
from tests.interactions.notes_attack import Attacker, in_child, number, suffer, text
from tests.interactions.pens import Pen

HANGS = (
    "01028180808010000101056e6f746573028181808080100002018180808010010004",
    "01028180808010040101056e6f74657381808080100401056e6f74657305c3a9e282ac01818080801001048380808010",
    "0103020041818080801000ffffffff0f840200036263644481808080100605c3a9e282ac010201008480808010",
    "0101818080801007410200feffffff0f0181808080100107feffffff0f",
)
GROWS = (
    "010301000101056e6f74657380808080200401056e6f74657301618101ffffffff1f8080808010010101008180808030",
    "0102010184010005c3a9e282acc40100010005c3a9e282ac0101010104",
    "010307000101056e6f746573ffffffff0f0401056e6f746573036263640401056e6f74657305c3a9e282ac010701008480808010",
    "010207040101056e6f74657380808080208407828080802003626364010701048380808020",
)
BREAKS = (
    "010307000401056e6f74657305c3a9e282ac840700036263648107048080808008010701008580808008",
    "01020785808080080401056e6f74657301610401056e6f74657305c3a9e282ac010701858080800803",
    "0103078880808008810787808080080381070080808080100101056e6f7465730201070188808080088580808010",
    "0102078d808080080101056e6f746573808080800884078c8080801001610107018d808080088180808008",
    "010101000101056e6f746573050101010005",
)
ATTACKS = (HANGS, GROWS, BREAKS)


@pytest.mark.parametrize("attack", range(len(ATTACKS)))
def test_what_hung_and_killed_servers_is_refused(attack: int) -> None:
    """In a child: what is accepted by mistake ends no test run."""

    def suffer_it(_job: int) -> int:
        book, record = Notebook(), Record()
        for raw in map(bytes.fromhex, ATTACKS[attack]):
            try:
                book.take(record, "eve", read_update(raw))
            except LecternError:
                continue
            assert book.text is not None
        return 1 + sum(record.chars.values())

    hurt, done = in_child([attack], suffer_it)
    assert hurt is None
    assert done < 100


@pytest.mark.parametrize("attack", range(len(ATTACKS)))
def test_a_document_that_holds_such_a_change_is_read_without_it(attack: int) -> None:
    """An earlier version wrote them down: the notes go on with what was there before."""
    pen = Pen()
    words = pen.write(0, "ours")

    def read(_job: int) -> int:
        book = Notebook()
        assert book.load(words, 1, whole=False)
        left_out = [
            n
            for n, raw in enumerate(map(bytes.fromhex, ATTACKS[attack]), start=2)
            if not book.load(raw, n, whole=False)
        ]
        assert left_out
        assert "ours" in book.text
        book.take(Record(n=9), "ann", read_update(pen.write(4, "!")))
        assert "ours!" in book.text
        return 1

    assert in_child([attack], read) == (None, 1)


@pytest.mark.parametrize(
    "whole",
    [
        number(1)
        + number(1)
        + number(7)
        + number(0)
        + b"\x01"
        + number(1)
        + text("notes")
        + number(2**31)
        + b"\0",
        b"\0" + number(1) + number(7) + number(1) + number(0) + number(2**32),
        number(1)
        + number(1)
        + number(7)
        + number(2**32)
        + b"\x04"
        + number(1)
        + text("notes")
        + text("x")
        + b"\0",
    ],
)
def test_a_whole_document_with_such_numbers_is_left_out(whole: bytes) -> None:
    book = Notebook()
    assert not book.load(whole, 5, whole=True)
    assert (book.n, book.text) == (5, "")


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), wild=st.floats(0, 0.5))
def test_no_large_number_gets_past_the_reader(seed: int, wild: float) -> None:
    attacker = Attacker(Random(seed), wild)
    for _ in range(6):
        try:
            update = read_update(attacker.update())
        except ProtocolViolation:
            continue
        ranges: list[Range] = [*update.deleted, *update.text]
        if update.written is not None:
            ranges.append(update.written)
        assert all(each.end <= MOST_CLOCK and each.client <= MOST_CLIENT for each in ranges)
        assert all(client <= MOST_CLIENT and clock <= MOST_CLOCK for client, clock in update.needs)
        assert sum(each.length for each in ranges) <= MOST_CLOCK * len(ranges)


def test_attackers_find_no_harm() -> None:
    """What the reader lets through is merged in bounded time and memory, the same everywhere."""
    hurt, accepted = in_child(range(300), suffer)
    assert hurt is None
    assert accepted > 800


def test_a_character_is_never_parted() -> None:
    """yrs counts the halves of a parted character wrong: another copy would know another length."""
    pen = Pen()
    raw = pen.write(0, "a😀b")
    client = read_update(raw).text[0].client

    def erase(clock: int, length: int) -> bytes:
        return b"\0" + number(1) + number(client) + number(1) + number(clock) + number(length)

    def beside(info: int, clock: int) -> bytes:
        item = bytes([info]) + number(client) + number(clock) + text("x")
        return number(1) + number(1) + number(9) + number(0) + item + number(0)

    for parting in (erase(1, 1), erase(2, 1), erase(0, 2), beside(0x84, 1), beside(0x44, 2)):
        book, record = Notebook(), Record()
        book.take(record, "ann", read_update(raw))
        with pytest.raises(ProtocolViolation):
            book.take(record, "eve", read_update(parting))
        assert (book.text, book.is_spoiled, record.n) == ("a😀b", False, 1)
    for fitting in (erase(1, 2), beside(0x84, 2), beside(0x44, 1)):
        book, record = Notebook(), Record()
        book.take(record, "ann", read_update(raw))
        book.take(record, "eve", read_update(fitting))
        assert record.n == 2
    book, record = Notebook(), Record()
    for each in (raw, erase(1, 2), erase(1, 2), beside(0x84, 1)):  # what is gone has no characters
        book.take(record, "ann", read_update(each))
    assert book.text == "axb"


def test_deletions_in_disorder_are_refused() -> None:
    """yrs takes for granted that they are in order, once for each writer, and leaves out what is not."""
    for ranges in ([(3, 2), (0, 1)], [(0, 3), (2, 2)]):
        raw = b"\0" + number(1) + number(7) + number(2) + b"".join(number(a) + number(b) for a, b in ranges)
        with pytest.raises(ProtocolViolation):
            read_update(raw)
    with pytest.raises(ProtocolViolation):
        read_update(b"\0" + number(2) + 2 * (number(7) + number(1) + number(0) + number(1)))


def test_what_never_had_words_counts_as_nothing_written() -> None:
    """The figure stands in the results of groups as activity."""
    gone = b"\x01" + number(1) + text("notes") + number(MOST_DELETED)
    words = b"\x04" + number(1) + text("notes") + text("hello")
    book, record = Notebook(), Record()
    book.take(
        record, "eve", read_update(number(1) + number(2) + number(7) + number(0) + gone + words + b"\0")
    )
    assert record.chars == {"eve": 5}
