"""What a learner of lesson 00 has at hand."""

from starlette.testclient import TestClient

BUNDLE = {"resourceType": "Bundle", "total": 10}


def plant(client: TestClient) -> None:
    """The training seed is all that these exercises ask for."""
