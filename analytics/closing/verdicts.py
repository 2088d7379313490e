"""Verdicts as a record writes them, and computing them again from nothing but the record. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from analytics.attendance.rule import Rule
from analytics.attendance.verdict import FORMULA, Decision, Evidence, Judgement, judge
from analytics.closing.canonical import Json


def judgement_of(judgement: Judgement) -> dict[str, Json]:
    """Return a verdict as the record writes it; the decision behind it is the last of `decisions`."""
    return {
        "base_minutes": decimal(judgement.base_minutes),
        "computed": judgement.computed.value,
        "confidence": decimal(judgement.confidence),
        "counted_minutes": decimal(judgement.counted_minutes),
        "needed_minutes": decimal(judgement.needed_minutes),
        "reasons": [
            {"code": reason.code, "numbers": {name: decimal(n) for name, n in reason.numbers.items()}}
            for reason in judgement.reasons
        ],
        "verdict": judgement.verdict.value,
    }


def decimal(number: float) -> str:
    """Return a number as the record writes it: plain, with at most four places, none of them idle."""
    whole, _, places = f"{number:.4f}".partition(".")
    places = places.rstrip("0")
    return f"{whole}.{places}" if places else ("0" if whole == "-0" else whole)


def is_known(header: Mapping[str, Any]) -> bool:
    """Tell whether this release knows the formula of a record."""
    return header.get("formula") == FORMULA


def first_contradiction(header: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the first row (from 1) whose verdict does not follow from its evidence; 0: there is no rule."""
    try:
        rule = msgspec.convert(header["rule"], Rule)
    except (KeyError, msgspec.ValidationError):
        return 0
    if rule.problem is not None:
        return 0
    return next((at for at, row in enumerate(rows, 1) if not _follows(rule, row)), None)


def _follows(rule: Rule, row: Mapping[str, Any]) -> bool:
    try:
        evidence = msgspec.convert(row["evidence"], Evidence)
        decisions = msgspec.convert(row["decisions"], list[Decision])
        again = judgement_of(judge(rule, evidence, decisions[-1] if decisions else None))
        return bool(again == row["judgement"])
    except (KeyError, msgspec.ValidationError):
        return False
