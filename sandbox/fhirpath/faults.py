"""The two ways in which an expression fails: it is none, or it does not fit the data."""

from __future__ import annotations

from sandbox.errors import BadRequest


class InvalidExpression(BadRequest):
    """The text is no FHIRPath expression."""


class CannotEvaluate(BadRequest):
    """The expression does not fit the data: several items where one is needed, or values of the wrong kind."""
