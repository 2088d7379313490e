"""`script/bench class`: one session with up to 2,000 learners, and what a server process pays for them."""
