"""Where a replay could be cut into lessons of five to ten minutes, and why there.

`ground` finds the places and what speaks for each; `cutting` chooses among them by dynamic programming;
`lessons` puts both into words' codes. All three are pure. `desk` reads what they need. The reasons are in
docs/decisions/0025-event-cuts.md.
"""
