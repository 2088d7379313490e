"""Jobs are tested on both databases."""

from tests.databases import sqlite_database
from tests.services import database, database_url, postgres_cluster, postgres_url

__all__ = ["database", "database_url", "postgres_cluster", "postgres_url", "sqlite_database"]
