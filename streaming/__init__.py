"""The media plane: RTP forwarded without decoding, in its own process. Knows no person and no database."""
