"""A media worker with nothing but a server's address and a token: its desk and its files, over HTTPS."""
