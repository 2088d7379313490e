"""Where requests come in: the registry of HTTP routes, the one mapping of errors to the wire, OpenAPI."""
