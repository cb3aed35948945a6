"""The FHIR operations, one file each; importing this package registers them all."""

from sandbox.server.operations import validate

__all__ = ["validate"]
