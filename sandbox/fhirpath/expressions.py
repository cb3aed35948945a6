"""A compiled expression: what it evaluates to, and when its result follows without evaluating."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.fhir.json import Json
from sandbox.fhirpath.faults import CannotEvaluate, OverBudget
from sandbox.fhirpath.nodes import Environment, Eval, Members, Node, Nodes, Scope, TypeModel
from sandbox.limits import EXPRESSION_DEPTH

# Of how many present properties it is kept what follows: all sets of those of a choice would be too
# many.
MOST_TOLD = 2


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A compiled expression; `spoken_of` are the members of its focus from which alone its result
    follows.

    `by_presence`: it follows from which of them are there, whatever they hold.
    """

    text: str
    run: Eval
    spoken_of: frozenset[str] | None = None
    by_presence: bool = False

    def evaluate(self, node: Node, environment: Environment) -> Nodes:
        """Returns the result on one node.

        Raises CannotEvaluate where the expression does not fit the data, OverBudget where it asks
        for too much.
        """
        budget = environment.budget
        around = budget.begin_evaluation()
        try:
            return self.run(Scope(environment, [node], {}), [node])
        except RecursionError:
            raise OverBudget("fhirpath.too_deep", limit=EXPRESSION_DEPTH) from None
        except (ArithmeticError, ValueError) as fault:  # numbers that no decimal holds
            raise CannotEvaluate("fhirpath.bad_number", name=type(fault).__name__) from None
        finally:
            budget.floor = around

    def is_true(self, node: Node, environment: Environment) -> bool:
        """Tells whether an invariant holds: an empty result, such as a comparison that cannot be
        decided, does not.
        """
        result = self.evaluate(node, environment)
        return len(result) > 1 or (len(result) == 1 and result[0].value is not False)

    def is_settled(self, node: Node, model: TypeModel) -> bool:
        """Tells whether an invariant holds by which of the properties that it speaks of are there,
        mostly none.
        """
        value = node.value
        if self.spoken_of is None or not isinstance(value, dict):
            return False
        members = model.members(node.type)
        properties = members.spoken_of.get(self)
        if properties is None:
            properties = members.spoken_of[self] = self._properties(members)
        present = properties.intersection(value)
        if present and not self._is_told_by(present, value):
            return False
        known = members.settled.get((self, present))
        if known is None:
            known = members.settled[self, present] = self._holds_with(present, node.type, model)
        return known

    def _is_told_by(self, present: frozenset[str], value: Json) -> bool:
        if not self.by_presence or len(present) > MOST_TOLD:
            return False
        return all(value[name] is not None and value[name] != [] for name in present)

    def _properties(self, members: Members) -> frozenset[str]:
        entries = [entry for name in self.spoken_of or () for entry in members.get(name, ())]
        return frozenset(key for entry in entries for key in (entry.key, entry.beside))

    def _holds_with(self, properties: frozenset[str], type: str, model: TypeModel) -> bool:
        """Tells whether it holds on an object that has these properties, and no other of which it
        speaks.
        """
        try:
            return self.is_true(Node({name: {} for name in properties}, type), Environment(model))
        except (CannotEvaluate, OverBudget):
            return False
