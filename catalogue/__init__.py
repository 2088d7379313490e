"""What can be watched afterwards: replays, microcourses, and the API the player speaks."""
