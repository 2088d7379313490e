"""How fast the library lists and finds: 20,000 media on SQLite and on PostgreSQL."""
