"""`lectern attendance verify`: what holds of a file, in plain words. Needs the file and nothing else."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analytics.closing import pdf_seal
from analytics.closing.canonical import sha256
from analytics.closing.differences import NAMED, told_wrong
from analytics.closing.inspection import LARGEST_BYTES, Finding, Inspection, inspected
from analytics.closing.signing import owner_of, spaced

HOLDS, BROKEN, UNREADABLE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to print, and the exit code: 0 all of it holds, 1 something does not, 2 it is no such file."""

    lines: tuple[str, ...]
    exit_code: int


_GOOD: Mapping[str, str] = {
    "chain": "The chain holds: every line is what the next one says it was.",
    "signature": "The signature belongs to the record and to the certificate in it.",
    "disclosure": "Names and words are those that were closed.",
    "verdicts": "Every verdict and its confidence follow from the evidence and the rule in the record.",
    "amendment": "It says what it changed, and that is what it holds now.",
    "formula_unknown": "The verdicts were not computed again: another release of Lectern made them.",
}
_BAD: Mapping[str, Callable[[Finding], str]] = {
    "line": lambda f: f"Line {f.line} was changed: it is not as records are written ({f.detail}).",
    "format": lambda f: f"This is a record of a kind that this release cannot check ({f.detail!r}).",
    "cut_off": lambda f: f"Line {f.line} has no end: the file was cut off or added to.",
    "trailer": lambda f: f"The end of the record is missing: nothing follows line {f.line}.",
    "chain": lambda f: (
        f"The chain breaks at line {f.line}: it is not what the line below it says it was. "
        "One of the two was changed, or lines between them were taken out or put in."
    ),
    "count": lambda _: "Line 1 promises another number of people than the record has.",
    "certificate": lambda f: f"The certificate in line {f.line} is not the one that line 1 names.",
    "signature": lambda f: f"The signature in line {f.line} is not that of the record.",
    "disclosure": lambda f: f"Line {f.line} names somebody or says something that was not closed like that.",
    "amendment": lambda f: f"Line {f.line} is not what the record says that was changed.",
    "verdicts": lambda f: f"The verdict in line {f.line} does not follow from its evidence and the rule.",
}


