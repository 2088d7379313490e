"""Groups work on the question pool together (BRK-05): classify, vote, clarify, and bring the best back."""
