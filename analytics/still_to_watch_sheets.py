"""Who has still to watch a medium, as tables: everybody expected, and the departments. Pure."""

from collections.abc import Mapping

from analytics.sheet_words import Lang, column
from analytics.still_to_watch import StillToWatch
from analytics.view_sheets import WORDS
from analytics.workbook import Cell, Table

_OWN: Mapping[str, Mapping[Lang, str]] = {
    "people": {"en": "Expected to watch", "zh-CN": "应看人员"},
    "departments": {"en": "Departments", "zh-CN": "部门汇总"},
    "expected": {"en": "Expected", "zh-CN": "应看人数"},
    "done": {"en": "Completed", "zh-CN": "已看完"},
    "begun": {"en": "Begun", "zh-CN": "看了一部分"},
    "open": {"en": "Still to complete", "zh-CN": "尚未看完"},
}


def people_table(found: StillToWatch, lang: Lang) -> Table:
    """Return one row for everybody who is expected."""
    heads = [
        *(column(name, lang) for name in ("name", "external_id", "department")),
        WORDS["coverage"][lang],
        WORDS["completed"][lang],
    ]
    rows: list[list[Cell]] = [
        [
            one.card.name,
            one.card.external_id,
            one.card.department,
            round(one.share, 4),
            WORDS["yes" if one.done else "no"][lang],
        ]
        for one in found.people
    ]
    return Table(_OWN["people"][lang], heads, rows)


def departments_table(found: StillToWatch, lang: Lang) -> Table:
    """Return one row for every department."""
    heads = [
        column("department", lang),
        *(_OWN[name][lang] for name in ("expected", "done", "begun", "open")),
    ]
    rows: list[list[Cell]] = [
        [one.name, one.expected, one.done, one.begun, one.expected - one.done] for one in found.departments
    ]
    return Table(_OWN["departments"][lang], heads, rows)
