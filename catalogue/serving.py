"""Answering with a stored file, wherever it lies: whole or the range that was asked for (RFC 9110 §14)."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from aiohttp import web

from lectern.kernel.errors import LecternError
from lectern.storage.files import Files, FoundFile

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Part:
    """`length` bytes of a file from `start` on."""

    start: int
    length: int


async def served(
    files: Files, found: FoundFile, headers: Mapping[str, str], http: web.Request
) -> web.StreamResponse:
    """Answer with `found`: from this machine's disk by the system, from elsewhere piece by piece.

    The bytes always come through this server, under the check that the caller made (decision 18).
    """
    if found.path is not None:
        return web.FileResponse(found.path, headers=headers)
    if found.content is not None:
        return web.Response(body=found.content, headers=headers)
    e_tag = f'"{found.e_tag}"' if found.e_tag else ""
    headers = {**headers, "Accept-Ranges": "bytes", **({"ETag": e_tag} if e_tag else {})}
    if e_tag and e_tag in http.headers.get("If-None-Match", ""):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    try:
        part = part_of(http, found.size_bytes, e_tag)
    except ValueError:
        headers["Content-Range"] = f"bytes */{found.size_bytes}"
        return web.Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    return await _stream(files, found, headers, part, http)


def served_bytes(body: bytes, headers: Mapping[str, str], http: web.Request) -> web.Response:
    """Answer with what is in memory: whole, or the range that was asked for."""
    headers = {**headers, "Accept-Ranges": "bytes"}
    try:
        part = part_of(http, len(body), "")
    except ValueError:
        headers["Content-Range"] = f"bytes */{len(body)}"
        return web.Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    if part is None:
        return web.Response(body=body, headers=headers)
    end = part.start + part.length
    headers["Content-Range"] = f"bytes {part.start}-{end - 1}/{len(body)}"
    return web.Response(status=HTTPStatus.PARTIAL_CONTENT, body=body[part.start : end], headers=headers)


def part_of(http: web.Request, size_bytes: int, e_tag: str) -> Part | None:
    """Return the one range that a request asks for, or None for all of the file.

    Several ranges at once are answered with the whole file, as is a range of another version (`If-Range`).

    Raises:
        ValueError: nothing of the range is in the file.
    """
    if "Range" not in http.headers or http.headers.get("If-Range", e_tag) != e_tag:
        return None
    try:
        wanted = http.http_range
    except ValueError:
        return None  # not a range that we understand: RFC 9110 §14.2 has us ignore it
    start, stop, _ = wanted.indices(size_bytes)
    if start >= stop:
        raise ValueError("outside the file")
    return Part(start, stop - start)


async def _stream(
    files: Files, found: FoundFile, headers: dict[str, str], part: Part | None, http: web.Request
) -> web.StreamResponse:
    sent = part or Part(0, found.size_bytes)
    if part is not None:
        headers["Content-Range"] = f"bytes {sent.start}-{sent.start + sent.length - 1}/{found.size_bytes}"
    response = web.StreamResponse(
        status=HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT, headers=headers
    )
    response.content_length = sent.length
    if http.method == "HEAD":
        await response.prepare(http)
        return response
    pieces = files.stream(found.key, sent.start, sent.length)
    first = await anext(aiter(pieces), b"")  # while an error can still be an answer
    await response.prepare(http)
    try:
        await response.write(first)
        async for piece in pieces:
            await response.write(piece)
    except LecternError as error:
        # The head is out: all that is left is to end before the promised length, which every player notices.
        _log.warning("file_cut_short", code=error.code)
        if http.transport is not None:
            http.transport.abort()
    return response
