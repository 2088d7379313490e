"""A stream key as people paste it, and what is stored of it. Pure."""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

PREFIX: Final = "lsk_"
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letter looks like a digit, and case does not matter."""
_ID_LETTERS: Final = 10
_SECRET_LETTERS: Final = 26
"""130 bits: too many to guess, so a fast hash of it is safe to store."""
_SHAPE: Final = re.compile(rf"{PREFIX}([{_ALPHABET}]{{{_ID_LETTERS}}})_([{_ALPHABET}]{{{_SECRET_LETTERS}}})")

NOBODYS_HASH: Final = "0" * 64
"""Compared with where there is no such key, so that the answer takes the same time."""


@dataclass(frozen=True, slots=True)
class KeyText:
    """`lsk_<id>_<secret>`: one word of letters, digits and underscores, so that a double click takes all."""

    id: str
    secret: str

    @classmethod
    def new(cls, choose: Callable[[str], str]) -> "KeyText":
        """Make a key; `choose` picks one letter of a text at random (`secrets.choice`)."""
        letters = [choose(_ALPHABET) for _ in range(_ID_LETTERS + _SECRET_LETTERS)]
        return cls("".join(letters[:_ID_LETTERS]), "".join(letters[_ID_LETTERS:]))

    @classmethod
    def parse(cls, text: str) -> "KeyText | None":
        """Take a key apart; None if it is none."""
        found = _SHAPE.fullmatch(text.strip().lower())
        return cls(found[1], found[2]) if found else None

    def __str__(self) -> str:
        """Put it together."""
        return f"{PREFIX}{self.id}_{self.secret}"

    def __repr__(self) -> str:
        """For logs and tracebacks: the id alone."""
        return f"KeyText({self.id})"

    @property
    def secret_hash(self) -> str:
        """What is stored of the secret."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def matches(self, secret_hash: str) -> bool:
        """Compare with what is stored, in constant time."""
        return hmac.compare_digest(self.secret_hash, secret_hash)


def is_stream_key(credential: str) -> bool:
    """Tell whether a Bearer credential means to be a stream key."""
    return credential.strip().lower().startswith(PREFIX)
