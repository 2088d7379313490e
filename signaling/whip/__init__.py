"""WHIP in (RFC 9725) and WHEP out (draft-ietf-wish-whep): publishers and players that are no browser room."""
