"""Slack as one place of the bot: its blocks, its outbox, its listeners and its manifest."""
