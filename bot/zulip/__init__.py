"""The bot in Zulip, by its REST API alone: no public address, and words in place of buttons."""
