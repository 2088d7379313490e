"""Polls: one question, one choice, a result that everybody, or staff alone, may watch."""
