"""DIDs: resolved to documents without a network, and decoded byte by byte."""
