"""Closing attendance: a record that is frozen, chained by hashes, signed, and verifiable anywhere."""
