"""What the hot path costs: both implementations side by side, without ICE and DTLS around them."""
