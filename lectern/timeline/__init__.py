"""The append-only timeline of a session: append, read, fold into class state, project to viewers."""
