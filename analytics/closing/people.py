"""A record as people read it: who, with what verdict, and why; what was erased stands as erased. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analytics.closing import words
from analytics.closing.differences import NAMED
from analytics.closing.inspection import Inspection
from analytics.minutes import minutes
from analytics.sheet_words import Lang


@dataclass(frozen=True, slots=True)
class Entry:
    """One person's line in words. `line` is its number in the file, from 1. Empty: there is none."""

    line: int
    name: str
    external_id: str
    department: str
    guest: bool
    expected: bool
    verdict: str
    computed: str
    confidence: str
    minutes: str
    replay_minutes: str
    stage_minutes: str
    checkins: tuple[str, ...]
    counts: Mapping[str, int]
    reasons: str
    decision: str
    objections: str


class Reading:
    """A record that was inspected, read in one language."""

    def __init__(self, record: Inspection, lang: Lang) -> None:
        self.record = record
        self.lang = lang
        self.header = record.header
        self.zone = _zone(str(self.header["session"]["zone"]))
        self.entries = [self._entry(at, row) for at, row in enumerate(record.rows, 1)]

    def word(self, name: str, /, **values: object) -> str:
        """Return a word in the language."""
        return words.word(name, self.lang, **values)

    def time(self, utc_ms: int | None) -> str:
        """Return a moment in the session's zone, to the minute."""
        if utc_ms is None:
            return self.word("nothing")
        return datetime.fromtimestamp(utc_ms / 1000, self.zone).strftime("%Y-%m-%d %H:%M")

    def facts(self) -> list[tuple[str, str]]:
        """Return what the record is about, as pairs of heading and text."""
        header, session = self.header, self.header["session"]
        closer = self.record.text(0, "closed_by") or (
            # An API key has no name that could be erased.
            self.word("erased") if "closed_by" in header["commitments"] else str(header["closed_by"])
        )
        found = [
            ("lesson", str(session["title"])),
            ("organisation", str(header["organisation"]["name"])),
            ("planned", f"{self.time(session['starts_utc_ms'])} ({session['zone']})"),
            ("held", f"{self.time(session['started_utc_ms'])} – {self.time(session['ended_utc_ms'])}"),
            ("closed", self.word("closed_by", when=self.time(header["closed_utc_ms"]), name=closer)),
        ]
        if header["previous"] is not None:
            found.append(("reason", str(self.record.text(0, "reason") or self.word("erased"))))
        if "amendment" in header:
            amendment = header["amendment"]
            count = self.word("amended", n=amendment["supersedes"], people=len(amendment["changes"]))
            rule = self.word("rule_changed") if amendment["rule_changed"] else ""
            found.append(("supersedes", f"{count}{rule}"))
        if header["accepted"]:
            found.append(("accepted", self.word("comma").join(map(self.word, header["accepted"]))))
        return [(self.word(name), text) for name, text in found]

    def changes(self) -> list[tuple[str, str, str, str, str]]:
        """Return what this version changed of the one before: whose, from, to, what, by whom."""
        nothing, found = self.word("nothing"), []
        for change in self.header.get("amendment", {}).get("changes", ()):
            n = change["n"]
            known = None if n is None else self.record.text(n, "identity")
            whose = (
                self.word("row_gone") if n is None else str((known or {}).get("name") or self.word("erased"))
            )
            before, now = (self.word(change[end]) if change[end] else nothing for end in ("from", "to"))
            names = (str(self.record.text(0, f"{NAMED}{who}") or who) for who in change["by"])
            comma = self.word("comma")
            what = comma.join(self.word(f"{what}_changed") for what in change["what"])
            found.append((whose, before, now, what, comma.join(names)))
        return found

    def tallies(self) -> list[tuple[str, int]]:
        """Return how many people were expected, and how many have which verdict."""
        verdicts = Counter(str(row["judgement"]["verdict"]) for row in self.record.rows)
        expected = (self.word("expected"), int(self.header["expected"]))
        return [expected, *((self.word(code), verdicts[code]) for code in _VERDICTS if verdicts[code])]

    def _entry(self, at: int, row: Mapping[str, Any]) -> Entry:
        identity = self.record.text(at, "identity") or {"name": self.word("erased")}
        judged = row["judgement"]
        decided = row["decisions"][-1] if row["decisions"] else None
        return Entry(
            line=at + 1,
            name=str(identity.get("name") or self.word("nothing")),
            external_id=str(identity.get("external_id") or ""),
            department=str(identity.get("department") or ""),
            guest=row["who"] == "guest",
            expected=bool(row["expected"]),
            verdict=self.word(judged["verdict"]),
            computed=self.word(judged["computed"]),
            confidence=str(judged["confidence"]),
            minutes=f"{minutes(row['present_ms']):.2f}",
            replay_minutes=f"{minutes(row['replay_ms']):.2f}",
            stage_minutes=f"{minutes(row['stage_ms']):.2f}",
            checkins=tuple(self.word(one["status"]) for one in row["checkins"]),
            counts=row["counts"],
            reasons=words.joined(
                [words.reason(one["code"], one["numbers"], self.lang) for one in judged["reasons"]], self.lang
            ),
            decision="" if decided is None else self._words(at, f"decision.{decided['id']}"),
            objections=words.joined([self._objection(at, one) for one in row["objections"]], self.lang),
        )

    def _objection(self, at: int, one: Mapping[str, Any]) -> str:
        state = self.word(f"{one['state']}_objection")
        said = self._words(at, f"objection.{one['id']}")
        answer = self.record.text(at, f"answer.{one['id']}")
        return f"“{said}” → {state}" + (f" (“{answer}”)" if answer else "")

    def _words(self, at: int, label: str) -> str:
        return str(self.record.text(at, label) or self.word("erased"))


_VERDICTS = ("present", "partly", "absent", "excused", "open")


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
