"""A hint to presenters whose class has only listened for long: let it act (T-12)."""
