"""Leased job rows: long work that survives the death of whoever does it.

`states` and `lease` are the pure core, `store` speaks SQL, `runner` is the loop of a worker.
"""
