"""The commands of the command line: a module is imported when one of its commands is given, none before."""
