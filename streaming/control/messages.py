"""The words spoken between a server process and a media process.

Requests go from server to media and have exactly one answer; notifications go the other way. Both sides say
their version in `Hello`. Messages evolve by adding fields with defaults; unknown fields are ignored.
Ids are opaque strings made by the server (rooms, transports, participants) or the media process (tracks).
"""

from typing import Final, Literal, TypeAlias

import msgspec

VERSION: Final = 1

Kind: TypeAlias = Literal["audio", "video"]
Source: TypeAlias = Literal["mic", "camera", "screen"]
Direction: TypeAlias = Literal["publish", "subscribe"]
"""Seen from the participant: `publish` sends media to us, `subscribe` is a slot that we feed."""
DtlsRole: TypeAlias = Literal["client", "server"]
TransportPhase: TypeAlias = Literal["new", "connecting", "connected", "failed", "closed"]


class Word(msgspec.Struct, frozen=True, tag_field="type", tag=lambda name: name):
    """Base of everything on this wire; the tag is the class name."""


class Codec(msgspec.Struct, frozen=True):
    """One payload type of one m-line (RFC 8866 rtpmap, fmtp, rtcp-fb).

    `name` is `opus`, `VP8`, `H264`, as registered. `rtx_pt` is the payload type of its RFC 4588 twin.
    """

    pt: int
    name: str
    clock_rate: int
    channels: int = 1
    fmtp: str = ""
    rtcp_fb: tuple[str, ...] = ()
    rtx_pt: int | None = None


class MediaSection(msgspec.Struct, frozen=True):
    """One accepted m-line. `codecs` in order of our preference; `header_extensions` is {uri: id}.

    `max_bitrate_bps` caps what the publisher is told to send; None takes the default of its source.
    `rids` are the simulcast layers that we receive, from the smallest to the largest (RFC 8853); empty: one.
    """

    mid: str
    kind: Kind
    direction: Direction
    codecs: tuple[Codec, ...]
    header_extensions: dict[str, int] = {}
    rtcp_mux: bool = True
    ssrcs: tuple[int, ...] = ()
    source: Source | None = None
    max_bitrate_bps: int | None = None
    rids: tuple[str, ...] = ()


class Fingerprint(msgspec.Struct, frozen=True):
    """Hash of a DTLS certificate (RFC 8122): `algorithm` in lower case, `value` as AA:BB:…"""

    algorithm: str
    value: str


class RemoteParameters(msgspec.Struct, frozen=True):
    """What the peer's offer says about its transport. `dtls_role` is the role of the peer."""

    ice_ufrag: str
    ice_pwd: str
    dtls_role: DtlsRole
    fingerprints: tuple[Fingerprint, ...]
    media: tuple[MediaSection, ...]


class Candidate(msgspec.Struct, frozen=True):
    """One address at which this media process listens (RFC 8839 section 5.1)."""

    foundation: str
    priority: int
    address: str
    port: int
    protocol: Literal["udp", "tcp"] = "udp"
    component: int = 1
    type: Literal["host"] = "host"
    tcptype: Literal["passive"] | None = None


class LocalSection(msgspec.Struct, frozen=True):
    """Our side of one m-line. `ssrc`, `rtx_ssrc` and `cname` are set for slots (`subscribe`)."""

    mid: str
    direction: Direction
    ssrc: int | None = None
    rtx_ssrc: int | None = None
    cname: str | None = None


class LocalParameters(msgspec.Struct, frozen=True):
    """What the answer must say. `dtls_role` is our role."""

    ice_ufrag: str
    ice_pwd: str
    fingerprint: Fingerprint
    dtls_role: DtlsRole
    candidates: tuple[Candidate, ...]
    media: tuple[LocalSection, ...]


class RecordSpec(msgspec.Struct, frozen=True):
    """Where and from when a room is recorded. `directory` exists; times are those of `OpenRoom`.

    A media process with a folder of its own (`--data`) writes to `name` below that instead:
    `sessions/<id>/rec/<n>`. What is recorded `aside` is not for the replay.
    """

    directory: str
    session_ms_at_start: int
    utc_ms: int
    name: str = ""
    aside: bool = False


