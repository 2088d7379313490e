"""Leased job rows: work that survives the process that was doing it."""
