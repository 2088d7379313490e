"""The connection test: a peer connection that carries nothing, to see which ways a network lets through."""
