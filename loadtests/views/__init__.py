"""Reports of players against one server process, and a year of viewing in its database."""
