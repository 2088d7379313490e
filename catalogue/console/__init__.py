"""The console of media jobs: what runs where, what waits and why, and what a person can do about it."""
