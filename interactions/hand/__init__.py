"""Raised hands, and the right to speak to the room."""
