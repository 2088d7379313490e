"""Fixtures of a whole installation."""

from tests.installation import house, services

__all__ = ["house", "services"]
