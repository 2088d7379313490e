"""A real server, real browsers and a picture that tells the time: what scripted lessons are made of."""
