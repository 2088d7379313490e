"""What was recorded: fragments on disk and the manifest that lists them."""
