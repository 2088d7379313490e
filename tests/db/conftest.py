"""Fixtures of empty databases, on SQLite and on PostgreSQL."""

from tests.services import database_url, postgres_cluster, postgres_url

__all__ = ["database_url", "postgres_cluster", "postgres_url"]
