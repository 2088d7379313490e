"""One group's notes as a document: changes that fit are taken in, others refused without a trace. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from pycrdt import Assoc, Doc, StickyIndex, Text

from interactions.notes.update import TEXT_NAME, Range, Update, read_state, read_update, read_whole
from lectern.kernel.errors import Conflict, Forbidden, ProtocolViolation, Rejected

NOTES_CHARS = 8_000
"""How long the text may get: UTF-16 code units, as the browser's `maxlength` counts them."""
MAX_HISTORY_BYTES = 128 * 1024
"""How large the document may get with all that was deleted in it."""
MOST_PIECES = 3_000
"""In how many pieces a document may lie; the time to merge a change grows with it."""
MOST_WRITERS = 1_000
"""Pages that ever wrote in one document: a page that is loaded again is another."""


@dataclass(slots=True)
class Record:
    """What is known of a document beside its content.

    `n` numbers its changes from 1. `writers` says whose each Yjs client is, `chars` how much everybody wrote,
    `pieces` in how many the document lies at most.
    """

    n: int = 0
    pieces: int = 0
    writers: dict[str, str] = field(default_factory=dict)
    chars: dict[str, int] = field(default_factory=dict)


class Notebook:
    """A document that was read up to change `n`.

    Some refusals are found out only afterwards: then `is_spoiled`, and whoever holds it reads another one.
    `fresh_items` counts what was taken in since somebody set it to 0.
    """

    def __init__(self) -> None:
        self.n = 0
        self.is_spoiled = False
        self.fresh_items = 0
        self._halves: set[tuple[int, int]] = set()
        self._doc: Doc[Text] = Doc()
        self._text = self._doc.get(TEXT_NAME, type=Text)

    @property
    def text(self) -> str:
        """The notes as they stand."""
        return str(self._text)

    def content(self) -> bytes:
        """Return the whole document as one update."""
        return self._doc.get_update()

    def known(self) -> dict[int, int]:
        """Return how far each writer's text is known."""
        return read_state(self._doc.get_state())

    def load(self, stored: bytes, n: int, *, whole: bool) -> bool:
        """Take in what was accepted before, up to change `n`: the `whole` document or one change.

        False if it was left out: a stored one that is refused by now (an older reader let it through), or
        that stands on such a one. The document goes on without.
        """
        self.n = n
        update: Update | None = None
        try:
            if whole:
                halves = set(read_whole(stored).halves)
            else:
                update, known = read_update(stored), self.known()
                self._insist_on_step(update, known)
                halves = self._whole_characters(update, known)
        except (Conflict, ProtocolViolation):
            return False
        self._apply(stored)
        self._halves = without(self._halves | halves, () if update is None else update.deleted)
        return True

    def take(self, record: Record, author: str, update: Update) -> None:
        """Take in a new change of `author`'s as change `record.n + 1`, and note it in `record`.

        One that holds nothing new changes nothing.

        Raises:
            Conflict: changes before it are missing (`notes_out_of_step`).
            Forbidden: it speaks for somebody else (`notes_writer_foreign`).
            ProtocolViolation: it parts a character, or stands between two places in the wrong order
                (`notes_update_invalid`): where, would be different on every page.
            Rejected: there would be too much (`notes_full`).
        """
        known = self.known()
        fresh = self._check(record, author, update, known)
        if not fresh and not update.deleted:
            return
        halves = self._whole_characters(update, known)
        more = 2 * update.items  # each may also cut the piece in which it stands
        record.pieces += more
        if record.pieces > MOST_PIECES:
            record.pieces = read_whole(self.content()).pieces + more
        words = sum(max(0, part.end - max(part.clock, known.get(part.client, 0))) for part in update.text)
        erased = sum(each.length for each in update.deleted)
        if record.pieces > MOST_PIECES or utf16_length(self.text) + words - erased > NOTES_CHARS:
            raise notes_full()
        self.is_spoiled = True
        self._apply(update.raw)
        if utf16_length(self.text) > NOTES_CHARS or len(self.content()) > MAX_HISTORY_BYTES:
            raise notes_full()
        if any(
            self._edge(one, Assoc.BEFORE) > self._edge(other, Assoc.AFTER) for one, other in update.before
        ):
            raise ProtocolViolation(
                "notes_update_invalid", "This change cannot be read.", reason="it stands between nothing"
            )
        self.is_spoiled = False
        self._halves = without(self._halves | halves, update.deleted)
        self.fresh_items += update.items
        if update.written is not None:
            record.writers[str(update.written.client)] = author
        record.chars[author] = record.chars.get(author, 0) + words
        record.n += 1
        self.n = record.n

    def _check(self, record: Record, author: str, update: Update, known: dict[int, int]) -> int:
        """Return how much of what was written is new, words or not."""
        written = update.written
        fresh = 0
        if written is not None:
            fresh = max(0, written.end - known.get(written.client, 0))
            owner = record.writers.get(str(written.client), author)
            if fresh and owner != author:
                raise Forbidden("notes_writer_foreign", "This change speaks for somebody else.")
            if fresh and str(written.client) not in record.writers and len(record.writers) >= MOST_WRITERS:
                raise notes_full()
        self._insist_on_step(update, known)
        return fresh

    def _insist_on_step(self, update: Update, known: dict[int, int]) -> None:
        """Refuse what would wait in the document for changes that are missing."""
        ends = dict(known)
        written = update.written
        if written is not None:
            if written.clock > known.get(written.client, 0):
                raise _out_of_step()
            ends[written.client] = max(known.get(written.client, 0), written.end)
        if any(clock >= known.get(client, 0) for client, clock in update.needs) or any(
            gone.end > ends.get(gone.client, 0) for gone in update.deleted
        ):
            raise _out_of_step()

    def _whole_characters(self, update: Update, known: dict[int, int]) -> set[tuple[int, int]]:
        """Return the new places inside of characters. Refuse what parts one: yrs counts its halves wrong."""
        halves = {place for place in update.halves if place[1] >= known.get(place[0], 0)}
        cuts = set(update.cuts)
        if update.written is not None:
            cuts.add((update.written.client, known.get(update.written.client, 0)))
        if not cuts.isdisjoint(halves) or not cuts.isdisjoint(self._halves):
            raise ProtocolViolation(
                "notes_update_invalid", "This change cannot be read.", reason="it parts a character"
            )
        return halves

    def _edge(self, position: tuple[int, int], side: Assoc) -> int:
        """Return where a unit ends (`BEFORE`) or begins (`AFTER`); a deleted one does both at one place."""
        client, clock = position
        described = {"item": {"client": client, "clock": clock}, "assoc": int(side)}
        return StickyIndex.from_json(described, self._text).get_index()

    def _apply(self, raw: bytes) -> None:
        try:
            self._doc.apply_update(raw)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: BLE001 (a panic of the library's Rust is no Exception)
            raise ProtocolViolation("notes_update_invalid", "This change cannot be read.") from None


def without(halves: set[tuple[int, int]], deleted: Sequence[Range]) -> set[tuple[int, int]]:
    """Return those places whose text is still there: of a deleted one only its length is kept."""
    if not deleted or not halves:
        return halves
    gone: dict[int, list[tuple[int, int]]] = {}
    for each in sorted(deleted, key=lambda each: each.clock):
        ranges = gone.setdefault(each.client, [])
        if ranges and each.clock <= ranges[-1][1]:
            ranges[-1] = ranges[-1][0], max(ranges[-1][1], each.end)
        else:
            ranges.append((each.clock, each.end))

    def is_gone(client: int, clock: int) -> bool:
        ranges = gone.get(client, ())
        at = bisect_right(ranges, clock, key=itemgetter(0))
        return at > 0 and clock < ranges[at - 1][1]

    return {place for place in halves if not is_gone(*place)}


def utf16_length(text: str) -> int:
    """Return how long a browser thinks that a text is."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def notes_full() -> Rejected:
    """Return the refusal of more than fits."""
    return Rejected("notes_full", f"The notes are full: at most {NOTES_CHARS} characters.", limit=NOTES_CHARS)


def _out_of_step() -> Conflict:
    return Conflict("notes_out_of_step", "Changes before this one are missing. Open the notes again.")
