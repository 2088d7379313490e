"""An ICE-lite agent (RFC 8445 section 2.5) and its STUN messages."""
