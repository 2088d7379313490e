"""Who was there live, kept of lessons that are over."""
