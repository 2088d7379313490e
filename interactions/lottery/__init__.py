"""Lottery: drawing among those who checked in. The server draws; what was drawn is on the timeline."""
