"""The HTTP server's outer wall: addresses behind proxies, security headers, the web client's files."""

import ipaddress
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from lectern.app.settings import CHECKOUT, Settings
from lectern.edge.routes import CLIENT_IP, error_response
from lectern.kernel.errors import NotFound, ProtocolViolation

WEB_CLIENT = CHECKOUT / "web" / "dist"
_IMMUTABLE = "public, max-age=31536000, immutable"


def security_headers(settings: Settings) -> dict[str, str]:
    """Return the headers that every answer carries."""
    policy = "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "worker-src 'self' blob:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {settings.frame_ancestors}",
        )
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self)",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if settings.url.startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def forwarded_for(remote: str | None, header: str | None, trusted: tuple[str, ...]) -> str:
    """Return the client's address: the last hop that is not a trusted proxy (an address or a network)."""
    client = remote or ""
    hops = [hop.strip() for hop in (header or "").split(",") if hop.strip()]
    while hops and _is_among(client, trusted):
        candidate = hops.pop()
        try:
            client = str(ipaddress.ip_address(candidate))
        except ValueError:
            break
    return client


def _is_among(client: str, networks: tuple[str, ...]) -> bool:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network) for network in networks)


def outer_wall(settings: Settings) -> Middleware:
    """Return the middleware that every request passes first."""

    @web.middleware
    async def wall(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[CLIENT_IP] = forwarded_for(
            # A proxy may add a header of its own behind the client's: the last one is what it vouches for.
            request.remote,
            ",".join(request.headers.getall("X-Forwarded-For", ())),
            settings.trusted_proxies,
        )
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return error_response(NotFound("not_found", "There is nothing at this address."))
        except web.HTTPMethodNotAllowed as error:
            response = error_response(ProtocolViolation("method_unknown", "This address has no such method."))
            response.set_status(error.status)
            response.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
            return response

    return wall


def add_security_headers(app: web.Application, settings: Settings) -> None:
    """Give every answer the security headers, streamed ones too."""
    headers = security_headers(settings)

    async def on_prepare(_request: web.Request, response: web.StreamResponse) -> None:
        for name, value in headers.items():
            response.headers.setdefault(name, value)

    app.on_response_prepare.append(on_prepare)


def serve_web_client(app: web.Application, folder: Path = WEB_CLIENT) -> None:
    """Serve the built client: hashed assets for ever, the page itself for every other address."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    index = files.get("index.html")

    async def page(request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        if path.startswith(("api/", "socket.io/", "whip/", "whep/", "play/")):
            raise web.HTTPNotFound
        if path in files:
            cache = _IMMUTABLE if path.startswith("assets/") else "no-cache"
            return web.FileResponse(files[path], headers={"Cache-Control": cache})
        if path.startswith("assets/") or index is None:
            raise web.HTTPNotFound
        return web.FileResponse(index, headers={"Cache-Control": "no-cache"})

    app.router.add_get("/{path:.*}", page)
