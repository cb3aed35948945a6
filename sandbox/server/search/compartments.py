"""Compartments: what belongs to a patient, an encounter, a practitioner … (FHIR R4
compartmentdefinition.html).
"""

from __future__ import annotations

from sandbox.definitions.r4 import compartments
from sandbox.store.criteria import AnyOf, Criterion, HasId
from sandbox.store.values import RefersTo


def in_compartment(owner: str, id: str, member: str) -> Criterion:
    """Returns the criterion that a resource of type `member` is in the compartment of
    `owner/id`.
    """
    criteria: list[Criterion] = [
        HasId((id,)) if code == "_id" else RefersTo(f"{member}.{code}", ((owner, id, None),))
        for code in compartments()[owner].get(member, ())
    ]
    if owner == member:
        criteria.append(HasId((id,)))
    return AnyOf(tuple(criteria))


def leading_into(owner: str) -> list[str]:
    """Returns the reference parameters that put a resource into a compartment of that kind:
    `Observation.subject`, …
    """
    return [
        f"{type}.{code}"
        for type, codes in compartments()[owner].items()
        for code in codes
        if code != "_id"
    ]
