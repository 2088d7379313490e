"""A mail server for one machine's cluster: `python -m lectern.app.cluster.mail_server SMTP_PORT PAGE_PORT`.

It takes every mail, delivers none, and shows the latest ones on a page of this machine; it forgets them when
it ends. For trying and for tests: nothing is asked of who sends, so it listens on loopback only.
"""

import asyncio
import html
import signal
import sys
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from typing import Final

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

LOCAL: Final = "127.0.0.1"
_MOST_KEPT: Final = 500
_MOST_BYTES: Final = 5_000_000
_HEADERS: Final = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that came. `to` is from its envelope."""

    to: tuple[str, ...]
    subject: str
    date: str
    text: str


class Pigeonhole:
    """Takes mail as aiosmtpd hands it on, and keeps the latest."""

    def __init__(self) -> None:
        self.taken: deque[Taken] = deque(maxlen=_MOST_KEPT)

    async def handle_DATA(  # noqa: N802 (aiosmtpd calls it so)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a mail."""
        assert isinstance(envelope.content, bytes), "decode_data is off"
        self.taken.append(read(envelope.rcpt_tos, envelope.content))
        return "250 taken"

    async def page(self, _request: web.Request) -> web.Response:
        """Show them to people, the newest first."""
        return web.Response(text=shown(reversed(self.taken)), content_type="text/html", headers=_HEADERS)

    async def listed(self, _request: web.Request) -> web.Response:
        """List them for programs, the oldest first."""
        found = [{"to": one.to, "subject": one.subject, "text": one.text} for one in self.taken]
        return web.json_response({"items": found}, headers=_HEADERS)


def read(to: Iterable[str], content: bytes) -> Taken:
    """Return a mail as it is shown. Pure."""
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage), "of this policy"
    body = mail.get_body(("plain",))
    text = "" if body is None else str(body.get_content())
    return Taken(tuple(to), str(mail["Subject"] or ""), str(mail["Date"] or ""), text)


def shown(mails: Iterable[Taken]) -> str:
    """Return the page. Pure; nothing of a mail is taken for markup."""
    items = "".join(
        f"<li><details><summary><b>{html.escape(one.subject)}</b> → {html.escape(', '.join(one.to))} "
        f"<small>{html.escape(one.date)}</small></summary><pre>{html.escape(one.text)}</pre></details></li>"
        for one in mails
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mail of this cluster</title>'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="10"></head>'
        "<body><h1>Mail of this cluster</h1><p>Delivered to nobody. The newest first; comes anew every 10 "
        f"seconds.</p><ol reversed>{items}</ol></body></html>"
    )


async def serve(smtp_port: int, page_port: int) -> None:
    """Take mail and show it until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    hole = Pigeonhole()
    smtp = partial(SMTP, hole, data_size_limit=_MOST_BYTES, enable_SMTPUTF8=True)
    app = web.Application()
    app.router.add_get("/", hole.page)
    app.router.add_get("/mails.json", hole.listed)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        async with await loop.create_server(smtp, LOCAL, smtp_port):
            await web.TCPSite(runner, LOCAL, page_port).start()
            await stop.wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