class Route(msgspec.Struct, frozen=True):
    """Feed slot `mid` of `transport` with `track`; None empties it. The track may start later.

    When the subscriber's bandwidth does not suffice, routes with a higher `priority` number suffer first
    (0 sound, 1 screen, 2 presenter, 3 others). `max_layer` bounds the simulcast layer (0 is the smallest) for
    tiles that are drawn small; None: the best that fits. `hidden`: keep the route, send nothing now.
    """

    transport: str
    mid: str
    track: str | None
    priority: int = 2
    max_layer: int | None = None
    hidden: bool = False


class PipedTrack(msgspec.Struct, frozen=True):
    """A track on its way to another media process, under the same track id there.

    `ssrcs` has one (media, RTX) pair per layer, in the order of `section.rids` (one pair without rids); a
    pipe uses each only once, ever. Where the receiving end records the room, `recorded` says whether this
    track is in the recording, and for which `group` of the class (empty: the main room). `needed` are the
    rids of the layers that the receiving end needs; None: all.
    """

    track: str
    participant: str
    section: MediaSection
    ssrcs: tuple[tuple[int, int], ...]
    recorded: bool = True
    needed: tuple[str, ...] | None = None
    group: str = ""


# ── requests ──────────────────────────────────────────────────────────────────────────────────────────────


class Hello(Word, frozen=True):
    """First request on a connection; answered by `Welcome`, or refused with `version_mismatch`."""

    version: int = VERSION


class OpenRoom(Word, frozen=True):
    """Make a room known. With `record`, everything published in it goes to the recorder."""

    room: str
    record: RecordSpec | None = None


class CloseRoom(Word, frozen=True):
    """Close the room's transports and finish its recording; answered when the files are closed."""

    room: str


class StartRecording(Word, frozen=True):
    """Begin to record an open room."""

    room: str
    record: RecordSpec


class StopRecording(Word, frozen=True):
    """Finish the recording; answered when the files are closed."""

    room: str


class CreateTransport(Word, frozen=True):
    """Be ready for one peer connection; answered by `TransportCreated`."""

    transport: str
    room: str
    participant: str
    remote: RemoteParameters


class CloseTransport(Word, frozen=True):
    """Forget a peer connection; unknown ids are fine."""

    transport: str


class RestartIce(Word, frozen=True):
    """Take the peer's new ICE credentials (RFC 8445 section 9); media goes on. Answered by `IceRestarted`."""

    transport: str
    ice_ufrag: str
    ice_pwd: str


class OpenPipe(Word, frozen=True):
    """Be one end of a pipe to another media process: a transport whose keys and address the server gives.

    `pipe` is the transport id at both ends. Keys and salts are SRTP master keys of AES_128_GCM (16 and 12
    bytes) for what this end sends and receives; they are used for one pipe only. `remote` is the other end's
    media address, `local_address` the one of ours that the other end knows (empty: the first of that family).
    The SSRCs are those of the ends' own reports.
    """

    pipe: str
    room: str
    remote_address: str
    remote_port: int
    send_key: bytes
    send_salt: bytes
    receive_key: bytes
    receive_salt: bytes
    local_ssrc: int = 0
    remote_ssrc: int = 0
    local_address: str = ""


class SetPipe(Word, frozen=True):
    """Which tracks an end of a pipe sends, and which it receives. Whole lists: what is not named, ends."""

    pipe: str
    send: tuple[PipedTrack, ...] = ()
    receive: tuple[PipedTrack, ...] = ()


class ClosePipe(Word, frozen=True):
    """Forget an end of a pipe; unknown ids are fine."""

    pipe: str


class SetRoutes(Word, frozen=True):
    """Point slots at tracks, all at once; answered by `RoutesSet`."""

    routes: tuple[Route, ...]


class SetPublishing(Word, frozen=True):
    """Allow or mute one published m-line (enforced here), and keep it in or out of the recording.

    With `group` it is in the recording as that group's own: its track begins anew under this name, and is in
    nothing that is for the main room.
    """

    transport: str
    mid: str
    allowed: bool
    recorded: bool = True
    group: str = ""


