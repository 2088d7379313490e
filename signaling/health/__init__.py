"""Whose connection suffers, since when, and why: for the host during the lesson, and as a record after it."""
