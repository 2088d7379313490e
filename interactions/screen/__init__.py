"""Screens as sites of a lesson: one player, many heads. Persons are counted, not players."""
