"""What viewers answer a medium with: stars with a comment, keeping it for later, passing it on."""
