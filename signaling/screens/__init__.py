"""Screens: how a TV gets in without signing in, and how people in front of it get in by its rotating code."""
