"""Check-in rounds: a window in which learners prove that they are there."""
