"""The class: check-in, poll, question, hand, chat, breakout; one folder per idea."""
