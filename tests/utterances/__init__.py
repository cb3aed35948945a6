"""What people type to the bot, with the right reaction to each line, and how many it meets."""
