"""Fixtures of these tests."""

from tests.services import postgres_cluster, postgres_url, redis_home, redis_url

__all__ = ["postgres_cluster", "postgres_url", "redis_home", "redis_url"]
