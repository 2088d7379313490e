"""Errors named after who is to blame; each carries a stable `code` (docs/errors.md lists them).

`lectern.edge.faults` is the one place that turns them into HTTP answers and Socket.IO acknowledgements.
"""

from collections.abc import Mapping
from typing import Any


class LecternError(Exception):
    """Base of all errors that cross an edge. `message` is for people, `details` for programs."""

    status = 500

    def __init__(self, code: str, message: str, /, **details: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.details: Mapping[str, Any] = details


class ProtocolViolation(LecternError):
    """The peer sent something that no correct client sends."""

    status = 400


class Rejected(LecternError):
    """The request is understood and refused; the person can read why."""

    status = 422


class TooLarge(ProtocolViolation):
    """More than is taken; said as soon as it is known, before the rest has come."""

    status = 413


class Unauthenticated(Rejected):
    """Nobody, or nobody any more: the credential is missing, wrong or expired."""

    status = 401


class Forbidden(Rejected):
    """Somebody, but not allowed to do this."""

    status = 403


class NotFound(Rejected):
    """There is no such thing, or none that this person may know of."""

    status = 404


class Deleted(NotFound):
    """There was such a thing; it was deleted, and this person may know that."""

    status = 410


class Conflict(Rejected):
    """The thing is not in a state in which this can be done."""

    status = 409


class Overloaded(LecternError):
    """Too much at once; the same request may succeed later. `retry_after_s` is in the details."""

    status = 429


class Gone(LecternError):
    """What the request needs has ended or is away for the moment."""

    status = 503


class InternalFault(LecternError):
    """Our own bug or broken machine; the text that people see says nothing of the inside."""
