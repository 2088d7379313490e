"""RTP and RTCP as pure functions over bytes: headers, extensions, payload descriptors, sequence maps."""
