"""DIDs: resolved to documents without a network, and decoded byte by byte."""

from __future__ import annotations

import re

DID = re.compile(r"did:([a-z0-9]+):((?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2}|:)*[A-Za-z0-9._%-])\Z")
"""A DID with its method and the identifier in it (DID 1.0 3.1)."""
