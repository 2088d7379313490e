"""Reading a Yjs update before anything else does: plain text of one writer, or a refusal.

The format (version 1 of Yjs, encoded as lib0 does) can carry nested values, formats, embedded documents and
references to things that nobody has. A client of ours sends none of it, and a decoder that meets it can be
made to recurse or to keep what never fits. So an update is read here with bounds, and only what is left goes
on to the document: items of text and deletions in the one shared text. Pure.

The library that merges updates (yrs) keeps clocks and lengths in 32 bits without checking them: numbers that
wrap around there end in an endless walk, or in memory that is not its own. All numbers are bounded far below.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lectern.kernel.errors import ProtocolViolation

TEXT_NAME = "notes"
"""What the shared text is called in its document."""
MAX_UPDATE_BYTES = 40_000
MOST_ITEMS = 300
"""Items, and deletions, of one update. Where many stand at one place, each is compared with all others."""
MOST_CLOCK = 2**24
"""How far a writer's text may get, with all that was deleted in it: units, and the end of each range."""
MOST_DELETED = 100_000
"""How long an item may be of which only its length is left."""
MOST_CLIENT = 2**53 - 1
"""Yjs picks the numbers of its writers in 32 bits, newer ones and yrs in 53."""

_REF_BITS = 0b1_1111
_HAS_ORIGIN, _HAS_RIGHT_ORIGIN, _HAS_KEY = 0x80, 0x40, 0x20
_COLLECTED, _DELETED, _STRING, _GAP = 0, 1, 4, 10


@dataclass(frozen=True, slots=True)
class Range:
    """`length` units of a writer's text from `clock` on; a unit is a UTF-16 code unit once inserted."""

    client: int
    clock: int
    length: int

    @property
    def end(self) -> int:
        """The first clock after it."""
        return self.clock + self.length


@dataclass(frozen=True, slots=True)
class Update:
    """What one message changes. `written` is None where it only deletes.

    `needs` are the positions (client, clock) that must be known for it to fit: what its items stand beside.
    `items` counts its items and deletions; `text` are those parts of what was written that have words
    (of the others only the length is left).

    `cuts` are the places at which its items and deletions part what stands there, `halves` those inside of a
    character of two units in its text. A place (client, clock) is before that unit.

    `before` are pairs of units (client, clock) of which the first must come before the second: what is
    written between two neighbours stands between them.
    """

    raw: bytes
    written: Range | None
    needs: tuple[tuple[int, int], ...]
    deleted: tuple[Range, ...]
    items: int = 0
    text: tuple[Range, ...] = ()
    cuts: tuple[tuple[int, int], ...] = ()
    halves: tuple[tuple[int, int], ...] = ()
    before: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()


@dataclass(slots=True)
class _Found:
    """What was read of an update's items so far; see `Update`."""

    needs: list[tuple[int, int]] = field(default_factory=list)
    text: list[Range] = field(default_factory=list)
    cuts: list[tuple[int, int]] = field(default_factory=list)
    halves: list[tuple[int, int]] = field(default_factory=list)
    before: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)


def read_update(raw: bytes) -> Update:
    """Read what a client sent.

    Raises:
        ProtocolViolation: it is too large (`notes_update_too_large`), or is not what an update of these notes
            looks like (`notes_update_invalid`).
    """
    if len(raw) > MAX_UPDATE_BYTES:
        raise ProtocolViolation(
            "notes_update_too_large", "This change is too large.", limit_bytes=MAX_UPDATE_BYTES
        )
    reader = _Reader(raw)
    found = _Found()
    written, items = _read_writer(reader, found)
    deleted = tuple(_read_deletions(reader, MOST_ITEMS))
    if not reader.is_at_end:
        raise _invalid("bytes follow its end")
    for gone in deleted:
        found.cuts += ((gone.client, gone.clock), (gone.client, gone.end))
    return Update(
        raw=raw,
        written=written,
        needs=tuple(found.needs),
        deleted=deleted,
        items=items + len(deleted),
        text=tuple(found.text),
        cuts=tuple(found.cuts),
        halves=tuple(found.halves),
        before=tuple(found.before),
    )


def is_sound(stored: bytes, *, whole: bool) -> bool:
    """Whether what was accepted before would be today: the `whole` document, or one change."""
    try:
        if whole:
            read_whole(stored)
        else:
            read_update(stored)
    except ProtocolViolation:
        return False
    return True


