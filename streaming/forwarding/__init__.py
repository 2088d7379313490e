"""From one publisher packet to every subscriber: routing, rewriting, the hot path."""
