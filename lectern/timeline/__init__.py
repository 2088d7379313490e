"""The append-only timeline of a session: append, read, fold into class state, project to viewers.

`event` and `idea` say what a package brings; `fold` is the pure core; `store` speaks SQL; `engine` is the
way in.
"""
