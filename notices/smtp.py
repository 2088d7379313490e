"""The way to the mail server: one mail after the other, and whose fault it is when one fails."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final, Literal

import aiosmtplib

SEND_TIMEOUT_S: Final = 60.0
COMMAND_TIMEOUT_S: Final = 30.0
_CLOSING = 421
"""The server goes away (RFC 5321 §3.8): not this message's fault."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. `security` none is for a server on this machine."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = COMMAND_TIMEOUT_S


class MailFault(Exception):
    """A mail could not be handed in. `problem` is a code, `detail` what the other side said."""

    def __init__(self, problem: str, detail: str) -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem = problem
        self.detail = detail


class ServerAway(MailFault):
    """The mail server cannot be reached, refuses us, or went away: no mail gets through now."""


class Deferred(MailFault):
    """This mail is not taken now; later it may be."""


class Refused(MailFault):
    """This mail is not taken, and never will be."""


class OpenMail:
    """An open connection to the mail server."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self._client = client

    async def send(self, mail: EmailMessage, sender: str, recipient: str) -> None:
        """Hand one mail in. When this returns, the mail server has taken responsibility for it.

        Raises:
            ServerAway: nothing gets through; whether this mail was taken is unknown where the connection was
                lost in its middle.
            Deferred: not now. Refused: never.
        """
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._client.send_message(mail, sender=sender, recipients=[recipient])
        except aiosmtplib.SMTPRecipientsRefused as error:
            refusal = error.recipients[0]
            raise _of_code(refusal.code, "mail_recipient_refused", refusal.message) from error
        except aiosmtplib.SMTPSenderRefused as error:
            raise ServerAway("mail_sender_refused", f"{error.code} {error.message}") from error
        except aiosmtplib.SMTPServerDisconnected as error:
            raise ServerAway("mail_server_away", str(error)) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _of_code(error.code, "mail_content_refused", error.message) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise ServerAway("mail_server_away", str(error) or type(error).__name__) from error


def _of_code(code: int, problem: str, message: str) -> MailFault:
    detail = f"{code} {message}"
    if code == _CLOSING:
        return ServerAway("mail_server_away", detail)
    return Refused(problem, detail) if code >= 500 else Deferred("mail_deferred", detail)


@asynccontextmanager
async def connected(server: MailServer, tls: ssl.SSLContext | None = None) -> AsyncIterator[OpenMail]:
    """Connect, encrypt and sign in as `server` says.

    Raises:
        ServerAway: one of these fails.
    """
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        username=server.user or None,
        password=server.password or None,
        timeout=server.timeout_s,
        tls_context=tls or ssl.create_default_context(),
    )
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await client.connect()
    except aiosmtplib.SMTPAuthenticationError as error:
        client.close()
        raise ServerAway("mail_sign_in_refused", f"{error.code} {error.message}") from error
    except ssl.SSLError as error:
        client.close()
        raise ServerAway("mail_tls_failed", str(error)) from error
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        client.close()
        raise _unreached(error) from error
    try:
        yield OpenMail(client)
    finally:
        await _leave(client)


def _unreached(error: Exception) -> ServerAway:
    """Tell a broken encryption from a server that is not there."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return ServerAway("mail_tls_failed", str(cause))
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, aiosmtplib.SMTPException) and "STARTTLS" in str(error):
        return ServerAway("mail_tls_failed", str(error))
    return ServerAway("mail_server_away", str(error) or type(error).__name__)


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye if the server still listens; what was handed in stays handed in."""
    try:
        async with asyncio.timeout(2):
            await client.quit()
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        client.close()
