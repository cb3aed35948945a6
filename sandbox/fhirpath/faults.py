"""The ways in which an expression fails: it is none, it does not fit the data, or it asks for too
much.
"""

from __future__ import annotations

from sandbox.errors import BadRequest


class InvalidExpression(BadRequest):
    """The text is no FHIRPath expression."""


class CannotEvaluate(BadRequest):
    """The expression does not fit the data: several items where one is needed, or values of the
    wrong kind.
    """


class OverBudget(BadRequest):
    """The evaluation was stopped: it would take more steps, or make longer texts, than it may."""

    status = 422
    issue = "too-costly"