class RequestKeyframe(Word, frozen=True):
    """Ask the publisher of a track for a keyframe (coalesced)."""

    track: str


class GetStats(Word, frozen=True):
    """Counters of a room, or of the whole process with an empty `room`; answered by `Stats`."""

    room: str = ""


Request: TypeAlias = (
    Hello
    | OpenRoom
    | CloseRoom
    | StartRecording
    | StopRecording
    | CreateTransport
    | CloseTransport
    | RestartIce
    | OpenPipe
    | SetPipe
    | ClosePipe
    | SetRoutes
    | SetPublishing
    | RequestKeyframe
    | GetStats
)

# ── answers ───────────────────────────────────────────────────────────────────────────────────────────────


class Done(Word, frozen=True):
    """It is so."""


class Refused(Word, frozen=True):
    """It is not so, and why: `code` is stable, `message` is for the operator."""

    code: str
    message: str = ""


class Welcome(Word, frozen=True):
    """The media process introduces itself. `hot_path` is what runs: `python` or `compiled`.

    `addresses` are those at which it takes media (host, UDP port), for pipes.
    """

    version: int
    hot_path: str
    pid: int
    addresses: tuple[tuple[str, int], ...] = ()


class TransportCreated(Word, frozen=True):
    """The peer can now connect."""

    local: LocalParameters


class IceRestarted(Word, frozen=True):
    """Our new credentials and where we listen; both old and new ones are good until the peer uses the new."""

    ice_ufrag: str
    ice_pwd: str
    candidates: tuple[Candidate, ...]


class RoutesSet(Word, frozen=True):
    """Routes are in force, except those whose peer decodes nothing of the track's codec."""

    no_common_codec: tuple[Route, ...] = ()


class LayerStats(msgspec.Struct, frozen=True):
    """One layer of a published track; without simulcast `rid` is empty.

    `bitrate_bps` is over the last second, `width` and `height` are 0 where the codec does not tell them (only
    VP8 and VP9 do).
    """

    rid: str
    packets: int
    bytes: int
    lost: int
    bitrate_bps: int
    width: int = 0
    height: int = 0
    flows: bool = True


class TrackStats(msgspec.Struct, frozen=True):
    """Counters of one published track since it started, over all its `layers` (the smallest first)."""

    track: str
    mid: str
    kind: Kind
    codec: str
    packets: int
    bytes: int
    lost: int
    recovered: int
    duplicates: int
    keyframes: int
    keyframe_requests: int
    muted_packets: int
    given_up: int = 0
    layers: tuple[LayerStats, ...] = ()


class SlotStats(msgspec.Struct, frozen=True):
    """Counters of one slot. `layer` is the rid that feeds it, `switches` how often that changed."""

    mid: str
    track: str | None
    packets: int
    bytes: int
    retransmitted: int
    nacks: int
    keyframe_requests: int
    unanswered_nacks: int
    paused: bool = False
    layer: str = ""
    switches: int = 0


class TransportStats(msgspec.Struct, frozen=True):
    """Counters of one transport. `rejected` counts its packets that were dropped, by reason.

    A `pipe` leads to another media process: its tracks are published there, its slots are other processes'.
    Of its downlink: `estimate_bps` (None: no limit is known), `rtt_ms` (None: not measured), `loss` (0 to 1,
    smoothed), `probes` sent and `probes_failed`. Slots that do not fit say `paused`.
    """

    transport: str
    participant: str
    room: str
    phase: TransportPhase
    profile: str
    tracks: tuple[TrackStats, ...]
    slots: tuple[SlotStats, ...]
    rejected: dict[str, int]
    pipe: bool = False
    estimate_bps: int | None = None
    rtt_ms: float | None = None
    loss: float = 0.0
    probes: int = 0
    probes_failed: int = 0


LATENCY_BOUNDS_S: Final = (
    0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25,
)  # fmt: skip
"""Upper bounds of buckets, seconds; one more bucket counts what took longer. The C twin has the same ones."""


