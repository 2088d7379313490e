"""Answers to questions of every kind: which are possible, which are right, and what they add up to. Pure."""
