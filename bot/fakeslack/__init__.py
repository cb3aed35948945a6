"""A private Slack on loopback, as strict as Slack is, to try the bot without a workspace."""
