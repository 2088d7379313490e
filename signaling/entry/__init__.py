"""Getting in: join tokens, and the routes that give them out."""
