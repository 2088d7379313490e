"""A notice as a mail: plain text and simple HTML that say the same, headers for mail programs. Pure.

Nothing of what people wrote can end a header or open a tag: headers are built from parts by the standard
library, texts are on one line, and the HTML escapes every one of them.
"""

import html
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from notices.calendar import Entry, Method, Party, invitation
from notices.kinds import KINDS, Kind, LessonFacts
from notices.words import Language, Letter, one_line

_FOOT = {
    Language.ZH: "这是 {org} 的培训平台自动发送的邮件。",
    Language.EN: "Sent by the training platform of {org}.",
}
_MUTE = {
    Language.ZH: "不再接收此类邮件",
    Language.EN: "No more mail of this kind",
}


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom mail comes from, and the origin (no slash at its end) that its links lead to."""

    org_name: str
    address: str
    origin: str

    @property
    def host(self) -> str:
        """The right-hand side of our Message-IDs."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Envelope:
    """To whom, and what belongs to this one mail. `mute_token` is for turning such mail off."""

    notice_id: str
    kind: Kind
    to: Party
    language: Language
    created_utc_ms: int
    mute_token: str | None = None


def compose(
    sender: Sender, envelope: Envelope, letter: Letter, facts: object, now_utc_ms: int
) -> EmailMessage:
    """Return the mail. The same notice always gets the same Message-ID.

    Raises:
        ValueError: the recipient's address is none that a header can hold.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(one_line(sender.org_name), addr_spec=sender.address)
    mail["To"] = Address(one_line(envelope.to.name), addr_spec=envelope.to.address)
    mail["Subject"] = letter.subject
    mail["Date"] = datetime.fromtimestamp(now_utc_ms // 1000, UTC)
    mail["Message-ID"] = f"<{envelope.notice_id}@{sender.host}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday note answers it
    mail["Content-Language"] = envelope.language.value
    mute_url = None
    if envelope.mute_token is not None and KINDS[envelope.kind].may_be_muted:
        mute_url = f"{sender.origin}/unsubscribe/{envelope.mute_token}"
        mail["List-Unsubscribe"] = f"<{sender.origin}/api/v1/unsubscribe/{envelope.mute_token}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    mail.set_content(_text(sender, envelope, letter, mute_url))
    mail.add_alternative(_html(sender, envelope, letter, mute_url), subtype="html")
    if KINDS[envelope.kind].has_calendar and isinstance(facts, LessonFacts):
        _attach(mail, sender, envelope, facts)
    return mail


def trial(sender: Sender, address: str, language: Language, trial_id: str, now_utc_ms: int) -> EmailMessage:
    """Return a mail that an administrator sends to see whether mail gets through.

    Raises:
        ValueError: the address is none that a header can hold.
    """
    texts = {
        Language.ZH: ("测试邮件", "如果你收到了这封邮件，说明培训平台可以发送邮件。", "打开平台"),
        Language.EN: (
            "Test mail",
            "If you read this, the training platform can send mail.",
            "Open the platform",
        ),
    }
    subject, text, action = texts[language]
    envelope = Envelope(trial_id, Kind.MISSED, Party("", address), language, now_utc_ms)
    return compose(sender, envelope, Letter(subject, (text,), action, "/"), None, now_utc_ms)


def _attach(mail: EmailMessage, sender: Sender, envelope: Envelope, facts: LessonFacts) -> None:
    cancelled = envelope.kind is Kind.CANCELLED or (envelope.kind is Kind.RELIEVED and not facts.stays)
    entry = Entry(facts, f"{sender.origin}/room/{facts.session_id}", envelope.created_utc_ms, cancelled)
    organiser = Party(facts.presenter or sender.org_name, sender.address)
    ics = invitation(entry, organiser, envelope.to)
    method = Method.CANCEL if cancelled else Method.REQUEST
    # As an alternative, mail programs offer to put it into the calendar; as a file, people can.
    mail.add_alternative(ics.decode(), subtype="calendar", params={"method": method.value})
    mail.add_attachment(ics, maintype="application", subtype="ics", filename="lesson.ics")


def _text(sender: Sender, envelope: Envelope, letter: Letter, mute_url: str | None) -> str:
    language = envelope.language
    foot = [_FOOT[language].format(org=one_line(sender.org_name))]
    if mute_url:
        foot.append(f"{_MUTE[language]}: {mute_url}")
    body = [*letter.paragraphs, f"{letter.action}: {sender.origin}{letter.path}", "-- \n" + "\n".join(foot)]
    return "\n\n".join(body) + "\n"


def _html(sender: Sender, envelope: Envelope, letter: Letter, mute_url: str | None) -> str:
    language, escape = envelope.language, html.escape
    paragraphs = "".join(
        f'<p style="margin:0 0 12px;overflow-wrap:anywhere">{escape(text)}</p>' for text in letter.paragraphs
    )
    href = escape(f"{sender.origin}{letter.path}", quote=True)
    foot = escape(_FOOT[language].format(org=one_line(sender.org_name)))
    if mute_url:
        link = escape(mute_url, quote=True)
        foot += f' <a href="{link}" style="color:#5b6472">{escape(_MUTE[language])}</a>'
    return (
        f'<!doctype html><html lang="{language.value}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"></head>'
        '<body style="margin:0;padding:24px;background:#ffffff;color:#1b1f27;'
        "font:16px/1.6 -apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',sans-serif\">"
        '<div style="max-width:560px;margin:0 auto">'
        f'<h1 style="font-size:20px;line-height:1.4;margin:0 0 16px">{escape(letter.subject)}</h1>'
        f"{paragraphs}"
        f'<p style="margin:20px 0"><a href="{href}" style="display:inline-block;padding:10px 18px;'
        f'background:#1f5fbf;color:#ffffff;text-decoration:none;border-radius:8px">'
        f"{escape(letter.action)}</a></p>"
        f'<p style="margin:24px 0 0;font-size:13px;color:#5b6472">{foot}</p></div></body></html>'
    )
