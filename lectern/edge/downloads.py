"""Tables on their way out: in which language, and what the browser is told of the file."""

from typing import Final, Literal

from aiohttp import web

from lectern.edge.routes import Request

Lang = Literal["zh-CN", "en"]
Ending = Literal["csv", "xlsx"]

_TYPES: Final[dict[Ending, tuple[str, str | None]]] = {
    "csv": ("text/csv", "utf-8"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", None),
}


def language_of(request: Request, asked: Lang | None) -> Lang:
    """Return the language of a file: the one asked for, or else the browser's."""
    chinese = request.http.headers.get("Accept-Language", "").lower().startswith("zh")
    return asked or ("zh-CN" if chinese else "en")


def download(content: bytes, ending: Ending, disposition: str) -> web.Response:
    """Return a file that is saved, never shown, and kept by nobody on the way."""
    content_type, charset = _TYPES[ending]
    headers = {
        "Content-Disposition": disposition,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(body=content, content_type=content_type, charset=charset, headers=headers)
