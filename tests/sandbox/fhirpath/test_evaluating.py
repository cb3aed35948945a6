import threading
from typing import Any

import pytest

from sandbox.definitions.store import core_definitions
from sandbox.definitions.types import TypeCatalogue
from sandbox.fhirpath import CannotEvaluate, Environment, InvalidExpression, Node, compile_fhirpath

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "name": [{"family": "Muñoz", "given": ["Rosa", "Elena"]}, {"text": "Rosita"}],
    "birthDate": "1958-03",
    "_birthDate": {
        "extension": [{"url": "http://example.org/time", "valueDateTime": "1958-03-21T10:00:00Z"}]
    },
    "contact": [{"name": {"family": "Soto"}}],
    "contained": [{"resourceType": "Organization", "id": "o", "name": "CESFAM"}],
    "managingOrganization": {"reference": "#o"},
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Rosa</div>'},
}


@pytest.fixture(scope="module")
def environment() -> Environment:
    def resolve(reference: str) -> Node | None:
        return Node(PATIENT["contained"][0], "Organization") if reference == "#o" else None

    return Environment(TypeCatalogue(core_definitions()), resolve=resolve)


def values(
    expression: str, environment: Environment, resource: dict[str, Any] | None = None
) -> list[Any]:
    focus = resource or PATIENT
    return [
        node.value
        for node in compile_fhirpath(expression).evaluate(
            Node(focus, focus["resourceType"]), environment
        )
    ]


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("name.given", ["Rosa", "Elena"]),
        ("Patient.name.where(given.exists()).family", ["Muñoz"]),
        ("Resource.name.count()", [2]),
        ("contact.name.family", ["Soto"]),
        ("contained.name", ["CESFAM"]),
        ("contained.ofType(Organization).name", ["CESFAM"]),
        ("managingOrganization.resolve().name", ["CESFAM"]),
        ("managingOrganization.resolve() is Organization", [True]),
        ("birthDate < @1958-04", [True]),
        ("birthDate < @1958-03-15", []),
        ("birthDate.extension('http://example.org/time').value", ["1958-03-21T10:00:00Z"]),
        ("birthDate.hasValue() and name.family.hasValue()", [True]),
        ("name.select(iif(text.exists(), text, given.first()))", ["Rosa", "Rosita"]),
        ("text.div.htmlChecks()", [True]),
        ("name.given.join(' ')", ["Rosa Elena"]),
        ("nothing.at.all", []),
        ("deceased", []),
    ],
)
def test_an_expression_navigates_the_resource(
    environment: Environment, expression: str, result: list[Any]
) -> None:
    assert values(expression, environment) == result


def test_choice_elements_are_met_under_their_common_name(environment: Environment) -> None:
    observation = {"resourceType": "Observation", "valueQuantity": {"value": 5, "unit": "kg"}}
    assert values("value.value", environment, observation) == [5]
    assert values("value is Quantity", environment, observation) == [True]
    assert values("value.ofType(string)", environment, observation) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name.",
        "name[",
        "(name",
        "name = ",
        "'open",
        "name..given",
        "unknownFunction()",
        "exists(1, 2)",
        "a b",
        "#",
    ],
)
def test_what_is_no_expression_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(InvalidExpression):
        compile_fhirpath(text)


@pytest.mark.parametrize(
    "text", ["name.given.single()", "name.given + 'x'", "name.given and true", "1 < 'a'", "%none"]
)
def test_an_expression_that_does_not_fit_the_data_says_so(
    environment: Environment, text: str
) -> None:
    with pytest.raises(CannotEvaluate):
        values(text, environment)


def test_an_invariant_holds_only_when_its_result_says_so(environment: Environment) -> None:
    """An empty result, as of dates whose precisions cannot decide, does not hold; HL7's engine judges the same."""
    node = Node(PATIENT, "Patient")
    assert compile_fhirpath("deceased.exists().not()").is_true(node, environment)
    assert not compile_fhirpath("birthDate <= @1958-03-15").is_true(node, environment)
    assert not compile_fhirpath("name.exists() and deceased.exists()").is_true(node, environment)


def test_threads_share_expressions_without_mixing(environment: Environment) -> None:
    """The peer keeps module-level state; here every evaluation has its own."""
    expression = compile_fhirpath("name.given.select($this & '-' & $index.toString())")
    wrong: list[Any] = []

    def work(number: int) -> None:
        resource = {"resourceType": "Patient", "name": [{"given": [f"{number}a", f"{number}b"]}]}
        for _ in range(200):
            found = [
                node.value for node in expression.evaluate(Node(resource, "Patient"), environment)
            ]
            if found != [f"{number}a-0", f"{number}b-1"]:
                wrong.append(found)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_every_invariant_of_the_core_compiles() -> None:
    expressions = {
        constraint["expression"]
        for _, definition in core_definitions().types()
        for element in definition["element"]
        for constraint in element.get("constraint", [])
    }
    assert len(expressions) > 150
    for expression in expressions:
        compile_fhirpath(expression)
