"""Loss, bursts and links that fall and recover, over the seeded network in virtual time."""
