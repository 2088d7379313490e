"""Breakout groups: the class splits up, each group with a task, and comes back.

Their events stand in `lectern.timeline.event`, because sessions and signaling follow them too.
"""
