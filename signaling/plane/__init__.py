"""The server's side of the media plane: peers, rooms and their recordings, kept in step with the timeline."""
