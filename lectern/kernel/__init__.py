"""Ids, clocks, errors, permissions and roles: pure, and free of any other package."""
