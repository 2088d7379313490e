"""TURN and STUN servers for WHIP and WHEP clients, as Link headers (RFC 9725 section 4.6, RFC 8288). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IceServer:
    """One STUN or TURN server, its addresses, and the credentials (of TURN) that the client shall use."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


def links_of(servers: Iterable[IceServer]) -> list[str]:
    """Return the values of the Link headers, one for each address.

    One header each, the address first: OBS splits at commas and semicolons without looking at quotes. What
    would break out of its quotes is left out.
    """
    return [_link(url, server) for server in servers for url in server.urls if _is_plain(url, server)]


def _link(url: str, server: IceServer) -> str:
    link = f'<{url}>; rel="ice-server"'
    if server.username is not None and server.credential is not None:
        link += (
            f'; username="{server.username}"; credential="{server.credential}"; credential-type="password"'
        )
    return link


def _is_plain(url: str, server: IceServer) -> bool:
    texts = (url, server.username or "", server.credential or "")
    return all(text.isascii() and text.isprintable() and not set(text) & set('"\\<>,; ') for text in texts)
