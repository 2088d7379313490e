"""Reading a Yjs update before anything else does: plain text of one writer, or a refusal.

The format (version 1 of Yjs, encoded as lib0 does) can carry nested values, formats, embedded documents and
references to things that nobody has. A client of ours sends none of it, and a decoder that meets it can be
made to recurse or to keep what never fits. So an update is read here with bounds, and only what is left goes
on to the document: items of text and deletions in the one shared text. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from lectern.kernel.errors import ProtocolViolation

TEXT_NAME = "notes"
"""What the shared text is called in its document."""
MAX_UPDATE_BYTES = 40_000
MOST_ITEMS = 300
"""Items, and deletions, of one update. Where many stand at one place, each is compared with all others."""
Position: TypeAlias = tuple[int, int]
"""One unit of somebody's text: the writer's Yjs client, and its clock."""
_LARGEST = 2**53 - 1

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
    `items` counts its items and deletions; `before` are pairs of positions of which the first, in something
    written between two others, must come before the second.
    """

    raw: bytes
    written: Range | None
    needs: tuple[Position, ...]
    deleted: tuple[Range, ...]
    items: int = 0
    before: tuple[tuple[Position, Position], ...] = ()


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
    places = _Places()
    written, items = _read_writer(reader, places)
    deleted = tuple(_read_deletions(reader))
    if not reader.is_at_end:
        raise _invalid("bytes follow its end")
    return Update(raw, written, tuple(places.needs), deleted, items + len(deleted), tuple(places.before))


def read_state(raw: bytes) -> dict[int, int]:
    """Return how far each writer's text is known, out of an encoded state vector."""
    reader = _Reader(raw)
    return {reader.number(): reader.number() for _ in range(reader.number())}


def count_items(content: bytes) -> int:
    """Return in how many pieces a whole document lies: of what was accepted, written as one update."""
    reader = _Reader(content)
    pieces = 0
    for _ in range(reader.number()):
        count = reader.number()
        reader.number(), reader.number()
        pieces += count
        for _ in range(count):
            _skip_piece(reader)
    return pieces


def _skip_piece(reader: "_Reader") -> None:
    info = reader.byte()
    ref = info & _REF_BITS
    if ref in (_COLLECTED, _GAP):
        reader.number()
        return
    for flag in (_HAS_ORIGIN, _HAS_RIGHT_ORIGIN):
        if info & flag:
            reader.number(), reader.number()
    if not info & (_HAS_ORIGIN | _HAS_RIGHT_ORIGIN):
        reader.number(), reader.text()
    if ref == _STRING:
        reader.text()
    else:
        reader.number()


@dataclass(slots=True)
class _Places:
    """What the items of an update stand beside; see `Update`."""

    needs: list[Position] = field(default_factory=list)
    before: list[tuple[Position, Position]] = field(default_factory=list)


def _read_writer(reader: "_Reader", places: _Places) -> tuple[Range | None, int]:
    writers = reader.number()
    if writers > 1:
        raise _invalid("it speaks for several writers")
    if writers == 0:
        return None, 0
    items = reader.number()
    client, first = reader.number(), reader.number()
    if not 1 <= items <= MOST_ITEMS:
        raise _invalid("the number of its items")
    clock = first
    for _ in range(items):
        clock += _read_item(reader, client, (first, clock), places)
        if clock > _LARGEST:
            raise _invalid("a clock")
    return Range(client, first, clock - first), items


def _read_item(reader: "_Reader", client: int, clocks: tuple[int, int], places: _Places) -> int:
    """Return the length of the next item; `clocks` are those of the update and of this item."""
    info = reader.byte()
    if info & _HAS_KEY:
        raise _invalid("an item with a key")
    besides: list[Position] = []
    for flag in (_HAS_ORIGIN, _HAS_RIGHT_ORIGIN):
        if info & flag:
            beside = reader.number(), reader.number()
            if beside[0] == client and beside[1] >= clocks[1]:
                raise _invalid("an item beside one that comes later")
            if beside[0] != client or beside[1] < clocks[0]:
                places.needs.append(beside)
            besides.append(beside)
    if len(besides) == 2:
        left, right = besides
        places.before += [(left, (client, clocks[1])), ((client, clocks[1]), right)]
    if not info & (_HAS_ORIGIN | _HAS_RIGHT_ORIGIN) and (reader.number() != 1 or reader.text() != TEXT_NAME):
        raise _invalid("an item outside the text")
    match info & _REF_BITS:
        case ref if ref == _STRING:
            length = len(reader.text().encode("utf-16-le")) // 2
        case ref if ref == _DELETED:
            length = reader.number()
        case _:
            raise _invalid("something that is no text")
    if length < 1:
        raise _invalid("an empty item")
    return length


def _read_deletions(reader: "_Reader") -> Iterator[Range]:
    left = MOST_ITEMS
    for _ in range(reader.number()):
        client = reader.number()
        count = reader.number()
        left -= count + 1
        if left < 0:
            raise _invalid("the number of its deletions")
        for _ in range(count):
            deleted = Range(client, reader.number(), reader.number())
            if deleted.length < 1 or deleted.end > _LARGEST:
                raise _invalid("the length of a deletion")
            yield deleted


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

    def number(self) -> int:
        """Read an unsigned number: seven bits a byte, the lowest first."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if value > _LARGEST:
                raise _invalid("a number is too large")
            if byte < 0x80:
                return value
            shift += 7
            if shift > 56:
                raise _invalid("a number is too long")

    def text(self) -> str:
        """Read a string: its length in bytes, then UTF-8."""
        length = self.number()
        if length > len(self._raw) - self._at:
            raise _invalid("it ends too soon")
        self._at += length
        try:
            return self._raw[self._at - length : self._at].decode()
        except UnicodeDecodeError:
            raise _invalid("a text is no UTF-8") from None


def _invalid(reason: str) -> ProtocolViolation:
    return ProtocolViolation("notes_update_invalid", "This change cannot be read.", reason=reason)
