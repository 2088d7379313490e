"""Reading a record that somebody brings, and saying what holds. Pure, and never raises for what is in it.

Nothing of the house is needed: no database, no settings, no network. Whatever is not exactly as a record is
written is a finding, with the number of the line (from 1) as a text editor shows it.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from analytics.closing import verdicts
from analytics.closing.canonical import NotCanonical, parsed, sha256
from analytics.closing.chain import FORMAT, Disclosure, signed_words
from analytics.closing.differences import first_untrue, subject_of
from analytics.closing.signing import is_signed

LARGEST_BYTES = 256 * 1024 * 1024
_HEADER_MARK = b'"lectern-attendance/'
_DISCLOSURE = frozenset({"kind", "label", "line", "salt", "value"})
_TRAILER = frozenset({"kind", "head", "signature", "certificate"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `code` says what, `line` where it went wrong first."""

    code: str
    holds: bool
    line: int | None = None
    detail: str = ""


@dataclass(slots=True)
class Inspection:
    """What a file is, and what holds of it. `is_record` False: it is something else altogether."""

    is_record: bool = False
    findings: list[Finding] = field(default_factory=list)
    header: Mapping[str, Any] = field(default_factory=dict)
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    disclosed: dict[tuple[int, str], Any] = field(default_factory=dict)
    """What commitments stand for, by line (from 0) and label; only what fits its commitment."""
    withheld: int = 0
    """Commitments without a disclosure: erased, or left out of this copy."""
    head: str = ""
    certificate: bytes = b""

    @property
    def holds(self) -> bool:
        """Whether nothing was found that does not."""
        return self.is_record and all(finding.holds for finding in self.findings)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in the record, hexadecimal."""
        return sha256(self.certificate) if self.certificate else ""

    def text(self, line: int, label: str) -> Any:
        """Return what a line's commitment stands for, None if it is withheld."""
        return self.disclosed.get((line, label))

    def sheet(self) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
        """Return the rows as they are compared with those of another version."""
        words: dict[int, dict[str, Any]] = {}
        for (line, label), value in self.disclosed.items():
            words.setdefault(line, {})[label] = value
        for at, row in enumerate(self.rows, 1):
            yield subject_of(row), row, words.get(at, {})

    def found(self, code: str, *, holds: bool, line: int | None = None, detail: str = "") -> None:
        """Add a finding."""
        self.findings.append(Finding(code, holds, line, detail))


def inspected(data: bytes) -> Inspection:
    """Return what holds of the record in `data`."""
    report = Inspection()
    first, _, _ = data.partition(b"\n")
    if _HEADER_MARK not in first:
        return report
    report.is_record = True
    try:
        report.header = parsed(first)
    except NotCanonical as error:
        report.found("line", holds=False, line=1, detail=str(error))
        return report
    if report.header.get("format") != FORMAT or report.header.get("kind") != "header":
        report.found("format", holds=False, line=1, detail=str(report.header.get("format", "")))
        return report
    *pieces, rest = data.split(b"\n")
    if rest:
        report.found("cut_off", holds=False, line=len(pieces) + 1)
        return report
    _follow(report, pieces)
    return report


def _follow(report: Inspection, pieces: list[bytes]) -> None:
    """Walk down the chain. Below the first broken line nothing can be trusted, so it ends there."""
    trailer: dict[str, Any] | None = None
    disclosures: list[dict[str, Any]] = []
    for at, piece in enumerate(pieces[1:], 1):
        try:
            value = parsed(piece)
        except NotCanonical as error:
            report.found("line", holds=False, line=at + 1, detail=str(error))
            return
        if trailer is not None:
            disclosures.append(value)
            continue
        before = sha256(pieces[at - 1])
        if value.get("kind") == "trailer":
            trailer, report.head = value, before
            named = value.get("head") if value.keys() == _TRAILER else None
        else:
            named = value.get("prev") if (value.get("kind"), value.get("n")) == ("row", at) else None
            report.rows.append(value)
        if named != before:
            report.found("chain", holds=False, line=at)
            return
    if trailer is None:
        report.found("trailer", holds=False, line=len(pieces))
        return
    if report.header.get("rows") != len(report.rows):
        report.found("count", holds=False, line=1)
        return
    report.found("chain", holds=True)
    _check_signature(report, trailer, len(report.rows) + 1)
    _check_disclosures(report, disclosures)
    if "amendment" in report.header:
        untrue = first_untrue(report.header, report.rows)
        report.found("amendment", holds=untrue is None, line=None if untrue is None else untrue + 1)
    if "formula" not in report.header:
        return
    if not verdicts.is_known(report.header):
        report.found("formula_unknown", holds=True)
        return
    broken = verdicts.first_contradiction(report.header, report.rows)
    report.found("verdicts", holds=broken is None, line=None if broken is None else broken + 1)


def _check_signature(report: Inspection, trailer: Mapping[str, Any], at: int) -> None:
    signature = _base64(trailer["signature"])
    certificate = _base64(trailer["certificate"])
    if certificate is None or sha256(certificate) != report.header.get("certificate"):
        report.found("certificate", holds=False, line=at + 1)
        return
    report.certificate = certificate
    signed = signature is not None and is_signed(certificate, signature, signed_words(report.head))
    report.found("signature", holds=signed, line=None if signed else at + 1)


def _check_disclosures(report: Inspection, values: list[dict[str, Any]]) -> None:
    committed = {
        (line, str(label)): commitment
        for line, value in enumerate((report.header, *report.rows))
        if isinstance(value.get("commitments"), dict)
        for label, commitment in value["commitments"].items()
    }
    for at, value in enumerate(values, len(report.rows) + 2):
        known = _disclosure(value)
        where = (-1, "") if known is None else (known.line, known.label)
        if known is None or where in report.disclosed or committed.get(where) != known.commitment:
            report.found("disclosure", holds=False, line=at + 1)
            return
        report.disclosed[where] = known.value
    report.withheld = len(committed) - len(report.disclosed)
    report.found("disclosure", holds=True)


def _disclosure(value: Mapping[str, Any]) -> Disclosure | None:
    if value.keys() != _DISCLOSURE or value["kind"] != "disclosure":
        return None
    line, label, salt = value["line"], value["label"], value["salt"]
    if type(line) is not int or not isinstance(label, str) or not isinstance(salt, str):
        return None
    return Disclosure(line, label, salt, value["value"])


def _base64(text: object) -> bytes | None:
    """Decode exactly: bits that decode to nothing would be a place to hide a change in."""
    if not isinstance(text, str):
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None
