"""A mail server for tests, on the loopback: it takes mail, and answers some recipients with an error."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from notices.smtp import MailServer

LOCAL = "127.0.0.1"


class Box:
    """Takes mail; answers some recipients with an error."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []

    async def handle_RCPT(  # noqa: N802 (aiosmtpd calls it so)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refuse some."""
        for code in ("550", "450", "421"):
            if address.startswith(f"r{code}"):
                return f"{code} not {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd calls it so)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take it, or not."""
        if envelope.rcpt_tos[0].startswith("d554"):
            return "554 looks like spam"
        self.taken.append(envelope)
        return "250 taken"


def allowed(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    """Know one name and password."""
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"lectern", b"secret")
    return AuthResult(success=good, handled=False)


@asynccontextmanager
async def mail_server(box: Box, **how: Any) -> AsyncIterator[MailServer]:
    """A mail server on the loopback."""
    loop = asyncio.get_running_loop()
    implicit = how.pop("implicit", None)
    server = await loop.create_server(partial(SMTP, box, **how), LOCAL, 0, ssl=implicit)
    try:
        port = server.sockets[0].getsockname()[1]
        yield MailServer(LOCAL, port, "none", timeout_s=5)
    finally:
        server.close()
        await server.wait_closed()
