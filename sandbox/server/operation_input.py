"""What an operation is given, by query or by Parameters, and Parameters as its answer (FHIR R4
operations.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.errors import InvalidResource
from sandbox.fhir.json import Json, as_list, member
from sandbox.server.call import Call, Reply
from sandbox.server.operation_types import Types, check_types

CLAUSE = "FHIR R4 operations.html"
NO_TYPES: Types = {}


@dataclass(frozen=True, slots=True)
class Input:
    """The values of each parameter by name, in the order given; from a query they are texts."""

    values: Mapping[str, list[Any]]

    def first(self, name: str) -> Any:
        """Returns the first value, or None."""
        given = self.values.get(name)
        return given[0] if given else None

    def text(self, name: str) -> str:
        """Returns the first value as text, or an empty one."""
        value = self.first(name)
        return value if isinstance(value, str) else ""

    def truth(self, name: str, *, default: bool = False) -> bool:
        """Returns the first value as a boolean."""
        value = self.first(name)
        return default if value is None else value in (True, "true")

    def number(self, name: str) -> int | None:
        """Returns the first value as a number, or None where it is not given.

        Raises:
            InvalidResource: The value is not a whole number, or has more than nine digits.
        """
        value = self.first(name)
        if value is None or isinstance(value, int):
            return value
        # Nine digits always fit a FHIR integer, which has 32 bits (FHIR R4 datatypes.html#integer).
        if isinstance(value, str) and value.isdecimal() and len(value) < 10:
            return int(value)
        raise InvalidResource(
            "server.bad_operation_number", where=name, clause=CLAUSE, name=name, value=str(value)
        )

    def needed(self, name: str) -> Any:
        """Returns the first value of a parameter that the operation cannot do without.

        Raises:
            InvalidResource: The parameter is missing or empty.
        """
        value = self.first(name)
        if value in (None, ""):
            raise InvalidResource("server.operation_needs", where=name, clause=CLAUSE, name=name)
        return value


def read_input(call: Call, takes: Types = NO_TYPES) -> Input:
    """Returns the input of an operation; a bare resource as body stands under `resource`.

    Args:
        call: The call.
        takes: The types of the parameters; one that is not among them is left alone.

    Raises:
        InvalidResource: A parameter is not of its type.
    """
    check_types(takes, call.query, _parameters(call.body))
    values: dict[str, list[Any]] = {}
    for name, text in call.query:
        values.setdefault(name, []).append(text)
    body = call.body
    for parameter in _parameters(body):
        values.setdefault(str(parameter.get("name")), []).append(_value_of(parameter))
    if isinstance(body, dict) and body.get("resourceType") != "Parameters":
        values.setdefault("resource", []).append(body)
    return Input(values)


def _parameters(body: object) -> list[Json]:
    if member(body, "resourceType") != "Parameters":
        return []
    return [
        parameter for parameter in as_list(member(body, "parameter")) if isinstance(parameter, dict)
    ]


def _value_of(parameter: Json) -> Any:
    if "resource" in parameter:
        return parameter["resource"]
    return next((value for key, value in parameter.items() if key.startswith("value")), None)


def parameters_reply(*parts: Json | None) -> Reply:
    """Returns Parameters with those parts that there are."""
    return Reply(
        200,
        {"resourceType": "Parameters", "parameter": [part for part in parts if part is not None]},
    )


def part(name: str, kind: str, value: Any) -> Json | None:
    """Returns one parameter, such as `part("display", "String", "x")`, or None for no value."""
    return None if value in (None, "") else {"name": name, f"value{kind}": value}
