"""Who is here: participants, their connections, and what becomes of a connection that went silent."""
