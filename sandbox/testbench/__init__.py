"""The test bench: scripts ask a system and judge what it answers.  Reaches any system, the bundled
one too, by HTTP.
"""
