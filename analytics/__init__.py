"""Attendance and viewing, computed from the timeline and the watched intervals."""
