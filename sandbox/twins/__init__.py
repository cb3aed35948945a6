"""Broken twins of the bundled server: each has one fault by which a test of the bench, or a
learner, must know it.

A twin stands between the socket and the server, which knows nothing of it.
"""

from sandbox.twins.document_sharing import TWINS
from sandbox.twins.passing import BrokenTwin

__all__ = ["TWINS", "BrokenTwin"]