def read_state(raw: bytes) -> dict[int, int]:
    """Return how far each writer's text is known, out of an encoded state vector."""
    reader = _Reader(raw)
    return {reader.client(): reader.clock() for _ in range(reader.number(len(raw)))}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole document: in how many pieces it lies, and `halves` as `Update` has them."""

    pieces: int
    halves: frozenset[tuple[int, int]]


def read_whole(content: bytes) -> Whole:
    """Read a whole document: what was accepted, written as one update.

    Raises:
        ProtocolViolation: it is no such document, or a number in it is too large (`notes_update_invalid`).
    """
    halves: set[tuple[int, int]] = set()
    reader = _Reader(content)
    pieces = 0
    for _ in range(reader.number(len(content))):
        count = reader.number(len(content))
        client, clock = reader.client(), reader.clock()
        pieces += count
        for _ in range(count):
            length, words = _read_piece(reader)
            halves.update((client, clock + at) for at in _halves(words))
            clock += length
            if clock > MOST_CLOCK:
                raise _invalid("a clock")
    for _ in _read_deletions(reader, len(content)):
        pass
    if not reader.is_at_end:
        raise _invalid("bytes follow its end")
    return Whole(pieces, frozenset(halves))


def _read_piece(reader: "_Reader") -> tuple[int, str]:
    """Return the length of the next piece and its words, if it has any."""
    info = reader.byte()
    ref = info & _REF_BITS
    if ref in (_COLLECTED, _GAP):
        return reader.clock(), ""
    for flag in (_HAS_ORIGIN, _HAS_RIGHT_ORIGIN):
        if info & flag:
            reader.client(), reader.clock()
    if not info & (_HAS_ORIGIN | _HAS_RIGHT_ORIGIN) and (reader.clock() != 1 or reader.text() != TEXT_NAME):
        raise _invalid("an item outside the text")
    if ref == _STRING:
        words = reader.text()
        return _units(words), words
    if ref == _DELETED:
        return reader.clock(), ""
    raise _invalid("something that is no text")


def _read_writer(reader: "_Reader", found: _Found) -> tuple[Range | None, int]:
    writers = reader.clock()
    if writers > 1:
        raise _invalid("it speaks for several writers")
    if writers == 0:
        return None, 0
    items = reader.clock()
    client, first = reader.client(), reader.clock()
    if not 1 <= items <= MOST_ITEMS:
        raise _invalid("the number of its items")
    clock = first
    for _ in range(items):
        length, words = _read_item(reader, client, (first, clock), found)
        if words:
            found.text.append(Range(client, clock, length))
            found.halves += ((client, clock + at) for at in _halves(words))
        clock += length
        if clock > MOST_CLOCK:
            raise _invalid("a clock")
    return Range(client, first, clock - first), items


def _read_item(reader: "_Reader", client: int, clocks: tuple[int, int], found: _Found) -> tuple[int, str]:
    """Return the length of the next item and its words, if any; `clocks`: of the update, of this item."""
    info = reader.byte()
    if info & _HAS_KEY:
        raise _invalid("an item with a key")
    neighbours: list[tuple[int, int]] = []
    for flag in (_HAS_ORIGIN, _HAS_RIGHT_ORIGIN):
        if info & flag:
            beside = reader.client(), reader.clock()
            if beside in neighbours:
                raise _invalid("an item on both sides of one")
            neighbours.append(beside)
            if beside[0] == client and beside[1] >= clocks[1]:
                raise _invalid("an item beside one that comes later")
            if beside[0] != client or beside[1] < clocks[0]:
                found.needs.append(beside)
            found.cuts.append((beside[0], beside[1] + 1) if flag == _HAS_ORIGIN else beside)
    if len(neighbours) == 2:
        left, right = neighbours
        found.before += ((left, (client, clocks[1])), ((client, clocks[1]), right))
    if not info & (_HAS_ORIGIN | _HAS_RIGHT_ORIGIN) and (reader.clock() != 1 or reader.text() != TEXT_NAME):
        raise _invalid("an item outside the text")
    ref, words = info & _REF_BITS, ""
    if ref == _STRING:
        words = reader.text()
        length = _units(words)
    elif ref == _DELETED:
        length = reader.number(MOST_DELETED)
    else:
        raise _invalid("something that is no text")
    if length < 1:
        raise _invalid("an empty item")
    return length, words


def _read_deletions(reader: "_Reader", most: int) -> Iterator[Range]:
    left = most
    writers: set[int] = set()
    for _ in range(reader.clock()):
        client = reader.client()
        count = reader.clock()
        left -= count + 1
        if left < 0 or client in writers:
            raise _invalid("the number of its deletions")
        writers.add(client)
        before = 0  # yrs takes their order and that none covers another for granted
        for _ in range(count):
            deleted = Range(client, reader.clock(), reader.clock())
            if deleted.length < 1 or deleted.end > MOST_CLOCK or deleted.clock < before:
                raise _invalid("the length of a deletion")
            before = deleted.end
            yield deleted


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _halves(text: str) -> list[int]:
    """Return the units that are the second half of a character."""
    if text.isascii():
        return []
    found, at = [], 0
    for character in text:
        if character > "\uffff":
            found.append(at + 1)
            at += 1
        at += 1
    return found


class _Reader:
    """The bytes of an update, read once from front to back (lib0's encoding)."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        """Whether everything was read."""
        return self._at == len(self._raw)

    def byte(self) -> int:
        """Read one byte."""
        if self._at >= len(self._raw):
            raise _invalid("it ends too soon")
        self._at += 1
        return self._raw[self._at - 1]

    def client(self) -> int:
        """Read the number of a writer."""
        return self.number(MOST_CLIENT)

    def clock(self) -> int:
        """Read a place in a writer's text, a length of it, or a count of anything."""
        return self.number(MOST_CLOCK)

    def number(self, most: int) -> int:
        """Read an unsigned number up to `most`: seven bits a byte, the lowest first."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if value > most:
                raise _invalid("a number is too large")
            if byte < 0x80:
                return value
            shift += 7
            if shift > 56:
                raise _invalid("a number is too long")

    def text(self) -> str:
        """Read a string: its length in bytes, then UTF-8."""
        length = self.clock()
        if length > len(self._raw) - self._at:
            raise _invalid("it ends too soon")
        self._at += length
        try:
            return self._raw[self._at - length : self._at].decode()
        except UnicodeDecodeError:
            raise _invalid("a text is no UTF-8") from None


def _invalid(reason: str) -> ProtocolViolation:
    return ProtocolViolation("notes_update_invalid", "This change cannot be read.", reason=reason)
