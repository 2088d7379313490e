"""A library of prepared questions: sets that an organisation keeps, attaches to sessions, and asks again.

Sets are written as plain text (`reading`, `writing`), as people have them in their documents already.
"""
