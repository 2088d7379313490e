"""Metadata, engine, unit of work and migrations. Knows no table of its own but the schema's version."""
