"""Lessons as calendar entries (RFC 5545), their invitations, changes and cancellations (RFC 5546). Pure.

Times are in UTC: every calendar shows them in its owner's zone, and no zone definition can be out of date.
The UID of a lesson never changes; SEQUENCE is the number of its plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import icalendar

from notices.kinds import LessonFacts
from notices.words import one_line


class Method(StrEnum):
    """What a calendar is to do with an entry (RFC 5546 §1.4)."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody in an entry: a name for people, and a mail address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A lesson as it stands. `url` is its page; `stamp_utc_ms` is when this was said."""

    facts: LessonFacts
    url: str
    stamp_utc_ms: int
    cancelled: bool = False


def uid(session_id: str) -> str:
    """Return the name of a lesson in all calendars, for ever."""
    return f"{session_id}@lectern"


def invitation(entry: Entry, organiser: Party | None, attendee: Party) -> bytes:
    """Return a request to come, or (of a cancelled lesson) that it is off, for one person."""
    method = Method.CANCEL if entry.cancelled else Method.REQUEST
    return _calendar(method, [_event(entry, organiser, attendee)])


def published(entries: Sequence[Entry], name: str = "", organiser: Party | None = None) -> bytes:
    """Return lessons to look at: for a download, or (with `name`) a calendar that others subscribe to."""
    return _calendar(Method.PUBLISH, [_event(entry, organiser, None) for entry in entries], name)


def _calendar(method: Method, events: Sequence[icalendar.Event], name: str = "") -> bytes:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Lectern//Lessons//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method.value)
    if name:
        calendar.add("name", one_line(name))  # RFC 7986 §5.1
        calendar.add("x-wr-calname", one_line(name))
        calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(entry: Entry, organiser: Party | None, attendee: Party | None) -> icalendar.Event:
    facts = entry.facts
    starts = _moment(facts.starts_utc_ms)
    event = icalendar.Event()
    event.add("uid", uid(facts.session_id))
    event.add("sequence", facts.sequence)
    event.add("dtstamp", _moment(entry.stamp_utc_ms))
    event.add("dtstart", starts)
    event.add("dtend", starts + timedelta(minutes=facts.minutes))
    event.add("summary", one_line(facts.title))
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("url", entry.url)
    event.add("location", entry.url)
    event.add("description", entry.url)
    if organiser is not None:
        event.add("organizer", _party(organiser))
    if attendee is not None:
        person = _party(attendee)
        person.params["ROLE"] = icalendar.vText("REQ-PARTICIPANT")
        person.params["PARTSTAT"] = icalendar.vText("NEEDS-ACTION")
        person.params["RSVP"] = icalendar.vText("FALSE")
        event.add("attendee", person, encode=False)
    return event


def _party(party: Party) -> icalendar.vCalAddress:
    address = icalendar.vCalAddress(f"mailto:{party.address}")
    # RFC 5545 §3.1: a parameter can hold no quotation mark.
    address.params["CN"] = icalendar.vText(one_line(party.name).replace('"', "'"))
    return address


def _moment(utc_ms: int) -> datetime:
    return datetime.fromtimestamp(utc_ms // 1000, UTC)