def verified(
    path: Path, fingerprints: Sequence[str], head: str | None, former: Path | None = None
) -> Outcome:
    """Return what holds of the file at `path`.

    `fingerprints` (64 hexadecimal digits) are those of certificates that one trusts, `head` is what was sent
    when the record was closed; without them, it says what to compare by eye. `former` is the version before
    it: what was changed since is computed from both, and compared with what the record says of it.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            return Outcome((f"✗ {path} is too large to be an attendance record.",), UNREADABLE)
        data = path.read_bytes()
    except OSError as error:
        return Outcome((f"✗ {path} cannot be read: {error.strerror}.",), UNREADABLE)
    certificates: list[bytes] = []
    lines: list[str] = []
    holds, of_pdf = True, None
    if data.startswith(b"%PDF-"):
        sealed = pdf_seal.opened_pdf(data)
        if sealed is None or sealed.record is None:
            return Outcome((f"✗ {path} is a PDF file, but no signed attendance record.",), UNREADABLE)
        holds = sealed.intact
        lines.append(
            _mark(
                "The PDF's signature covers every byte of it." if sealed.intact else
                "The PDF was changed after it was signed, or its signature is none.",
                holds,
            )
        )  # fmt: skip
        if sealed.certificate:
            certificates.append(sealed.certificate)
        data, of_pdf = sealed.record, sealed.certificate
    record = inspected(data)
    if not record.is_record:
        return Outcome((f"✗ {path} is no attendance record.",), UNREADABLE)
    if record.certificate:
        certificates.append(record.certificate)
    lines = [*(_about(record) if record.holds else ()), *lines, *words_of(record)]
    holds &= record.holds
    known, right = _origin(certificates, fingerprints)
    lines += known
    if of_pdf is not None:
        lines.append(f"? The pages of the PDF were not read. See that they say: {_verdicts(record)}.")
        if of_pdf != record.certificate and not fingerprints:
            right = False
            lines.append(
                "✗ Another key than the record's signed the pages: they may say anything. "
                "If you know both keys, name both: --fingerprint, twice."
            )
    said, agrees = _head_agrees(record, head)
    lines += said
    holds &= right and agrees
    if former is not None:
        said, agrees = _since(former, record)
        lines += said
        holds &= agrees
    lines.append("Everything that was checked holds." if holds else "This file is NOT what was closed.")
    return Outcome(tuple(lines), HOLDS if holds else BROKEN)


def _head_agrees(record: Inspection, head: str | None) -> tuple[list[str], bool]:
    if head is not None:
        agrees = head == record.head
        words = "is the one" if agrees else "is NOT the one"
        return [_mark(f"The head {words} you were sent.", agrees)], agrees
    if record.head:
        return [f"? Compare the head with the one that was sent when it was closed: {record.head}"], True
    return [], True


def words_of(record: Inspection) -> list[str]:
    """Return what was found in a record, a sentence each."""
    return [_plain(_finding(finding)) for finding in record.findings]


def _mark(words: str, holds: bool) -> str:
    return f"{'✓' if holds else '✗'} {words}"


def _finding(finding: Finding) -> str:
    if finding.holds:
        return _mark(_GOOD[finding.code], holds=True)
    return _mark(_BAD[finding.code](finding), holds=False)


def _about(record: Inspection) -> list[str]:
    header = record.header
    session = header.get("session")
    title = session.get("title") if isinstance(session, dict) else None
    lines = [
        _plain(f"{title}: {len(record.rows)} people, version {header.get('edition')}"),
        f"The record says: {_verdicts(record)}.",
    ]
    if header.get("previous"):
        lines.append(_plain(f"It follows on the version with the head {header['previous']}."))
    lines += [_plain(line) for line in _amended(record)]
    if record.withheld:
        lines.append(f"{record.withheld} names or texts are not in this file: erased, or left out of it.")
    return lines


def _amended(record: Inspection) -> list[str]:
    """Return what a version says that it changed. Only asked of a record of which everything holds."""
    amendment = record.header.get("amendment")
    if amendment is None:
        return []
    changes = amendment["changes"]
    lines = [f"It supersedes version {amendment['supersedes']}: {len(changes)} people's rows were changed."]
    if (reason := record.text(0, "reason")) is not None:
        lines.append(f"Why: {reason}")
    if amendment.get("rule_changed"):
        lines.append("The rule was changed.")
    for change in changes:
        where = "A row is gone" if change["n"] is None else f"Line {change['n'] + 1}"
        by = ", ".join(str(record.text(0, f"{NAMED}{who}") or who) for who in change["by"])
        verdicts = f"{change['from'] or '—'} → {change['to'] or '—'}"
        lines.append(f"  {where}: {verdicts} ({', '.join(change['what'])})" + (f", by {by}" if by else ""))
    return lines


def _since(former: Path, record: Inspection) -> tuple[list[str], bool]:
    """Return whether a record follows on the version in `former`, and tells everything that changed since."""
    try:
        data = former.read_bytes() if former.stat().st_size <= LARGEST_BYTES else b""
    except OSError as error:
        return [f"✗ {former} cannot be read: {error.strerror}."], False
    if data.startswith(b"%PDF-"):
        sealed = pdf_seal.opened_pdf(data)
        data = (sealed.record if sealed is not None and sealed.intact else None) or b""
    before = inspected(data)
    if not before.holds:
        return [f"✗ {former} is no attendance record of which everything holds."], False
    if record.header.get("previous") != before.head:
        return [f"✗ It does not follow on {former}."], False
    lines = [f"✓ It follows on {former}."]
    if "amendment" not in record.header:
        return [*lines, "? It was made by a release that did not write down what was changed."], True
    wrong = told_wrong(record.header, before.sheet(), record.sheet())
    told = "It tells everything that was changed since." if wrong is None else (
        f"It does NOT tell what was changed of {wrong or 'somebody'}."
    )  # fmt: skip
    return [*lines, _plain(_mark(told, wrong is None))], wrong is None


def _verdicts(record: Inspection) -> str:
    """Say how many people have which verdict, the most frequent first."""
    judged = (row.get("judgement") for row in record.rows)
    found = Counter(str(one.get("verdict")) if isinstance(one, dict) else "not judged" for one in judged)
    return _plain(", ".join(f"{n} {verdict}" for verdict, n in found.most_common()) or "nothing of anybody")


def _origin(certificates: Sequence[bytes], trusted: Sequence[str]) -> tuple[list[str], bool]:
    """Return what is known of who signed. A certificate alone proves nothing: anybody can make one."""
    lines, right = [], True
    for certificate in dict.fromkeys(certificates):
        print_ = sha256(certificate)
        named = _plain(f"{spaced(print_)} ({owner_of(certificate)})")
        if not trusted:
            lines.append(f"? Compare the certificate with the one you know of: {named}")
            continue
        agrees = print_ in trusted
        right &= agrees
        lines.append(_mark(f"Signed by {'a' if agrees else 'NO'} key that you trust: {named}", agrees))
    return lines, right


def _plain(text: str) -> str:
    """Return text from a file so that it does nothing to a terminal."""
    return "".join(c if c.isprintable() else "□" for c in text)


def verify(arguments: argparse.Namespace) -> int:
    """Carry out `lectern attendance verify` (`analytics.closing.command`); returns its exit code."""
    outcome = verified(arguments.file, arguments.fingerprint, arguments.head, arguments.former)
    sys.stdout.write("\n".join(outcome.lines) + "\n")
    return outcome.exit_code
