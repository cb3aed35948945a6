"""A Slack of one's own on loopback: strict where Slack is, so that the bot can be tried without a
workspace.
"""
