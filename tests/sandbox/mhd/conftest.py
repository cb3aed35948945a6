"""The Document Recipient and Responder are tried over both stores, like the server that they are part of."""

from tests.sandbox.server.conftest import database_url, empty, trained

__all__ = ["database_url", "empty", "trained"]
