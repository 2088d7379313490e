"""A writer of shared notes, as a browser is one: a Yjs document that tells what changed in it."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

from pycrdt import Doc, Text, merge_updates

from interactions.notes.update import TEXT_NAME


class Pen:
    """One page with the notes open. Places are counted in characters; pycrdt counts bytes of UTF-8."""

    def __init__(self) -> None:
        self.doc: Doc[Text] = Doc()
        self.notes = self.doc.get(TEXT_NAME, type=Text)

    @property
    def text(self) -> str:
        """What the page shows."""
        return str(self.notes)

    def write(self, at: int, words: str) -> bytes:
        """Insert something, and return the update that says so."""
        return self.edit(lambda notes: notes.insert(self._byte(at), words))

    def erase(self, at: int, count: int) -> bytes:
        """Delete something, and return the update that says so."""
        return self.edit(lambda notes: notes.__delitem__(slice(self._byte(at), self._byte(at + count))))

    def edit(self, *changes: Callable[[Text], None]) -> bytes:
        """Change something, and return the one update that says so."""
        said: list[bytes] = []
        watch = self.doc.observe(lambda event: said.append(event.update))
        for change in changes:
            change(self.notes)
        self.doc.unobserve(watch)
        return merge_updates(*said)

    def _byte(self, at: int) -> int:
        return len(self.text[:at].encode())

    def take(self, update: bytes) -> None:
        """Take in what somebody else did."""
        self.doc.apply_update(update)

    def receive(self, frame: dict[str, Any]) -> None:
        """Take in what the server sent."""
        for update in frame["updates"]:
            self.take(b64decode(update))


def as_message(group: str, update: bytes) -> dict[str, Any]:
    """Return an update as a client sends it."""
    return {"group": group, "update": b64encode(update).decode()}
