"""Coverage-guided fuzzing of every parser that strangers and peers can reach (`script/fuzz`)."""
