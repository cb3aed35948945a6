"""Chat-ops: test runs asked for and followed where teams already talk.

The bot speaks to the sandbox only through its JSON API and keeps no truth of its own: who may do
what, and what a run came to, is the sandbox's to say.  `grammar`, `service` and `cards` know no
chat; `slack` draws cards and takes words.
"""
