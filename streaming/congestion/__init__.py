"""How much a network carries, concluded from what arrives and when."""
