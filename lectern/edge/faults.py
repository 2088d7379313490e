"""The one mapping of errors to the wire: HTTP answers and Socket.IO acknowledgements have one shape."""

from typing import Any

import structlog

from lectern.kernel.errors import InternalFault, LecternError

_log = structlog.get_logger()


def to_wire(error: BaseException) -> tuple[int, dict[str, Any]]:
    """Return the HTTP status and the body for `error`. An unknown exception is logged and says nothing."""
    if not isinstance(error, LecternError):
        fault = InternalFault("internal", "Something went wrong on the server. Please try again.")
        _log.error("request_failed", error=type(error).__name__, exc_info=error)
        error = fault
    body = {"code": error.code, "message": error.message, "details": dict(error.details)}
    return error.status, {"error": body}
