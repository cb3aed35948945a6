"""The bot in Slack: its blocks, outbox, listeners and manifest."""
