"""Mail as others read it: parsed back with the standard library, the calendar with icalendar."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import icalendar
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lectern.kernel.address import is_address
from notices.calendar import Entry, Party, invitation, published, uid
from notices.kinds import KINDS, Kind, LessonFacts, facts_of
from notices.mail import Envelope, Sender, compose, trial
from notices.mute_link import MuteLinks
from notices.words import Language, letter
from tests.notices.given import DAY, LESSON, T0, given_for

FROM = Sender("Demo Company", "lectern@example.com", "https://lectern.example.com")
LINKS = MuteLinks({"k1": b"1" * 32, "k0": b"0" * 32}, "k1")
FACTS = LessonFacts(**LESSON)
PARTY = Party("Ann", "ann@example.com")


def mail(
    kind: Kind = Kind.INVITED,
    language: Language = Language.EN,
    to: Party = PARTY,
    **changes: Any,
) -> EmailMessage:
    """Return a mail as it arrives: composed, written, read."""
    facts = facts_of(kind, given_for(kind) | changes)
    envelope = Envelope("n1", kind, to, language, T0, LINKS.token("o", "p", kind))
    sent = compose(FROM, envelope, letter(kind, facts, language), facts, T0)
    read = message_from_bytes(sent.as_bytes(), policy=default)
    assert isinstance(read, EmailMessage)
    return read


def part(of: EmailMessage, kind: str) -> EmailMessage:
    found = [p for p in of.walk() if p.get_content_type() == kind]
    assert len(found) == 1
    assert isinstance(found[0], EmailMessage)
    return found[0]


def event(data: bytes) -> tuple[str, icalendar.Event]:
    calendar = icalendar.Calendar.from_ical(data)
    assert isinstance(calendar, icalendar.Calendar)
    (found,) = calendar.events
    return str(calendar["METHOD"]), found


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_arrives_in_every_language(kind: Kind, language: Language) -> None:
    read = mail(kind, language)
    text = part(read, "text/plain").get_content()
    page = part(read, "text/html").get_content()
    assert "Product launch" in str(read["Subject"])
    assert f'lang="{language}"' in page
    assert "https://lectern.example.com/" in text
    assert "https://lectern.example.com/" in page
    assert read["Message-ID"] == "<n1@example.com>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert not read.defects
    assert bool(read["List-Unsubscribe"]) == KINDS[kind].may_be_muted
    assert any("ics" in p.get_content_type() for p in read.walk()) == KINDS[kind].has_calendar


def test_one_click_ends_one_kind_of_mail() -> None:
    read = mail(Kind.COMING)
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = str(read["List-Unsubscribe"]).rpartition("/")[2].rstrip(">")
    assert LINKS.read(token) == ("o", "p", Kind.COMING)


@given(title=st.text(min_size=1, max_size=300), name=st.text(max_size=200))
@settings(max_examples=60)
def test_no_words_of_people_break_out_of_their_place(title: str, name: str) -> None:
    title = title.replace("\x00", "").encode("utf-8", "replace").decode()
    name = name.encode("utf-8", "replace").decode()
    read = mail(title=title, presenter=name, to=Party(name, "ann@example.com"))
    plain = mail()
    assert sorted(set(read.keys())) == sorted(set(plain.keys()))
    assert [a.addr_spec for a in read["To"].addresses] == ["ann@example.com"]
    assert [a.addr_spec for a in read["From"].addresses] == ["lectern@example.com"]
    page = part(read, "text/html").get_content()
    assert page.count("<") == part(plain, "text/html").get_content().count("<")
    _, entry = event(part(read, "application/ics").get_payload(decode=True))  # type: ignore[arg-type] # bytes
    assert sorted(entry.keys()) == sorted(event(invitation(Entry(FACTS, "u", T0), PARTY, PARTY))[1].keys())


def test_header_injection() -> None:
    evil = "Hi\r\nBcc: all@example.com\r\n\r\n<script>alert(1)</script>"
    read = mail(title=evil, to=Party(evil, "ann@example.com"))
    assert read["Bcc"] is None
    assert "\n" not in str(read["Subject"])
    assert "<script>" not in part(read, "text/html").get_content()
    with pytest.raises(ValueError):  # noqa: PT011 (whatever the standard library says)
        mail(to=Party("Ann", "ann@example.com\r\nBcc: all@example.com"))


def test_a_trial() -> None:
    read = message_from_bytes(trial(FROM, "x@example.com", Language.ZH, "t1", T0).as_bytes(), policy=default)
    assert read["Subject"] == "测试邮件"
    assert read["List-Unsubscribe"] is None


def test_an_invitation_says_when_in_utc() -> None:
    new_year = 1_767_225_600_000  # 2026-01-01T00:00Z
    facts = msgspec.structs.replace(FACTS, starts_utc_ms=new_year, minutes=90, sequence=3, presenter='P "Q"')
    method, entry = event(
        invitation(Entry(facts, "https://x/room/s-1", T0), Party('P "Q"', "o@x.org"), PARTY)
    )
    assert method == "REQUEST"
    assert entry["UID"] == uid("s-1") == "s-1@lectern"
    assert entry["SEQUENCE"] == 3
    assert entry["STATUS"] == "CONFIRMED"
    assert entry["DTSTART"].to_ical() == b"20260101T000000Z"
    assert entry["DTEND"].to_ical() == b"20260101T013000Z"
    assert entry["ORGANIZER"] == "mailto:o@x.org"
    assert entry["ORGANIZER"].params["CN"] == "P 'Q'"
    assert entry["ATTENDEE"] == "mailto:ann@example.com"
    assert str(entry["SUMMARY"]) == "Product launch"


def test_a_cancellation_cancels_what_was_requested() -> None:
    read = mail(Kind.CANCELLED, sequence=2)
    calendar = part(read, "text/calendar")
    assert calendar.get_param("method") == "CANCEL"
    method, entry = event(calendar.get_content().encode())
    assert (method, entry["STATUS"], entry["UID"], entry["SEQUENCE"]) == (
        "CANCEL",
        "CANCELLED",
        uid("s-1"),
        2,
    )
    requested = part(mail(Kind.MOVED, sequence=1), "text/calendar")
    assert requested.get_param("method") == "REQUEST"


def test_a_calendar_to_subscribe_to() -> None:
    data = published([Entry(FACTS, "u", T0), Entry(FACTS, "u", T0, cancelled=True)], name="Lectern")
    calendar = icalendar.Calendar.from_ical(data)
    assert isinstance(calendar, icalendar.Calendar)
    assert calendar["METHOD"] == "PUBLISH"
    assert [str(entry["STATUS"]) for entry in calendar.events] == ["CONFIRMED", "CANCELLED"]
    assert all("ATTENDEE" not in entry for entry in calendar.events)
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H" in data
    assert max(len(line) for line in data.split(b"\r\n")) <= 75  # RFC 5545 §3.1


def test_folded_and_escaped_text_comes_back() -> None:
    title = "培训;安全, 第一课: " + "很长的标题" * 12
    _, entry = event(published([Entry(msgspec.structs.replace(FACTS, title=title), "u", T0 + DAY)]))
    assert str(entry["SUMMARY"]) == title


@pytest.mark.parametrize("kind", Kind)
def test_links_to_mute_are_read_back(kind: Kind) -> None:
    assert LINKS.read(LINKS.token("o", "p", kind)) == ("o", "p", kind)
    old = MuteLinks(LINKS.secrets, "k0").token("o", "p", kind)
    assert LINKS.read(old) == ("o", "p", kind)  # the key before still holds
    assert MuteLinks({"k1": b"1" * 32}, "k1").read(old) is None


@given(st.text(max_size=400))
def test_no_other_text_is_a_link(text: str) -> None:
    assert LINKS.read(text) is None


@given(at=st.integers(0, 10_000), bit=st.integers(0, 5))
def test_a_changed_link_is_none(at: int, bit: int) -> None:
    token = LINKS.token("org", "person", Kind.COMING)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    at %= len(token) - 1  # some bits of the last character carry nothing
    other = token[:at] + alphabet[alphabet.index(token[at]) ^ (1 << bit)] + token[at + 1 :]
    assert LINKS.read(other) is None


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("ann@example.com", True),
        ("a.b+c@mail.example.co", True),
        ("ann@localhost", True),
        ("ann", False),
        ("ann@", False),
        ("@example.com", False),
        ("ann@@example.com", False),
        ("ann li@example.com", False),
        ("ann@example.com,bob@example.com", False),
        ("Ann <ann@example.com>", False),
        ("ann@example.com\nBcc: x@example.com", False),
        ("ann@-example.com", False),
        ("a" * 65 + "@example.com", False),
        ("李@example.com", False),
    ],
)
def test_addresses(text: str, good: bool) -> None:
    assert is_address(text) is good
