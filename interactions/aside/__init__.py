"""What is said aside: shown and heard live, and not for the replay."""
