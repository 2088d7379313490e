"""A tap in the media process: RTP to crash-safe fragments, and the live packager that makes HLS of them."""
