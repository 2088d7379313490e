"""Notices put together: the loops that call and send, their pages, and the way to the mail server."""

import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from accounts.service import Accounts
from catalogue.shelf.audience import Audiences
from interactions.feedback.commands import Terms
from lectern.app.catalogue_people import PeopleOfCatalogue
from lectern.app.notice_facts import LessonsForNotices, PeopleForNotices
from lectern.app.secrets import load_keys
from lectern.app.settings import Settings
from lectern.db.engine import Database
from lectern.kernel.clock import utc_ms
from lectern.kernel.errors import Conflict
from lectern.kernel.ids import new_id
from lectern.timeline.engine import TimelineEngine
from notices.admin_routes import MailFacts, NoticeAdministration
from notices.caller import Caller
from notices.mail import Sender, trial
from notices.mute_link import MuteLinks
from notices.my_routes import MyNotices
from notices.outbox import Outbox
from notices.rules import Rules
from notices.sender import Desk, MailSender
from notices.smtp import MailFault, MailServer, OpenMail, connected
from notices.words import Language
from sessions.service import Sessions

MAIL_REMEDIES = {
    "mail_server_away": "Check LECTERN_SMTP_HOST and LECTERN_SMTP_PORT, and that the firewall lets us out.",
    "mail_tls_failed": "Check LECTERN_SMTP_SECURITY, and that the server's certificate is valid.",
    "mail_sign_in_refused": "Check LECTERN_SMTP_USER and the password (LECTERN_SMTP_PASSWORD or _FILE).",
    "mail_sender_refused": "The mail server does not let us send as LECTERN_MAIL_FROM.",
}
"""What to do about faults of the mail server, for the terminal; the page has its own words."""


@dataclass(frozen=True, slots=True)
class NoticeDesk:
    """Everything of notices that a server process runs; no `sender` where no mail server is set up."""

    caller: Caller
    sender: MailSender | None
    mine: MyNotices
    administration: NoticeAdministration

    def loops(self) -> list[Callable[[], Coroutine[None, None, None]]]:
        """Return what runs as long as the server does."""
        return [self.caller.run, *([] if self.sender is None else [self.sender.run])]


def mail_server(settings: Settings) -> MailServer | None:
    """Return where mail is handed in, or None.

    Raises:
        Conflict: the password's file cannot be read (`password_file_unreadable`).
    """
    if not settings.smtp_host:
        return None
    password = settings.smtp_password.get_secret_value()
    if settings.smtp_password_file is not None:
        try:
            password = settings.smtp_password_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise Conflict(
                "password_file_unreadable",
                "LECTERN_SMTP_PASSWORD_FILE cannot be read. Check its path and that this user may read it.",
            ) from None
    return MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        user=settings.smtp_user,
        password=password,
    )


def notice_desk(
    settings: Settings,
    database: Database,
    outbox: Outbox,
    *,
    accounts: Accounts,
    sessions: Sessions,
    engine: TimelineEngine,
) -> NoticeDesk:
    """Put everything together."""
    server = mail_server(settings)
    people = PeopleForNotices(accounts)
    terms = Terms(settings.feedback_days, settings.feedback_fewest)
    lessons = LessonsForNotices(
        sessions,
        engine,
        settings.lesson_minutes,
        terms,
        audiences=Audiences(PeopleOfCatalogue(accounts.store)),
        make_up_hours=settings.make_up_hours,
    )
    keys = load_keys(settings.data / "secrets", "notices")
    links = MuteLinks(keys.secrets, keys.current)
    rules = Rules(before_minutes=settings.remind_before_minutes, after_minutes=settings.remind_after_minutes)
    caller = Caller(database, outbox, lessons, rules.ordered(), keep_days=settings.notices_keep_days)

    async def sender() -> Sender:
        return Sender((await accounts.org()).name, settings.mail_from, settings.url)

    def connect() -> AbstractAsyncContextManager[OpenMail]:
        assert server is not None, "there is no sender without a mail server"
        return connected(server)

    async def try_mail(_org_id: str, address: str, language: Language) -> tuple[str, str] | None:
        who = await sender()
        mail = trial(who, address, language, new_id(), utc_ms())
        try:
            async with connect() as connection:
                await connection.send(mail, who.address, address)
        except MailFault as fault:
            return fault.problem, fault.detail
        return None

    language = Language(settings.mail_language)
    desk = Desk(sender, people, links, language, settings.mail_per_minute, lessons.undone)
    return NoticeDesk(
        caller=caller,
        sender=None if server is None else MailSender(database, connect, desk),
        mine=MyNotices(
            database,
            outbox.store,
            people,
            lessons,
            links,
            public_url=settings.url,
            mail_works=server is not None,
        ),
        administration=NoticeAdministration(
            database,
            outbox,
            caller,
            people,
            lessons,
            MailFacts(server is not None, settings.smtp_host, settings.mail_from, settings.mail_per_minute),
            try_mail,
            accounts,
            time.monotonic,
        ),
    )
