"""The part of `lectern doctor` that looks at the ways of media: TCP, announced addresses, TURN."""

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from lectern.app.control import control_ends
from lectern.app.finding import Finding
from lectern.app.settings import Settings
from lectern.app.turn_check import Outcome, address_of, allocate
from lectern.kernel.clock import utc_ms
from lectern.kernel.errors import Conflict
from signaling.entry.turn import Turn
from streaming.control.client import MediaGone, MediaRefused, connect
from streaming.sockets import local_addresses

_CONNECT_S: Final = 3.0
_UNIX_REMEDY: Final = (
    "Start `python -m streaming.process --control` with this path, as the servers' user, "
    "or mend LECTERN_MEDIA_NODES."
)
_TCP_REMEDY: Final = (
    "Start `python -m streaming.process --control` with this address, give both the same "
    "LECTERN_MEDIA_CONTROL_SECRET, and let this port through from the servers."
)
_TURN_REMEDY: Final[dict[Outcome, str]] = {
    "allocated": "",
    "refused": "It does not take our credentials: LECTERN_TURN_SECRET must equal coturn's "
    "static-auth-secret, coturn needs use-auth-secret, and both clocks must be right.",
    "failed": "It answers with an error: look at coturn's log (relay ports used up, or no relay address).",
    "silent": "Nothing answers: check address and port, that coturn runs, and the firewall before it.",
    "unreachable": "It cannot be reached: check address and port, that coturn runs, and (turns:) its "
    "certificate.",
}


async def media_nodes(settings: Settings) -> Finding:
    """Whether the media processes that run by themselves take orders from this user."""
    try:
        ends = control_ends(settings)
    except Conflict as error:
        return Finding(False, "Media processes that run by themselves", error.message)
    for end in ends:
        try:
            async with connect(end, timeout=_CONNECT_S):
                pass
        except (MediaGone, MediaRefused, OSError) as error:
            return Finding(
                False, f"Media process at {end}: {error}", _UNIX_REMEDY if end.path else _TCP_REMEDY
            )
    return Finding(True, f"Media processes that run by themselves: {len(settings.media_nodes)} answer")


async def media_tcp(settings: Settings) -> Finding:
    """Whether ICE-TCP can have the media port, or already has it."""
    if settings.media_nodes:
        return Finding(True, "Media over TCP: as the media processes were started")
    if not settings.media_tcp:
        remedy = "People behind a firewall without UDP then need TURN. Unset LECTERN_MEDIA_TCP to allow it."
        return Finding(True, "Media over TCP: switched off", remedy)
    host = local_addresses(settings.host)[0]
    ports = range(settings.media_port, settings.media_port + settings.media_processes)
    taken = [port for port in ports if not _is_free(host, port)]
    silent = [port for port in taken if not await _answers(host, port)]
    named = f"{host}:{ports[0]}" + (f" to {ports[-1]}" if len(ports) > 1 else "")
    if silent:
        remedy = "Another program has it: end that, or choose another with LECTERN_MEDIA_PORT."
        return Finding(False, f"Media TCP port {host}:{silent[0]} is taken", remedy)
    what = f"Media TCP {'ports' if len(ports) > 1 else 'port'} {named}: " + ("in use" if taken else "free")
    remedy = "" if settings.is_loopback else "Let TCP through the firewall on the same number as UDP."
    return Finding(True, what, remedy)


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, port))
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return True


async def _answers(host: str, port: int) -> bool:
    """Whether whoever has the port takes framed media: it stays silent at nothing, and ends at nonsense."""
    try:
        async with asyncio.timeout(_CONNECT_S):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"\xff\xff")
            try:
                return await reader.read(1) == b""
            finally:
                writer.close()
    except ConnectionResetError:
        return True
    except (OSError, TimeoutError):
        return False


async def announced_addresses(settings: Settings) -> Finding:
    """Whether browsers can plausibly reach the addresses that answers will name."""
    announced = list(settings.media_public_ips) or local_addresses(settings.host)
    named = f"Media addresses: {', '.join(announced)}"
    try:
        parsed = [ipaddress.ip_address(address) for address in announced]
    except ValueError as error:
        return Finding(False, named, f"LECTERN_MEDIA_PUBLIC_IPS takes addresses, no names: {error}.")
    useless = [str(a) for a in parsed if a.is_unspecified or a.is_multicast or a.is_link_local]
    if useless:
        return Finding(False, named, f"Nobody can send to {useless[0]}: name this machine's outer address.")
    loopback = any(a.is_loopback for a in parsed)
    if loopback and not settings.is_loopback:
        return Finding(False, named, "A loopback address is reachable from this machine alone.")
    if all(a.is_private for a in parsed) and not loopback and _is_public(urlsplit(settings.url).hostname):
        remedy = "Browsers outside cannot reach these: set LECTERN_MEDIA_PUBLIC_IPS to the outer address."
        return Finding(False, named, remedy)
    return Finding(True, named)


def _is_public(host: str | None) -> bool:
    try:
        return ipaddress.ip_address(host or "").is_global
    except ValueError:
        return False  # a name says nothing: it may well be an intranet's


async def turn(settings: Settings) -> Finding:
    """One real allocation at each TURN server."""
    if not settings.turn_urls:
        remedy = "Only people whose firewall blocks both UDP and TCP to the media port miss it."
        return Finding(True, "TURN: not configured", remedy)
    username, credential = Turn(settings.turn_urls, settings.turn_secret).credentials(
        "doctor", utc_ms() // 1000
    )
    outcomes: Sequence[Outcome] = await asyncio.gather(
        *(allocate(address_of(url), username, credential) for url in settings.turn_urls)
    )
    for url, outcome in zip(settings.turn_urls, outcomes, strict=True):
        if outcome != "allocated":
            return Finding(False, f"TURN {url}: {outcome}", _TURN_REMEDY[outcome])
    return Finding(True, f"TURN gives allocations: {', '.join(settings.turn_urls)}")
