"""The benchmark of the media core: real ICE, DTLS and SRTP against Lectern, and against a peer (`--peer`)."""
