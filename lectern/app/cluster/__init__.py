"""A large installation on one machine, without Docker: for people and for fault tests."""
