"""What a server process consists of, and the operations over it, by the package that they belong to."""
