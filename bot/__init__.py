"""The Slack bot's place: it will speak to the sandbox only through its JSON API.  Nothing is built here yet."""
