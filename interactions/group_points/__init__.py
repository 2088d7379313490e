"""Group against group (BRK-04): points with a word why, a board, the final standing."""
