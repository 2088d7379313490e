"""One subscriber's downlink: from what it says to what each of its slots may send.

Without trouble this costs nothing: two numbers are noted when a report arrives. With a limit, `handle_timer`
wants to be called every tick: ten times a second the budget is divided among the slots, video is paced so
that sound never waits behind a keyframe, and probes find out when there is room again.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from streaming.congestion.allocator import Allocation, Wish, allocate
from streaming.congestion.downlink import DownlinkEstimator
from streaming.congestion.echo import Echoes
from streaming.congestion.probe import Prober, ProbeState
from streaming.forwarding.hot_path import Output
from streaming.forwarding.layer_choice import ANY_LAYER
from streaming.forwarding.slot import Slot
from streaming.rtp.rtcp import ReportBlock

ALLOCATE_EVERY_S: Final = 0.1
PACING: Final = 1.4
"""Video of a subscriber with a limit leaves at so many times its share: keyframes are spread."""
DRAINING: Final = 0.3
DRAIN_ABOVE_S: Final = 0.05
"""A queue longer than this is let drain: what waits here instead does not delay sound."""
ASSUME_QUEUE_S: Final = 1.0
ECHO_EVERY_S: Final = 0.2
ECHO_IN_BURST_S: Final = 0.05
SMOOTHING: Final = 0.1
"""Per allocation: a keyframe is no reason to change layers."""
SLOW_SMOOTHING: Final = 0.02
"""Downwards: a layer that stops measures less and less before it is known to have stopped."""
MAX_REPORTS_KEPT: Final = 64
MAX_COSTS_KEPT: Final = 256
"""Of tracks past and present; then the past ones are forgotten."""
ENOUGH_PACKETS: Final = 30
"""A share of fewer packets says little: more are waited for."""
MAX_ADVANCE: Final = 1 << 16
TRIAL_AFTER_S: Final = 5.0
"""Where nothing can be probed, more is simply tried after so long without trouble."""
TRIAL_FACTOR: Final = 1.5


class Downlink:
    """See the module. One per transport with slots."""

    def __init__(self, slots: Mapping[str, Slot]) -> None:
        self.estimator = DownlinkEstimator()
        self.prober = Prober()
        self.echoes = Echoes()
        self._slots = slots
        self._ssrcs = {slot.lane.ssrc for slot in slots.values()}
        self._reports_sent: dict[int, float] = {}
        self._highest: dict[int, int] = {}
        self._expected = 0
        self._lost = 0.0
        self._trip_s: float | None = None
        self._allocate_at = 0.0
        self._tried_at = 0.0
        self._asked_at = 0.0
        self._costs: dict[tuple[str, str, int], float] = {}

    @property
    def is_limited(self) -> bool:
        """Whether `handle_timer` is needed."""
        return self.estimator.is_limited

    @property
    def round_trip_s(self) -> float | None:
        """The last one measured, by an echo or a report."""
        return self.estimator.rtt_s if self.echoes.round_trip_s is None else self.echoes.round_trip_s

    # ── what the subscriber says ──

    def note_sender_report(self, ntp: int, now: float) -> None:
        """A sender report with this 32.32 time goes out: its echo tells the round trip."""
        self._reports_sent[ntp >> 16 & 0xFFFFFFFF] = now
        while len(self._reports_sent) > MAX_REPORTS_KEPT:
            del self._reports_sent[next(iter(self._reports_sent))]

    def receive_reports(self, blocks: Iterable[ReportBlock], now: float) -> None:
        """Reception of our slots; blocks about anything else are ignored."""
        for block in blocks:
            if block.ssrc not in self._ssrcs:
                continue
            before = self._highest.get(block.ssrc, block.highest_seq)
            self._highest[block.ssrc] = block.highest_seq
            advance = (block.highest_seq - before) & 0xFFFFFFFF
            if advance < MAX_ADVANCE:
                self._expected += advance
                self._lost += advance * block.fraction_lost / 256
            sent_at = self._reports_sent.get(block.lsr)
            if sent_at is not None and now - sent_at >= block.dlsr / 65536:
                trip_s = now - sent_at - block.dlsr / 65536
                self._trip_s = trip_s if self._trip_s is None else min(trip_s, self._trip_s)
        if self._expected < ENOUGH_PACKETS:
            return
        self.sample(now)
        troubles = self.estimator.troubles
        queue_s = self.echoes.queue_s(now)
        self.estimator.receive_report(
            self._lost / self._expected,
            self._trip_s,
            now,
            is_probed=self.prober.is_recent(now),
            queue_s=queue_s,
        )
        self._follow(troubles, now)
        if not self.echoes.is_answered:
            self._prove(self.prober.receive_report(now, is_clean=self.estimator.is_clean), now)
        if self._trip_s is not None:
            self.echoes.note_round_trip(self._trip_s, now)
            for slot in self._slots.values():
                slot.resender.round_trip_s = self._trip_s
        self._expected, self._lost, self._trip_s = 0, 0.0, None

    def receive_remb(self, bitrate_bps: int, now: float) -> None:
        """Its own estimate."""
        self.sample(now)
        is_probed = self.prober.is_recent(now)
        queue_s = self.echoes.queue_s(now)
        troubles = self.estimator.troubles
        self.estimator.receive_remb(bitrate_bps, now, is_probed=is_probed, queue_s=queue_s)
        self._follow(troubles, now)

    def note_question(self, key: bytes, now: float) -> None:
        """A question for an echo goes out."""
        self._asked_at = now
        self.echoes.ask(key, now)

    def receive_echo(self, key: bytes, now: float) -> None:
        """Its answer."""
        found = self.echoes.receive(key, now)
        if found is None or not self.is_limited:
            return
        queue_s, asked_at = found
        if not self.prober.is_recent(now):
            self.sample(now)
            troubles = self.estimator.troubles
            self.estimator.receive_queue(queue_s, asked_at, now)
            self._follow(troubles, now)
        else:
            self._prove(self.prober.receive_queue(queue_s, now, asked_at=asked_at), now)

    def wants_echo(self, now: float) -> bool:
        """Whether to ask now: often while a burst runs, at once behind it."""
        since = now - self._asked_at
        match self.prober.state:
            case ProbeState.SENDING:
                return since >= ECHO_IN_BURST_S
            case ProbeState.LISTENING:
                return self._asked_at < self.prober.ended_at or since >= ECHO_EVERY_S
            case ProbeState.IDLE:
                return since >= ECHO_EVERY_S

    def _prove(self, bitrate_bps: float | None, now: float) -> None:
        if bitrate_bps is not None:
            self.estimator.prove(bitrate_bps)
            self._allocate_at = now

    def _follow(self, troubles: int, now: float) -> None:
        """After trouble: burst over, and the budget is divided anew at once."""
        if self.estimator.troubles != troubles:
            self.prober.fail(now)
            self._allocate_at = now

    def sample(self, now: float) -> None:
        """Note how much was sent; about once a second, so that it is known when there is trouble."""
        if not self.estimator.wants_sample(now):
            return
        octets, sound = 0, 0
        for slot in self._slots.values():
            sent = slot.sent_octets
            octets += sent
            if slot.section.kind == "audio":
                sound += sent
        self.estimator.sample_sent(octets, sound, now)

    # ── what it gets ──

    def handle_timer(self, now: float, output: Output) -> None:
        """While there is a limit."""
        owed = self.prober.owed_bytes(now)
        if owed:
            slot = self._padded_slot()
            if slot is not None:
                slot.pad(owed, output, now)
        if now < self._allocate_at:
            return
        self.sample(now)
        queue_s = self.echoes.queue_s(now)
        if queue_s is not None:
            self.prober.receive_queue(queue_s, now, asked_at=None)
        self.prober.expire(now, is_answered=self.echoes.is_answered)
        self._allocate_at = now + ALLOCATE_EVERY_S
        found = self._divide(now, DRAINING if self._drains(queue_s, now) else PACING)
        if found.next_bps is None:
            self.estimator.rest(now)
        if not self.estimator.is_limited:
            self._release(now)
        elif self._padded_slot() is not None:
            estimator = self.estimator
            self.prober.consider(
                estimator.limit_bps, found.total_bps, found.next_bps, estimator.trouble_at, now
            )
        elif (
            found.next_bps is not None
            and now - max(self.estimator.trouble_at, self._tried_at) > TRIAL_AFTER_S
        ):
            self._tried_at = now
            self.estimator.prove(TRIAL_FACTOR * self.estimator.limit_bps)

    def _drains(self, queue_s: float | None, now: float) -> bool:
        """Whether there is a queue; after trouble one is assumed until an echo denies it."""
        if queue_s is None:
            return now - self.estimator.trouble_at < ASSUME_QUEUE_S
        return queue_s > self.estimator.tolerated_s(DRAIN_ABOVE_S)

    def _padded_slot(self) -> Slot | None:
        return next((slot for slot in self._slots.values() if slot.can_pad), None)

    def _divide(self, now: float, pacing: float) -> Allocation:
        layers = {slot.mid: self._options(slot, now) for slot in self._slots.values()}
        if len(self._costs) > MAX_COSTS_KEPT:
            present = {(slot.mid, slot.track.id) for slot in self._slots.values() if slot.track is not None}
            self._costs = {key: cost for key, cost in self._costs.items() if key[:2] in present}
        wishes = [
            Wish(
                slot.mid,
                slot.priority if slot.section.kind == "video" else 0,
                tuple(bps for _, bps in layers[slot.mid]),
                _current(slot, layers[slot.mid]),
            )
            for slot in self._slots.values()
            if layers[slot.mid]
        ]
        found = allocate(self.estimator.limit_bps, wishes)
        sound_bps = sum(w.options[0] for w in wishes if w.priority == 0)
        video_bps = max(1, found.total_bps - sound_bps)
        for wish in wishes:
            slot = self._slots[wish.key]
            if slot.section.kind == "audio":
                continue
            choice = found.choices[wish.key]
            if choice is None:
                slot.aim(None, now)
                continue
            is_best = choice == len(wish.options) - 1
            slot.aim(ANY_LAYER if is_best else layers[wish.key][choice][0], now)
            share = wish.options[choice] / video_bps
            room_bps = max(video_bps, self.estimator.limit_bps - sound_bps)
            slot.pace(pacing * share * room_bps, now)
        return found

    def _options(self, slot: Slot, now: float) -> list[tuple[int, int]]:
        """(layer, bits per second) with the rates smoothed and ascending."""
        options: list[tuple[int, int]] = []
        track = "" if slot.track is None else slot.track.id
        for option in slot.options(now):
            if not option.bitrate_bps:
                continue
            key = slot.mid, track, option.layer
            cost = self._costs.get(key, option.bitrate_bps)
            if option.flows:
                cost += (SMOOTHING if option.bitrate_bps > cost else SLOW_SMOOTHING) * (
                    option.bitrate_bps - cost
                )
            self._costs[key] = cost
            options.append((option.layer, max(int(cost), options[-1][1] if options else 0)))
        return options

    def _release(self, now: float) -> None:
        """No limit any more."""
        self._costs.clear()
        for slot in self._slots.values():
            if slot.section.kind == "video":
                slot.aim(ANY_LAYER, now)
                slot.pace(None, now)


def _current(slot: Slot, options: list[tuple[int, int]]) -> int | None:
    """Index of what the slot may send now."""
    if slot.aimed is None:
        return None
    allowed = [index for index, (layer, _) in enumerate(options) if layer <= (slot.aimed or 0)]
    return allowed[-1] if allowed else None
