"""Fixtures of a whole installation."""

from tests.installation import house, migrated_file, services

__all__ = ["house", "migrated_file", "services"]
