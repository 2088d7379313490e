"""What WHIP and WHEP say when they say no: the one error shape, with the status and headers of RFC 9725."""

from typing import Final

from aiohttp import hdrs, web

from lectern.edge.routes import error_response
from lectern.kernel.errors import Conflict, Gone, ProtocolViolation, Rejected, Unauthenticated

RETRY_AFTER_S: Final = 5


class WrongMethod(ProtocolViolation):
    """The address has no such method."""

    status = 405


class WrongMediaType(ProtocolViolation):
    """The body is of a kind that is not taken here."""

    status = 415


class ConditionMissing(ProtocolViolation):
    """The request must say which ICE session it means (RFC 6585 section 3)."""

    status = 428


class ConditionFailed(Rejected):
    """The request means an ICE session that is no more (RFC 9110 section 15.5.13)."""

    status = 412


def refused(error: Exception, request: web.Request) -> web.Response:
    """Answer with `error`."""
    response = error_response(error)
    if isinstance(error, Unauthenticated):
        problem = ', error="invalid_token"' if hdrs.AUTHORIZATION in request.headers else ""
        response.headers[hdrs.WWW_AUTHENTICATE] = f'Bearer realm="lectern"{problem}'
    elif isinstance(error, Gone) or (
        isinstance(error, Conflict) and error.details.get("state") == "scheduled"
    ):
        response.headers[hdrs.RETRY_AFTER] = str(RETRY_AFTER_S)
    return response
