"""Which server processes there are, and which of them steers the media of a session."""
