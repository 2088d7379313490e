"""A WHIP or WHEP request, passed on to the server process that steers its session's media."""

from typing import Final

import aiohttp
import structlog
from aiohttp import hdrs, web

from lectern.edge.routes import CLIENT_IP, read_limited
from lectern.kernel.errors import Gone

_log = structlog.get_logger()
_WITHIN_S: Final = 15.0
_MARK: Final = "X-Lectern-Passed-On"
_ASKED: Final = (hdrs.AUTHORIZATION, hdrs.CONTENT_TYPE, hdrs.IF_MATCH)
_ANSWERED: Final = (
    hdrs.CONTENT_TYPE,
    hdrs.LOCATION,
    hdrs.ETAG,
    hdrs.LINK,
    hdrs.ALLOW,
    hdrs.RETRY_AFTER,
    hdrs.WWW_AUTHENTICATE,
    "Accept-Patch",
    "Accept-Post",
)


async def passed_on(request: web.Request, address: str, max_bytes: int) -> web.Response:
    """Return what the server process at `address` answers. Its `Location` is a path, and so holds here, too.

    Raises:
        Gone: it cannot be reached, or it is not the one either (`media_unavailable`).
        ProtocolViolation: the body is longer than `max_bytes`.
    """
    if _MARK in request.headers:
        raise _away()
    client_ip = str(request.get(CLIENT_IP) or request.remote or "")
    sent: dict[str, str] = {_MARK: "1", hdrs.X_FORWARDED_FOR: client_ip}
    sent.update({name: request.headers[name] for name in _ASKED if name in request.headers})
    body = await read_limited(request, max_bytes)
    limit = aiohttp.ClientTimeout(total=_WITHIN_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit, auto_decompress=False) as session,
            session.request(
                request.method, f"{address}{request.path}", data=body, headers=sent, allow_redirects=False
            ) as answer,
        ):
            response = web.Response(status=answer.status, body=await answer.read())
            for name in _ANSWERED:
                response.headers.popall(name, None)
                for value in answer.headers.getall(name, ()):
                    response.headers.add(name, value)
            return response
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        _log.warning("whip_pass_on_failed", address=address, error=type(error).__name__)
        raise _away() from None


def _away() -> Gone:
    return Gone("media_unavailable", "Live media is restarting. It will be back in a moment.")
