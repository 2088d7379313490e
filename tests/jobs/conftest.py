"""Jobs are tested on both databases."""

from tests.databases import database, postgres_database, postgres_socket, sqlite_database

__all__ = ["database", "postgres_database", "postgres_socket", "sqlite_database"]
