"""What people may type, by the command that each line means, and how the bot learns from it."""
