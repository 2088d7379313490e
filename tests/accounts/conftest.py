"""Fixtures of a whole installation, and of empty databases of both kinds."""

from tests.installation import house, services

__all__ = ["house", "services"]
