"""A closed record as CSV and as an Excel workbook. Pure."""

from analytics.closing.inspection import inspected
from analytics.closing.people import Reading
from analytics.closing.signing import spaced
from analytics.closing.words import rule_lines
from analytics.sheet_words import Lang
from analytics.workbook import Cell, Table, csv_file, xlsx_file

_COUNTS = ("answers", "messages", "questions", "hands")


def csv_of(record: bytes, lang: Lang) -> bytes:
    """Return a line for each person."""
    return csv_file(_people(Reading(inspected(record), lang)))


def xlsx_of(record: bytes, lang: Lang) -> bytes:
    """Return a workbook: what was closed, and a line for each person."""
    reading = Reading(inspected(record), lang)
    changes = [_changes(reading)] if "amendment" in reading.header else []
    return xlsx_file([_facts(reading), *changes, _people(reading)])


def _facts(reading: Reading) -> Table:
    rows: list[tuple[Cell, ...]] = [*reading.facts()]
    rows += [(reading.word("edition", n=reading.header["edition"]), "")]
    rows += [(name, count) for name, count in reading.tallies()]
    rows += [(reading.word("rule"), line) for line in rule_lines(reading.header["rule"], reading.lang)]
    rows += [
        (reading.word("head"), reading.record.head),
        (reading.word("previous"), reading.header["previous"] or reading.word("nothing")),
        (reading.word("fingerprint"), spaced(reading.record.fingerprint)),
    ]
    return Table(reading.word("sheet_record"), (reading.word("title"), ""), rows)


def _changes(reading: Reading) -> Table:
    headings = tuple(map(reading.word, ("name", "before", "verdict", "changed", "changed_by")))
    return Table(reading.word("changed"), headings, list(reading.changes()))


def _people(reading: Reading) -> Table:
    rounds = range(1, len(reading.header["rounds"]) + 1)
    headings = [
        *map(
            reading.word,
            ("line", "name", "external_id", "department", "kind", "roster", "verdict", "computed"),
        ),
        *map(reading.word, ("confidence", "minutes", "replay")),
        *(reading.word("round", n=n) for n in rounds),
        *map(reading.word, (*_COUNTS, "stage", "reasons", "decision", "objections")),
    ]
    rows: list[list[Cell]] = [
        [
            entry.line,
            entry.name,
            entry.external_id,
            entry.department,
            reading.word("guest" if entry.guest else "person"),
            reading.word("yes" if entry.expected else "no"),
            entry.verdict,
            entry.computed,
            float(entry.confidence),
            float(entry.minutes),
            float(entry.replay_minutes),
            *entry.checkins,
            *(entry.counts.get(name, 0) for name in _COUNTS),
            float(entry.stage_minutes),
            entry.reasons,
            entry.decision,
            entry.objections,
        ]
        for entry in reading.entries
    ]
    return Table(reading.word("sheet_people"), headings, rows)
