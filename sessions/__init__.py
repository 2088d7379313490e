"""Lessons as planned and as held: sessions, rosters, participants, presence, and a lesson's life cycle."""
