"""The media plane: RTP forwarded without decoding, in a process of its own. Knows no person and no database."""
