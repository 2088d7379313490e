"""One way to write a JSON value as bytes, so that a hash of it means something. Pure.

The form is that of RFC 8785 (JSON Canonicalization Scheme) over a smaller language: no floating-point
numbers (decimals travel as strings), integers up to 2^53 - 1, keys of ASCII letters alone. Within that
language both say the same bytes, and any implementation of RFC 8785 can check ours.
"""

import hashlib
import json
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"

_LARGEST = 2**53 - 1
_DEEPEST = 16


class NotCanonical(ValueError):
    """These bytes or this value are not in the one form."""


def canonical(value: Json) -> bytes:
    """Return `value` in UTF-8, keys sorted, without blanks.

    Raises:
        NotCanonical: a float, a large integer, a key that is not ASCII, half a surrogate pair, or too deep.
    """
    _insist(value, _DEEPEST)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        msg = "half of a surrogate pair"
        raise NotCanonical(msg) from None


def parsed(data: bytes) -> dict[str, Any]:
    """Return the object that `data` is the canonical form of.

    Raises:
        NotCanonical: it is no JSON object, or says the same in another way.
    """
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):
        msg = "not JSON"
        raise NotCanonical(msg) from None
    if not isinstance(value, dict):
        msg = "no JSON object"
        raise NotCanonical(msg)
    if canonical(value) != data:
        msg = "not in canonical form"
        raise NotCanonical(msg)
    return value


def sha256(data: bytes) -> str:
    """Return the SHA-256 of `data` as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _insist(value: Any, depth: int) -> None:
    if depth == 0:
        msg = "nested too deep"
        raise NotCanonical(msg)
    if isinstance(value, dict):
        for key, part in value.items():
            if not isinstance(key, str) or not key.isascii():
                msg = "a key that is not ASCII"
                raise NotCanonical(msg)
            _insist(part, depth - 1)
    elif isinstance(value, list):
        for part in value:
            _insist(part, depth - 1)
    elif isinstance(value, int):
        if abs(value) > _LARGEST:
            msg = "an integer beyond 2^53 - 1"
            raise NotCanonical(msg)
    elif value is not None and not isinstance(value, str):
        msg = f"{type(value).__name__} has no place in a record"
        raise NotCanonical(msg)
