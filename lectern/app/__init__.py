"""Settings, wiring and the command line: the only package that knows all the others."""
