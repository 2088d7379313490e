"""Months, quarters and years as reports name them: "2026-11", "2026-Q4", "2026". Pure."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def _parts(period: str) -> tuple[int, int, int]:
    """Return a period's year, its first month from 0, and how many months it has."""
    year, _, rest = period.partition("-")
    if not rest:
        return int(year), 0, 12
    if rest.startswith("Q"):
        return int(year), (int(rest[1:]) - 1) * 3, 3
    return int(year), int(rest) - 1, 1


def _named(year: int, month: int, months: int) -> str:
    if months == _MONTHS["year"]:
        return f"{year:04}"
    if months == _MONTHS["quarter"]:
        return f"{year:04}-Q{month // 3 + 1}"
    return f"{year:04}-{month + 1:02}"


def months_in(period: str) -> tuple[str, ...]:
    """Return the months of a period, in order; a month's is itself."""
    year, month, months = _parts(period)
    return tuple(_named(year, month + at, 1) for at in range(months))


def period_before(period: str) -> str | None:
    """Return the period before one, of the same length; None before the year 1."""
    year, month, months = _parts(period)
    first = year * 12 + month - months
    return _named(first // 12, first % 12, months) if first >= 12 else None


def bounds_of(period: str, zone: str) -> tuple[int, int]:
    """Return when a period begins and the next one does, UTC milliseconds, where `zone` is.

    The last period there is ends with the year 9999.
    """
    year, month, months = _parts(period)
    return _midnight(year * 12 + month, zone), _midnight(year * 12 + month + months, zone)


def _midnight(months: int, zone: str) -> int:
    if months >= 10_000 * 12:
        return round(datetime(9999, 12, 31, tzinfo=UTC).timestamp() * 1_000)
    # The earliest year has no midnight in UTC in zones east of Greenwich.
    begin = datetime(max(2, months // 12), months % 12 + 1, 1, tzinfo=ZoneInfo(zone))
    return round(begin.timestamp() * 1_000)
