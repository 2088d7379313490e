"""What can be heard and seen in a replay, for the editor and its proposal of cuts."""
