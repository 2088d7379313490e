"""Likes and other reactions: counted per person, gathered into one event a second."""
