"""What breakout groups recorded for themselves: replays below the replay of their lesson."""
