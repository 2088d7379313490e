"""Whether the lesson is on, and who takes part: what the other ideas ask before they decide."""
