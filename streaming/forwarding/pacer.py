"""What a slot may send while its subscriber's link is narrow: credit in octets, earned as time passes."""

from typing import Final

from streaming.forwarding.layer import PACKET_OVERHEAD_OCTETS

MAX_CREDIT_S: Final = 0.02
MAX_OVERDRAFT_S: Final = 0.1
"""What is sent again over a narrow link is taken from what would be sent anew, at most so far ahead."""


class Pacer:
    """See the module. `bitrate_bps` None: everything as it comes."""

    __slots__ = ("_earned_at", "bitrate_bps", "credit_octets")

    def __init__(self) -> None:
        self.bitrate_bps: float | None = None
        self.credit_octets = 0.0
        self._earned_at = 0.0

    @property
    def is_pacing(self) -> bool:
        """Whether there is a limit."""
        return self.bitrate_bps is not None

    def pace(self, bitrate_bps: float | None, now: float) -> None:
        """Another rate from now on."""
        if self.bitrate_bps is None:
            self._earned_at, self.credit_octets = now, 0.0
        self.bitrate_bps = bitrate_bps

    def earn(self, now: float) -> None:
        """May be overdrawn by one packet; what is not used is soon lost."""
        if self.bitrate_bps is not None:
            earned = self.bitrate_bps / 8 * (now - self._earned_at)
            self.credit_octets = min(self.credit_octets + earned, self.bitrate_bps / 8 * MAX_CREDIT_S)
            self._earned_at = now

    def spend(self, payload_octets: int) -> None:
        """A packet is sent."""
        self.credit_octets -= payload_octets + PACKET_OVERHEAD_OCTETS

    @property
    def may_overdraw(self) -> bool:
        """Whether something more may be sent on credit."""
        return self.bitrate_bps is None or self.credit_octets >= -MAX_OVERDRAFT_S * self.bitrate_bps / 8
