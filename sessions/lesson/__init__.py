"""A lesson's course: scheduled, live, ended."""
