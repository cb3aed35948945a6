"""What every door over HTTP shares: a body within its limit, the asker's language, our address,
errors as replies.

Knows no route and nothing of what is behind one.
"""
