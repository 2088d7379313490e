"""What is different between two versions of a record, person by person: whose, what, and by whom. Pure.

Both sides are rows as records write them, so that a version can be compared with the one before it from
their files alone, by anybody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Sheet = Iterable[tuple[str, Mapping[str, Any], Mapping[str, Any]]]
"""Rows: subject, what is public, and what is still disclosed of the rest, by label."""

NAMED: Final = "name."
"""In a header's labels, before the id of somebody who changed something: it stands for their name."""
ADDED, REMOVED = "added", "removed"
_WORDS = frozenset({"words"})
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "decision": ("decisions",),
    "objection": ("objections",),
    "checkin": ("checkins", "checkin_status"),
    "roster": ("expected", "who"),
    "presence": ("intervals", "present_ms", "stage_ms", "there"),
    "activity": ("counts",),
}
"""Which fields of a row tell of what. Watching the replay never ends, and counts only in the verdict."""


@dataclass(frozen=True, slots=True)
class Change:
    """One person's row: `n` is its number in the later record, None if it is gone.

    `was` and `now` are verdicts, None where there is no row. `by` are ids of those who decided, answered or
    corrected since; empty where nobody did, because the house itself learned more.
    """

    subject: str
    n: int | None
    was: str | None
    now: str | None
    what: tuple[str, ...]
    by: tuple[str, ...]


def differences(before: Sheet, after: Sheet) -> tuple[Change, ...]:
    """Return whose rows differ, in the order of the later record; what was erased is taken as unchanged."""
    was = {subject: (public, private) for subject, public, private in before}
    found = []
    for n, (subject, public, private) in enumerate(after, 1):
        known = was.pop(subject, None)
        if known is None:
            found.append(Change(subject, n, None, _verdict(public), (ADDED,), _deciders({}, public)))
            continue
        old, disclosed = known
        what = _what(old, public)
        if any(disclosed[label] != private[label] for label in disclosed.keys() & private.keys()):
            what = (*what, "words")
        if what:
            by = _deciders(old, public)
            found.append(Change(subject, n, _verdict(old), _verdict(public), what, by))
    gone = [Change(subject, None, _verdict(old), None, (REMOVED,), ()) for subject, (old, _) in was.items()]
    return (*found, *gone)


def first_untrue(header: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the first row (from 1) of which an amendment says what the record does not; 0: the header.

    What was before stands in the former version: `told_wrong` compares with it.
    """
    try:
        amendment = header["amendment"]
        if amendment["supersedes"] != header["edition"] - 1 or not header["previous"]:
            return 0
        subjects = {subject_of(row) for row in rows}
        for change in amendment["changes"]:
            n = change["n"]
            "".join((*change["by"], *change["what"], change["from"] or "", change["to"] or ""))
            if n is None:
                if change["subject"] in subjects or change["to"] is not None:
                    return 0
            elif not (type(n) is int and 1 <= n <= len(rows)):
                return 0
            elif (subject_of(rows[n - 1]), _verdict(rows[n - 1])) != (change["subject"], change["to"]):
                return n
    except (KeyError, TypeError, AttributeError):
        return 0
    return None


def told_wrong(header: Mapping[str, Any], former: Sheet, latter: Sheet) -> str | None:
    """Return the first subject of whom an amendment does not tell what really changed; None: it tells all.

    Words are not compared: those of one version may be erased, or left out of its copy.
    """
    try:
        told = {each["subject"]: _told(each) for each in header["amendment"]["changes"]}
        real = {
            each.subject: (each.n, each.was, each.now, set(each.what) - _WORDS, set(each.by))
            for each in differences(former, latter)
        }
    except (KeyError, TypeError, AttributeError):
        return ""
    nothing: tuple[Any, ...] = (None, None, None, set(), set())
    for subject in told.keys() | real.keys():
        one, other = told.get(subject, nothing), real.get(subject, nothing)
        if one[3:] != other[3:] or (one[3] and one != other):
            return subject
    return None


def _told(change: Mapping[str, Any]) -> tuple[Any, ...]:
    return change["n"], change["from"], change["to"], set(change["what"]) - _WORDS, set(change["by"])


def subject_of(row: Mapping[str, Any]) -> str:
    """Return whose row it is: a person's, or a guest's (their participant)."""
    return str(row.get("person") or row.get("participant") or "")


def _what(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    judged = ("verdict", "computed", "confidence")
    verdict = [name for name in judged if old["judgement"].get(name) != new["judgement"].get(name)]
    parts = [
        part
        for part, names in _PARTS.items()
        if any(_plain(name, old) != _plain(name, new) for name in names if name in old and name in new)
    ]
    return (*(("verdict",) if verdict else ()), *parts)


def _plain(name: str, row: Mapping[str, Any]) -> Any:
    if name != "checkins":
        return row[name]
    # Earlier releases did not write who corrected.
    return [(each["round"], each["status"], each["corrected"]) for each in row[name]]


def _deciders(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """Return who decided, answered or corrected what is new in `new`."""
    decided = {each["id"] for each in old.get("decisions", ())}
    answered = {each["id"] for each in old.get("objections", ()) if each["answered_by"]}
    stood = {each["round"]: (each["status"], each["corrected"]) for each in old.get("checkins", ())}
    by: Sequence[str | None] = [
        *(each["by"] for each in new["decisions"] if each["id"] not in decided),
        *(
            each["answered_by"]
            for each in new["objections"]
            if each["id"] not in answered and each["state"] != "withdrawn"
        ),
        *(
            each.get("by")
            for each in new["checkins"]
            if each["corrected"] and stood.get(each["round"]) != (each["status"], True)
        ),
    ]
    return tuple(dict.fromkeys(who for who in by if who))


def _verdict(row: Mapping[str, Any]) -> str:
    return str(row["judgement"]["verdict"])
