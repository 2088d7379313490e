"""Attacks on a whole server process, and how they end."""
