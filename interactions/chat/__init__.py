"""Chat of the main room and of breakout groups."""
