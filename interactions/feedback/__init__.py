"""Feedback after the lesson: anonymous grades, and texts that become work items.

Handing in is an event: who, once, with nothing in it. What was said lies beside the timeline, in pieces that
nobody can put together again: grades as counts, the text as a row of its own under a random id, without
person, time, order, and without the grades that came with it. What is counted shows in batches of several
forms, so that nobody can watch one being added. Only who leaves contact details says who they are, for that
text alone.
"""
