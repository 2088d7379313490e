"""The thinnest HTTP there can be around SDP and the media process: WHIP in, WHEP out, pages for a browser.

The real one belongs to signalling; this one lets ffmpeg and Chromium speak to a media process in these tests.
"""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from aiohttp import web

from signaling.sdp import SdpInvalid
from streaming.control import messages as m
from tests.streaming.media_process import Media


class WhipEndpoint:
    """Each POST to /whip or /whep makes a transport; GET /page serves an empty page."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._numbers = itertools.count(1)
        self.transports: list[str] = []

    async def post(self, request: web.Request) -> web.Response:
        """Answer an offer. Header `X-Sources` (mid=source,…) says what the m-lines carry."""
        transport = f"{request.match_info['way']}-{next(self._numbers)}"
        pairs = (word.partition("=") for word in request.headers.get("X-Sources", "").split(",") if word)
        sources = {mid: cast("m.Source", source) for mid, _, source in pairs}
        try:
            answer = await self._media.answer(transport, await request.text(), sources=sources)
        except SdpInvalid as error:
            return web.json_response({"reason": error.reason}, status=422)
        self.transports.append(transport)
        headers = {"Location": f"/resource/{transport}", "X-Transport": transport}
        return web.Response(status=201, text=answer, content_type="application/sdp", headers=headers)

    async def delete(self, request: web.Request) -> web.Response:
        """End of a transport."""
        await self._media.client.close_transport(request.match_info["transport"])
        return web.Response()

    async def page(self, _request: web.Request) -> web.Response:
        """A secure context for getUserMedia."""
        return web.Response(text="<!doctype html><title>test</title>", content_type="text/html")


@asynccontextmanager
async def whip_endpoint(media: Media) -> AsyncIterator[tuple[WhipEndpoint, str]]:
    """A running endpoint and its base URL."""
    endpoint = WhipEndpoint(media)
    app = web.Application()
    app.router.add_post("/{way:whip|whep}", endpoint.post)
    app.router.add_delete("/resource/{transport}", endpoint.delete)
    app.router.add_get("/page", endpoint.page)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        yield endpoint, f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
