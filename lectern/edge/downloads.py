"""Tables on their way out: in which language, and what the browser is told of the file."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal, TypeVar

from aiohttp import web

from lectern.edge.routes import Request
from lectern.kernel.errors import Overloaded

Lang = Literal["zh-CN", "en"]
Ending = Literal["csv", "xlsx"]

_TYPES: Final[dict[Ending, tuple[str, str | None]]] = {
    "csv": ("text/csv", "utf-8"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", None),
}

MOST_WAITING = 16
"""How many may wait for their file; a further one is asked to come again."""
T = TypeVar("T")


class _Desk:
    """Works off what takes long, beside the loop and one at a time: two would only halve each other."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="downloads")
        self._waiting = 0

    async def made(self, work: Callable[[], T]) -> T:
        """Return what `work` returns. Raises what it raises, and `Overloaded` where too many wait."""
        if self._waiting >= MOST_WAITING:
            raise Overloaded(
                "too_fast", "Many files are being made. Please try again in a moment.", retry_after_s=5
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1


made = _Desk().made
"""Make a file, or fold what goes into it, without holding up the class. `work` touches nothing else."""


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
