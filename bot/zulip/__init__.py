"""Zulip as another place of the bot, by its REST API alone: no public address, no buttons, words in
their place.
"""
