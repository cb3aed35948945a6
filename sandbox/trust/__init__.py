"""Who may sign: a national PKI, the checks before a gateway takes one in, and trust lists as they
are published.
"""
