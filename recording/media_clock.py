"""From RTP timestamps to one recording clock for sound and picture (pure).

A track's timestamps tell exactly how far apart its frames are, but not when. The publisher's sender reports
(RFC 3550 §6.4.1) put all its tracks on the publisher's wall clock; the smallest delay seen between that clock
and arrival puts the wall clock on ours. Until reports come, and where they contradict arrival, a track stands
on its own arrival times.
"""

TIMESTAMP_MOD = 1 << 32
STEP_S = 0.015
"""The applied offset follows the measured one in steps of at least this: smaller errors cannot be seen or
heard."""
WINDOW_S = 30.0
ABSURD_S = 3.0
"""No real path is this slow: the timestamps are wrong."""
PAUSE_S = 0.3
"""After a silence, timestamps that advanced this much less than time mean that the publisher's clock had
paused."""


class DelayFloor:
    """The smallest of (arrival minus source time) of the last 30–60 s: network delay without its jitter.

    Two buckets, so that a drifting publisher clock is followed in both directions.
    """

    def __init__(self) -> None:
        self.applied: float | None = None
        self._current: float | None = None
        self._previous: float | None = None
        self._bucket_until = 0.0

    def observe(self, delay_s: float, now: float) -> float:
        """Returns the offset to add to source time."""
        if now >= self._bucket_until:
            self._previous, self._current = self._current, None
            self._bucket_until = now + WINDOW_S
        self._current = delay_s if self._current is None else min(self._current, delay_s)
        floor = self._current if self._previous is None else min(self._current, self._previous)
        if self.applied is None or abs(floor - self.applied) > STEP_S:
            self.applied = floor
        return self.applied


class TrackClock:
    """Times of one track.

    `sender` is shared by all tracks of one publisher; `start_s` is the recording's start.
    """

    def __init__(self, clock_rate: int, sender: DelayFloor, start_s: float) -> None:
        self.reanchored = 0
        self._rate = clock_rate
        self._sender = sender
        self._own = DelayFloor()
        self._start_s = start_s
        self._timestamp: int | None = None
        self._last_arrival_s = 0.0
        self._report: tuple[float, int] | None = None

    def receive_report(self, ntp_s: float, timestamp: int) -> None:
        """The publisher's wall clock showed `ntp_s` at RTP time `timestamp`."""
        if self._timestamp is not None:
            self._report = (ntp_s, self._unwrap(timestamp))
            self._place(self._timestamp, self._last_arrival_s)

    def receive(self, timestamp: int, arrival_s: float) -> None:
        """A packet came that was sent later than all before it.

        Only these tell how timestamps go with time: what is sent again may be seconds late, and belongs where
        it was sent first all the same.
        """
        extended = timestamp if self._timestamp is None else self._unwrap(timestamp)
        if extended == self._timestamp:  # more of the same frame
            return
        if self._timestamp is not None:
            advanced = (extended - self._timestamp) / self._rate
            paused = arrival_s - self._last_arrival_s - advanced > PAUSE_S and advanced < PAUSE_S
            if (arrival_s - self._last_arrival_s > 2 * PAUSE_S and paused) or abs(advanced) > 60:
                self._reanchor()
        self._timestamp = extended
        self._last_arrival_s = arrival_s
        if abs(self._place(extended, arrival_s) - arrival_s) > ABSURD_S:
            self._reanchor()
            self._place(extended, arrival_s)

    def media_ms(self, timestamp: int) -> float:
        """When a frame with this timestamp belongs, in ms since the recording's start, never below 0.

        Its packets, or later ones, were received before.
        """
        floor_s = self._floor().applied
        assert floor_s is not None, "a packet was received"
        at_s = self._source_s(self._unwrap(timestamp)) + floor_s
        return max(0.0, (at_s - self._start_s) * 1000)

    def _place(self, extended: int, arrival_s: float) -> float:
        source_s = self._source_s(extended)
        return source_s + self._floor().observe(arrival_s - source_s, arrival_s)

    def _floor(self) -> DelayFloor:
        return self._own if self._report is None else self._sender

    def _source_s(self, extended: int) -> float:
        if self._report is None:
            return extended / self._rate
        ntp_s, at = self._report
        return ntp_s + (extended - at) / self._rate

    def _reanchor(self) -> None:
        self.reanchored += 1
        self._own = DelayFloor()
        self._report = None

    def _unwrap(self, timestamp: int) -> int:
        assert self._timestamp is not None
        difference = (timestamp - self._timestamp) % TIMESTAMP_MOD
        return self._timestamp + difference - (TIMESTAMP_MOD if difference >= TIMESTAMP_MOD // 2 else 0)
