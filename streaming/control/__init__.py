"""The small, versioned message protocol by which a server process steers a media process."""
