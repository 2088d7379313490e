"""Who publishes what, and what feeds whose slots."""
