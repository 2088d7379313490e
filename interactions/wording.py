"""Free text as people send it: within its limit, and storable everywhere."""

from lectern.kernel.errors import Rejected

CHAT_CHARS = 2_000
QUESTION_CHARS = 1_000
POLL_QUESTION_CHARS = 500
OPTION_CHARS = 200
CHECKIN_MESSAGE_CHARS = 500
CHECKIN_REASON_CHARS = 500
GROUP_NAME_CHARS = 100
TASK_CHARS = 2_000
TOLD_CHARS = 500
OUTCOME_CHARS = 4_000
CLARIFICATION_CHARS = 500

_KEPT_CONTROLS = "\n\t"


def wording(text: str, limit: int, field: str) -> str:
    """Return `text` as it is stored: trimmed, without control characters and broken surrogates.

    `limit` counts Unicode characters (code points).

    Raises:
        Rejected: nothing is left of it (`text_empty`), or it is too long (`text_too_long`).
    """
    clean = clear(text)
    if not clean:
        raise Rejected("text_empty", "Please write something first.", field=field)
    if len(clean) > limit:
        raise Rejected(
            "text_too_long", f"This text is too long: at most {limit} characters.", field=field, limit=limit
        )
    return clean


def wording_or_none(text: str | None, limit: int, field: str) -> str | None:
    """Return `text` like `wording`, or None where nothing was written.

    Raises:
        Rejected: it is too long (`text_too_long`).
    """
    return None if text is None or not clear(text) else wording(text, limit, field)


def clear(text: str) -> str:
    """Drop what no screen shows and no database takes (NUL, other controls, lone surrogates); trim."""
    whole = text.replace("\r\n", "\n").encode("utf-8", "ignore").decode()
    return "".join(c for c in whole if c >= " " or c in _KEPT_CONTROLS).strip()
