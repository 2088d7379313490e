"""Attention: how long the class has only listened, so that presenters are reminded to let it act (T-12)."""
