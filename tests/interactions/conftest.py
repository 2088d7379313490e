"""Fixtures of these tests."""

from tests.services import database, database_url, postgres_cluster, postgres_url, redis_home, redis_url

__all__ = ["database", "database_url", "postgres_cluster", "postgres_url", "redis_home", "redis_url"]
