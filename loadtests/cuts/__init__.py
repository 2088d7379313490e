"""How well the proposed cuts of a lesson hit its true boundaries."""
