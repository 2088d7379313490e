"""The record as lines: a header, a row per person, a trailer; each names the hash of the one before. Pure.

The head, the hash of the last line before the trailer, stands for everything: header, rule, rows, their
number and order, and the certificate that signed it. What a person can be recognised by is not in the
lines but in disclosures (`Disclosure`), to which the lines commit with a salted hash: they can be erased
one by one, and the chain holds without them. `docs/attendance-record.md` is the format for others.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from analytics.closing.canonical import Json, canonical, sha256

FORMAT = "lectern-attendance/1"
SALT_BYTES = 32


class Signer(Protocol):
    """Holds a key and its certificate."""

    @property
    def certificate(self) -> bytes:
        """The certificate, DER."""

    def sign(self, message: bytes) -> bytes:
        """Return the ECDSA signature (P-256, SHA-256; DER) of `message`."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What a line says only as a hash: `line` counts from 0, the header. `salt` is hexadecimal."""

    line: int
    label: str
    salt: str
    value: Json

    @property
    def commitment(self) -> str:
        """The hash that the line carries instead. Without the salt, nobody can try names against it."""
        return sha256(canonical([self.label, self.salt, self.value]))

    def encoded(self) -> bytes:
        """Return the line that goes out with the record."""
        return canonical(
            {
                "kind": "disclosure",
                "label": self.label,
                "line": self.line,
                "salt": self.salt,
                "value": self.value,
            }
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """What goes into a line: `public` as it is, each of `private` (by label) as a hash and a disclosure."""

    public: Mapping[str, Json]
    private: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A record that is closed: `lines` with the trailer last, without line ends; `head` is hexadecimal."""

    lines: tuple[bytes, ...]
    disclosures: tuple[Disclosure, ...]
    head: str
    fingerprint: str

    def encoded(self) -> bytes:
        """Return the file: the record's lines, then what was disclosed of it."""
        return joined(self.lines, self.disclosures)


def joined(lines: Sequence[bytes], disclosures: Sequence[Disclosure]) -> bytes:
    """Return the file of a record with those of its disclosures that are left."""
    return b"".join(
        line + b"\n"
        for line in (*lines, *(d.encoded() for d in sorted(disclosures, key=lambda d: (d.line, d.label))))
    )


def seal(header: Entry, rows: Sequence[Entry], salts: Sequence[bytes], signer: Signer) -> SealedRecord:
    """Return the record of `rows`. `salts` are random, `SALT_BYTES` each, one for each private value."""
    left = iter(salts)
    fingerprint = sha256(signer.certificate)
    lines: list[bytes] = []
    disclosures: list[Disclosure] = []
    opening: dict[str, Json] = {"format": FORMAT, "rows": len(rows), "certificate": fingerprint}
    for at, entry in enumerate((header, *rows)):
        kept = [Disclosure(at, label, next(left).hex(), value) for label, value in entry.private.items()]
        frame: dict[str, Json] = (
            {"kind": "header", **opening} if at == 0 else {"kind": "row", "n": at, "prev": sha256(lines[-1])}
        )
        if clash := frame.keys() & entry.public.keys():
            msg = f"these fields are the chain's own: {sorted(clash)}"
            raise ValueError(msg)
        commitments: dict[str, Json] = {d.label: d.commitment for d in kept}
        lines.append(canonical(frame | dict(entry.public) | {"commitments": commitments}))
        disclosures += kept
    head = sha256(lines[-1])
    trailer: dict[str, Json] = {
        "kind": "trailer",
        "head": head,
        "signature": base64.b64encode(signer.sign(signed_words(head))).decode(),
        "certificate": base64.b64encode(signer.certificate).decode(),
    }
    return SealedRecord((*lines, canonical(trailer)), tuple(disclosures), head, fingerprint)


def signed_words(head: str) -> bytes:
    """Return what is signed: the format's name keeps the signature from meaning anything elsewhere."""
    return f"{FORMAT}\n{head}\n".encode()
