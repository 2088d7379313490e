from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.control import messages as m
from streaming.control.codec import FrameError, FrameReader, encode

REMOTE = m.RemoteParameters(
    "ufrag",
    "p" * 24,
    "client",
    (m.Fingerprint("sha-256", "AA"),),
    (
        m.MediaSection(
            "0", "video", "publish", (m.Codec(96, "VP8", 90000, rtx_pt=97),), {"uri": 1}, source="camera"
        ),
    ),
)
LOCAL = m.LocalParameters(
    "u",
    "p",
    m.Fingerprint("sha-256", "AA"),
    "server",
    (m.Candidate("1", 1, "::1", 1),),
    (m.LocalSection("0", "publish"),),
)
EXAMPLES: list[m.Envelope] = [
    m.Ask(1, m.Hello()),
    m.Ask(2, m.OpenRoom("r", m.RecordSpec("/d", 1, 2))),
    m.Ask(3, m.CloseRoom("r")),
    m.Ask(4, m.StartRecording("r", m.RecordSpec("/d", 1, 2))),
    m.Ask(5, m.StopRecording("r")),
    m.Ask(6, m.CreateTransport("t", "r", "p", REMOTE)),
    m.Ask(7, m.CloseTransport("t")),
    m.Ask(8, m.SetRoutes((m.Route("t", "0", None), m.Route("t", "1", "x")))),
    m.Ask(9, m.SetPublishing("t", "0", allowed=False)),
    m.Ask(10, m.RequestKeyframe("x")),
    m.Ask(11, m.GetStats()),
    m.Ask(12, m.RestartIce("t", "ufrag", "p" * 24)),
    m.Ask(13, m.OpenPipe("p1", "r", "::1", 7883, bytes(16), bytes(12), bytes(16), bytes(12))),
    m.Ask(14, m.SetPipe("p1", (m.PipedTrack("x", "p", REMOTE.media[0], ((1, 2),)),), ())),
    m.Ask(15, m.ClosePipe("p1")),
    m.Reply(1, m.Welcome(1, "python", 7)),
    m.Reply(2, m.Done()),
    m.Reply(3, m.Refused("room_not_found", "why")),
    m.Reply(4, m.TransportCreated(LOCAL)),
    m.Reply(5, m.RoutesSet((m.Route("t", "0", "x"),))),
    m.Reply(7, m.IceRestarted("u", "p", (m.Candidate("2", 1, "::1", 1, "tcp", tcptype="passive"),))),
    m.Reply(6, m.Stats((), {"unproven_address": 3})),
    m.Notice(m.TransportState("t", "failed", "peer_silent")),
    m.Notice(m.TrackStarted("t", "0", "t:0", "video", "VP8")),
    m.Notice(m.TrackStopped("t:0")),
    m.Notice(m.TrackActivity("t:0", active=True, level=30)),
    m.Notice(m.SlotMedia("t", "0", paused=False, layer="h")),
    m.Notice(m.LayersWanted("t", "0", ("q", "f"))),
    m.Notice(m.TransportTrouble("t", ("receiving_lossy",))),
    m.Notice(m.ActiveSpeakers("r", ("t:1",))),
    m.Notice(m.RecordingProgress("r", "disk_full", "recording_resumed")),
    m.Notice(m.RecordingProblem("r", "disk_full")),
]


def test_every_message_survives_the_wire_in_any_cut() -> None:
    stream = b"".join(map(encode, EXAMPLES))
    for size in (1, 2, 7, 1000, len(stream)):
        reader = FrameReader()
        found = [e for i in range(0, len(stream), size) for e in reader.receive_data(stream[i : i + size])]
        assert found == EXAMPLES


def test_every_message_type_has_an_example() -> None:
    named = {type(e.body) for e in EXAMPLES}
    for union in (m.Request, m.Answer, m.Notification):
        assert set(union.__args__) <= named


@given(st.binary(max_size=64))
def test_garbage_is_a_frame_error_or_incomplete(data: bytes) -> None:
    reader = FrameReader()
    with suppress(FrameError):
        assert reader.receive_data(data) == []


def test_an_endless_frame_is_refused_at_its_length() -> None:
    with pytest.raises(FrameError):
        FrameReader().receive_data(b"\x7f\xff\xff\xff")
