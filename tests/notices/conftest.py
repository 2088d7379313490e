"""Fixtures of a whole installation, and of empty databases of both kinds."""

from tests.databases import sqlite_database
from tests.installation import house, migrated_file, services
from tests.services import database, database_url, postgres_cluster, postgres_url

__all__ = [
    "database",
    "database_url",
    "house",
    "migrated_file",
    "postgres_cluster",
    "postgres_url",
    "services",
    "sqlite_database",
]
