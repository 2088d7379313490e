"""The box for anonymous answers.

The timeline knows who answered, and not what. A ballot knows what, and not who, when, or in which order: its
key is made from a secret that only the client holds, its table keeps rows in the order of these keys, and it
carries no time. When the poll closes, the ballots are counted and destroyed in the same transaction; what is
left is the count, and none where there are too few.

While a poll is open, somebody with access to the database files could still learn from their inside (row
versions of PostgreSQL, copies made between two answers) which ballots are newer. After the close there is
nothing left to look at but what the database has not yet overwritten.
"""
