"""Whether a learner's page is in view, only heard, or neither: evidence of attendance, told to nobody."""
