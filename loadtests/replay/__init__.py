"""How long a finished replay and a microcourse take to make."""