class Histogram(msgspec.Struct, frozen=True):
    """How often something took how long: counts per bucket of LATENCY_BOUNDS_S, not cumulative; their sum."""

    buckets: tuple[int, ...] = (0,) * (len(LATENCY_BOUNDS_S) + 1)
    sum_s: float = 0.0


class RoomStats(msgspec.Struct, frozen=True):
    """A room now, and its `counts` (`streaming.forwarding.totals.COUNTS`) since it was opened.

    Pipes are left out: what they carry is counted where its viewers are.
    """

    room: str
    transports: int
    tracks: int
    flowing_layers: int
    paused_slots: int
    counts: dict[str, int]


class Stats(Word, frozen=True):
    """Counters; `process` holds those that belong to no transport (dropped datagrams by reason).

    `latency`: from a packet's arrival (the kernel's time, where it gives one) to the hand-over of the last
    datagram that it caused. `loop_lag`: how late the process's timer was. Both since the process started.
    `hot_path` is the implementation that runs, as in Welcome.
    """

    transports: tuple[TransportStats, ...]
    process: dict[str, int]
    rooms: tuple[RoomStats, ...] = ()
    counts: dict[str, int] = {}
    """Those of all rooms together, closed ones included, since the process started."""
    latency: Histogram = Histogram()
    loop_lag: Histogram = Histogram()
    hot_path: str = ""


Answer: TypeAlias = Done | Refused | Welcome | TransportCreated | IceRestarted | RoutesSet | Stats

# ── notifications ─────────────────────────────────────────────────────────────────────────────────────────


class TransportState(Word, frozen=True):
    """A transport went to another phase. `reason` of failed or closed is a stable code."""

    transport: str
    state: TransportPhase
    reason: str = ""


class TrackStarted(Word, frozen=True):
    """First packet of a published m-line, or the first after its codec changed."""

    transport: str
    mid: str
    track: str
    kind: Kind
    codec: str


class TrackStopped(Word, frozen=True):
    """The track will not come back (its transport is gone)."""

    track: str


class TrackActivity(Word, frozen=True):
    """Packets of a track flow or pause (`active`); audio has a level in -dBov (0 loud … 127 silent)."""

    track: str
    active: bool
    level: int | None = None


class SlotMedia(Word, frozen=True):
    """What a slot gets now: its simulcast `layer` (rid, empty without), or nothing because it is `paused`."""

    transport: str
    mid: str
    paused: bool
    layer: str = ""


class LayersWanted(Word, frozen=True):
    """Which simulcast layers of a published m-line somebody needs; the publisher should stop the others."""

    transport: str
    mid: str
    rids: tuple[str, ...]


class TransportTrouble(Word, frozen=True):
    """What stands in the way of a transport's media now (`streaming.forwarding.health`); empty: nothing."""

    transport: str
    troubles: tuple[str, ...]


class ActiveSpeakers(Word, frozen=True):
    """Sounding tracks of a room, the one that dominates first; empty when all are silent."""

    room: str
    tracks: tuple[str, ...]


class RecordingProgress(Word, frozen=True):
    """The recorder says something that is not a problem: `event` `recording_resumed` after problem `code`."""

    room: str
    code: str
    event: str = ""


class RecordingProblem(Word, frozen=True):
    """Recording suffers: `disk_full`, `disk_slow`, `tap_failed`, … Forwarding does not."""

    room: str
    code: str


Notification: TypeAlias = (
    TransportState
    | TrackStarted
    | TrackStopped
    | TrackActivity
    | SlotMedia
    | LayersWanted
    | TransportTrouble
    | ActiveSpeakers
    | RecordingProgress
    | RecordingProblem
)

# ── envelopes ─────────────────────────────────────────────────────────────────────────────────────────────


class Ask(msgspec.Struct, frozen=True, tag="ask", tag_field="k"):
    """A request and the number that its answer will carry."""

    id: int
    body: Request


class Reply(msgspec.Struct, frozen=True, tag="reply", tag_field="k"):
    """The answer to request `id`."""

    id: int
    body: Answer


class Notice(msgspec.Struct, frozen=True, tag="notice", tag_field="k"):
    """A notification."""

    body: Notification


Envelope: TypeAlias = Ask | Reply | Notice
