"""The SDP fragments of trickle ICE and ICE restarts over HTTP (RFC 8840 section 9). Pure.

A server that is ICE-lite learns the peer's addresses from its checks, so the candidates of a fragment are
counted and otherwise left alone; what matters is whether the fragment carries new credentials (a restart).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from streaming.control.messages import Candidate

MEDIA_TYPE: Final = "application/trickle-ice-sdpfrag"
MAX_FRAGMENT_BYTES: Final = 16 * 1024
_LINE: Final = re.compile(r"[a-z]=.*")
_UFRAG: Final = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PWD: Final = re.compile(r"[A-Za-z0-9+/]{22,256}")


class FragmentMalformed(Exception):
    """It is no SDP fragment; the text is for the client's developer."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """ICE credentials of one end (RFC 8839 section 5.4)."""

    ufrag: str
    pwd: str


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a client's fragment says. Without `credentials` it belongs to the ICE session that there is."""

    credentials: Credentials | None
    candidates: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What of an answer stands around its candidates: the BUNDLE line, and the m-line that carries them."""

    group: str | None
    m_line: str
    mid: str


def read_fragment(text: str) -> Fragment:
    """Read what a client sent.

    Raises:
        FragmentMalformed: a line that is no SDP, half a pair of credentials or one out of range, two pairs
            that differ, or nothing about ICE at all.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not all(_LINE.fullmatch(line) for line in lines):
        raise FragmentMalformed("every line must read like a=name:value")
    attributes = [line[2:].partition(":") for line in lines if line.startswith("a=")]
    ufrags = {value for name, _, value in attributes if name == "ice-ufrag"}
    pwds = {value for name, _, value in attributes if name == "ice-pwd"}
    candidates = sum(name == "candidate" for name, _, _ in attributes)
    is_last = any(name == "end-of-candidates" for name, _, _ in attributes)
    if len(ufrags) > 1 or len(pwds) > 1:
        raise FragmentMalformed("one ice-ufrag and one ice-pwd for the whole bundle")
    if len(ufrags) != len(pwds):
        raise FragmentMalformed("ice-ufrag and ice-pwd come together")
    if not ufrags:
        if not candidates and not is_last:
            raise FragmentMalformed("there is neither a candidate nor a pair of ice-ufrag and ice-pwd")
        return Fragment(None, candidates, is_last)
    ufrag, pwd = ufrags.pop(), pwds.pop()
    if not _UFRAG.fullmatch(ufrag) or not _PWD.fullmatch(pwd):
        raise FragmentMalformed("ice-ufrag has 4 to 256 and ice-pwd 22 to 256 letters, digits, + or /")
    return Fragment(Credentials(ufrag, pwd), candidates, is_last)


def frame_of(answer: str) -> Frame:
    """Return what of our own `answer` a fragment repeats: the first m-line that was not rejected."""
    group: str | None = None
    m_line = ""
    for line in answer.splitlines():
        if line.startswith("a=group:BUNDLE"):
            group = line
        elif line.startswith("m="):
            m_line = "" if line.split()[1] == "0" else line
        elif line.startswith("a=mid:") and m_line:
            return Frame(group, m_line, line.removeprefix("a=mid:"))
    return Frame(group, "m=audio 9 UDP/TLS/RTP/SAVPF 0", "0")


def write_fragment(frame: Frame, ours: Credentials, candidates: Iterable[Candidate]) -> str:
    """Write the answer to a restart (RFC 9725 section 4.3.3): our new credentials and all our addresses."""
    lines = ["a=ice-lite"]
    if frame.group is not None:
        lines.append(frame.group)
    lines += [frame.m_line, f"a=mid:{frame.mid}", f"a=ice-ufrag:{ours.ufrag}", f"a=ice-pwd:{ours.pwd}"]
    for c in candidates:
        tcp = f" tcptype {c.tcptype}" if c.tcptype else ""
        lines.append(
            f"a=candidate:{c.foundation} {c.component} {c.protocol} {c.priority}"
            f" {c.address} {c.port} typ {c.type}{tcp}"
        )
    lines.append("a=end-of-candidates")
    return "\r\n".join(lines) + "\r\n"
