import pytest

from sandbox import errors
from sandbox.errors import Gone, InvalidEntry, SandboxError


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("Patient.meta", "Bundle.entry[2].resource.meta"),
        ("resourceType", "Bundle.entry[2].resource.resourceType"),
        ("", "Bundle.entry[2].resource"),
        ("request.url", "Bundle.entry[2].request.url"),
        ("If-Match", "Bundle.entry[2].request.ifMatch"),
        ("Patient/1", "Bundle.entry[2].request.url"),
        ("nme", "Bundle.entry[2].request.url"),
    ],
)
def test_an_entry_error_names_the_place_inside_the_bundle(where: str, place: str) -> None:
    assert InvalidEntry(SandboxError("server.gone", where=where), index=2).where == place


def test_an_entry_error_keeps_the_status_of_its_cause() -> None:
    assert InvalidEntry(Gone("server.gone"), index=0).status == 410


def test_the_tree_in_the_docstring_names_every_class_with_its_status() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, SandboxError)
    ]
    for kind in kinds:
        line = next(
            line for line in str(errors.__doc__).splitlines() if f" {kind.__name__} " in f" {line} "
        )
        assert kind is InvalidEntry or str(kind.status) in line
