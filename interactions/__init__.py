"""The class: check-in, poll, question, chat, hand, breakout; one folder per idea.

`registry` names what this package brings to the timeline, `live` carries it to browsers, `deadlines` closes
what runs out of time.
"""
