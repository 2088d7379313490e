"""A database of each kind for the servers' tests."""

from tests.services import database, database_url, postgres_cluster, postgres_url

__all__ = ["database", "database_url", "postgres_cluster", "postgres_url"]
