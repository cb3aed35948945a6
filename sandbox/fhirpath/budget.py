"""How many steps are left, of one evaluation and of all that are made on a document
(`sandbox.limits`).
"""

from __future__ import annotations

from sandbox.fhirpath.faults import OverBudget
from sandbox.limits import EVALUATION_STEPS, TEXT_CHARACTERS


class Budget:
    """Counts down; below `floor` the running evaluation ends, below zero all do."""

    __slots__ = ("floor", "left", "limit")

    def __init__(self, limit: int = EVALUATION_STEPS) -> None:
        self.limit = limit
        self.left = limit
        self.floor = 0

    @property
    def is_spent(self) -> bool:
        """Tells whether nothing is left for any further evaluation."""
        return self.left < 0

    def spend(self, steps: int) -> None:
        """Takes steps off; raises OverBudget when there are not enough."""
        self.left -= steps
        if self.left < self.floor:
            raise OverBudget(
                "fhirpath.over_budget", limit=self.limit if self.left < 0 else EVALUATION_STEPS
            )

    def spend_text(self, characters: int) -> None:
        """Takes off what a text of that length costs, before it is made; raises OverBudget."""
        if characters > TEXT_CHARACTERS:
            raise OverBudget("fhirpath.text_too_long", limit=TEXT_CHARACTERS)
        self.spend(1 + characters // 10)

    def begin_evaluation(self) -> int:
        """Lets what follows have no more than the steps of one evaluation; returns the floor to go
        back to.
        """
        around = self.floor
        self.floor = max(0, self.left - EVALUATION_STEPS)
        return around
