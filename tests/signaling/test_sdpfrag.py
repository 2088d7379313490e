"""SDP fragments of trickle ICE and ICE restarts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.whip.sdpfrag import (
    Credentials,
    Fragment,
    FragmentMalformed,
    Frame,
    frame_of,
    read_fragment,
    write_fragment,
)
from streaming.control.messages import Candidate

HEAD = "a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
CREDENTIALS = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
UDP = "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw\r\n"
TCP = "a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active\r\n"
KNOWN = Credentials("EsAw", "P2uYro0UCOQ4zxjKXaWCBui1")

FRAGMENTS = {
    "a whole one": (HEAD + CREDENTIALS + UDP + TCP + "a=end-of-candidates\r\n", Fragment(KNOWN, 2, True)),
    "the RFC's restart, nothing but credentials": (CREDENTIALS, Fragment(KNOWN, 0, False)),
    "credentials above the m-line": (CREDENTIALS + HEAD + UDP, Fragment(KNOWN, 1, False)),
    "the same credentials in both m-lines": (
        HEAD + CREDENTIALS + UDP + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n" + CREDENTIALS,
        Fragment(KNOWN, 1, False),
    ),
    "a candidate alone, as careless clients send it": (UDP, Fragment(None, 1, False)),
    "the end alone": ("a=end-of-candidates", Fragment(None, 0, True)),
    "line feeds, empty lines": (CREDENTIALS.replace("\r\n", "\n\n") + UDP, Fragment(KNOWN, 1, False)),
    "a candidate that nobody can use is let pass": (
        CREDENTIALS + "a=candidate:nonsense\r\n",
        Fragment(KNOWN, 1, False),
    ),
}

MALFORMED = {
    "nothing": "",
    "no word of ICE": HEAD,
    "JSON": '{"candidate": "candidate:1 1 udp 1 192.0.2.1 1 typ host"}',
    "half a pair": "a=ice-ufrag:EsAw\r\n" + UDP,
    "the other half": "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n" + UDP,
    "two pairs": CREDENTIALS + "m=video 9 RTP/SAVPF 96\r\n" + CREDENTIALS.replace("EsAw", "Xy3T"),
    "a ufrag too short": CREDENTIALS.replace("EsAw", "Es"),
    "a ufrag too long": CREDENTIALS.replace("EsAw", "E" * 257),
    "a password too short": CREDENTIALS.replace("P2uYro0UCOQ4zxjKXaWCBui1", "short"),
    "a password with a space": CREDENTIALS.replace("P2uY", "P 2uY"),
    "a password beyond ASCII": CREDENTIALS.replace("P2uY", "密码"),
}


@pytest.mark.parametrize("name", FRAGMENTS)
def test_what_a_fragment_says(name: str) -> None:
    text, said = FRAGMENTS[name]
    assert read_fragment(text) == said


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_fragment_says_why(name: str) -> None:
    with pytest.raises(FragmentMalformed) as caught:
        read_fragment(MALFORMED[name])
    assert str(caught.value)


def test_the_answer_to_a_restart_reads_like_the_answer_to_the_offer() -> None:
    answer = (
        "v=0\r\na=group:BUNDLE 1\r\na=ice-lite\r\n"
        "m=audio 0 UDP/TLS/RTP/SAVPF 9\r\na=mid:0\r\na=inactive\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=ice-ufrag:old\r\n"
    )
    frame = frame_of(answer)
    assert frame == Frame("a=group:BUNDLE 1", "m=video 9 UDP/TLS/RTP/SAVPF 96", "1")
    ours = Credentials("289b31b754eaa438", "0b66f472495ef0ccac7bda653ab6be49ea13114472a5d10a")
    candidates = [
        Candidate("1", 2130706431, "198.51.100.1", 39132),
        Candidate("2", 1518280447, "198.51.100.1", 39132, "tcp", tcptype="passive"),
    ]
    text = write_fragment(frame, ours, candidates)
    assert text.splitlines() == [
        "a=ice-lite",
        "a=group:BUNDLE 1",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "a=mid:1",
        "a=ice-ufrag:289b31b754eaa438",
        "a=ice-pwd:0b66f472495ef0ccac7bda653ab6be49ea13114472a5d10a",
        "a=candidate:1 1 udp 2130706431 198.51.100.1 39132 typ host",
        "a=candidate:2 1 tcp 1518280447 198.51.100.1 39132 typ host tcptype passive",
        "a=end-of-candidates",
    ]
    assert read_fragment(text) == Fragment(ours, 2, True)


LINES = st.one_of(
    st.sampled_from((*HEAD.splitlines(), *CREDENTIALS.splitlines(), UDP.strip(), "a=end-of-candidates")),
    st.text(max_size=40),
    st.tuples(
        st.sampled_from(("a=ice-ufrag:", "a=ice-pwd:", "a=candidate:", "m=")), st.text(max_size=40)
    ).map("".join),
)


@given(st.lists(LINES, max_size=12).map("\r\n".join))
def test_anything_is_a_fragment_or_malformed_never_worse(text: str) -> None:
    try:
        fragment = read_fragment(text)
    except FragmentMalformed:
        return
    if fragment.credentials is not None:
        assert 4 <= len(fragment.credentials.ufrag) <= 256
        assert 22 <= len(fragment.credentials.pwd) <= 256
        assert (fragment.credentials.ufrag + fragment.credentials.pwd).isascii()
    assert fragment.credentials or fragment.candidates or fragment.is_last


@given(st.text(max_size=300))
def test_any_answer_has_a_frame(text: str) -> None:
    assert frame_of(text).m_line.startswith("m=")
