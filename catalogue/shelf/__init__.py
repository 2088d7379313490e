"""Finding things: categories, tags, audiences, and the index that lists and searches are read from."""
