"""Serving media below a signed address: ranges, content types, caching, and nothing outside the grant."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

from aiohttp import web

from catalogue.held_back import HeldBack
from catalogue.play_grant import PlayGrant, PlaySigner
from catalogue.sealed_files import SealedFiles
from catalogue.sealing import Seal
from catalogue.serving import served, served_bytes
from catalogue.work import VIDEO
from lectern.edge.routes import Request, Route
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import NotFound
from lectern.manifest.asides import is_aside
from lectern.manifest.groups import is_of_group
from lectern.storage.files import Files
from lectern.storage.keys import below

CONTENT_TYPES: Mapping[str, str] = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".jpg": "image/jpeg",
    ".vtt": "text/vtt; charset=utf-8",
}
"""What may be served; any other file below a grant (manifests, logs) is not there."""

_MEDIA = frozenset({".m4s", ".mp4", ".m4a"})

_SEGMENT_CACHE = "private, max-age=86400, immutable"
_CLOSED_PLAYLIST_CACHE = "private, no-cache"


class Player:
    """The handler of `/play/<token>/<path>`. The address is the credential: no cookie is looked at."""

    def __init__(
        self, files: Files, signer: PlaySigner, clock: Clock = utc_ms, held: HeldBack | None = None
    ) -> None:
        self._files = files
        self._sealed = SealedFiles(files)
        self._signer = signer
        self._clock = clock
        self._held = held

    def routes(self) -> list[Route]:
        """Return the routes; they are public, because the token is checked here."""
        path = "/play/{token}/{path:.+}"
        summary = "Media below a signed address"
        return [
            Route(method, path, self.serve, summary, public=True, credentials=False)
            for method in ("GET", "HEAD")
        ]

    async def serve(self, request: Request) -> web.StreamResponse:
        """Serve a file, or the range of it that was asked for.

        Raises:
            Unauthenticated: the token is not valid, or not any more. NotFound: no such file below it.
            Conflict: the replay is held.
        """
        grant = self._signer.open(request.path["token"], self._clock())
        if self._held is not None:
            await self._held.insist_on_shown(grant, self._clock())
        path = request.path["path"]  # what a group recorded has addresses of its own: see GroupReplayRoutes
        suffix = PurePosixPath(path).suffix
        if suffix not in CONTENT_TYPES or (is_aside(path) and not grant.live) or is_of_group(path):
            raise NotFound("file_not_found", "There is no such file.")
        if grant.without_file and PurePosixPath(path).name == VIDEO:
            raise NotFound("file_not_found", "There is no such file.")
        key = below(grant.prefix, path)
        if grant.sealed and (suffix == ".m3u8" or suffix in _MEDIA):
            seal = self._signer.seal(request.path["token"], grant)
            body = await self._sealed_body(seal, key, suffix)
            return served_bytes(body, _headers(grant, suffix), request.http)
        return await served(self._files, await self._files.find(key), _headers(grant, suffix), request.http)

    async def _sealed_body(self, seal: Seal, key: str, suffix: str) -> bytes:
        """Return a playlist, or the piece of a file that `key` names, as they go out encrypted.

        Raises:
            NotFound: no such file, or no piece that a playlist named. Gone: as `Files`.
        """
        if suffix == ".m3u8":
            return await self._sealed.playlist(seal, key)
        file, _, name = key.rpartition("/")
        piece = seal.piece(file, name)
        if piece is None:
            raise NotFound("file_not_found", "There is no such file.")
        return await self._sealed.piece(seal, file, piece)


def _headers(grant: PlayGrant, suffix: str) -> dict[str, str]:
    headers = {
        "Content-Type": CONTENT_TYPES[suffix],
        "Cache-Control": _cache(grant, suffix),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    if grant.filename is not None:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(grant.filename, safe='')}"
    return headers


def _cache(grant: PlayGrant, suffix: str) -> str:
    if suffix != ".m3u8":
        return _SEGMENT_CACHE
    return "no-store" if grant.live else _CLOSED_PLAYLIST_CACHE
