"""Which recordings a session consists of, how much of each counts, and which folder they are packaged in."""
