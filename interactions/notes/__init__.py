"""Notes that a group writes together while the class is split, over its connections with the class.

The text is a Yjs document (docs/decisions/0017): whoever was cut off goes on writing, and it merges. What is
typed does not go through the timeline; it is kept in rows of its own until the groups end, and the finished
text then stands on the timeline with the group's result.
"""
