"""An encoder that stays."""
