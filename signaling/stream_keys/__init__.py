"""Stream keys: what an encoder (OBS, ffmpeg) or a player gets instead of a join link; they can be revoked."""
