import pytest

from sandbox.fhir.references import Literal, parse_reference, rewrite_references, walk_references


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Patient/1", Literal("", "Patient", "1")),
        ("Patient/1/_history/2", Literal("", "Patient", "1")),
        (
            "https://a.example/fhir/Patient/a-1.b",
            Literal("https://a.example/fhir", "Patient", "a-1.b"),
        ),
        ("urn:uuid:0b6a7f0e-52a4-4f0b-8a39-3f5a1c2d4e77", None),
        ("#contained", None),
        ("Patient", None),
        ("Patient/a b", None),
        ("patient/1", None),
    ],
)
def test_a_literal_reference_is_taken_apart(text: str, parts: Literal | None) -> None:
    assert parse_reference(text) == parts


def test_walking_yields_the_path_of_each_reference() -> None:
    resource = {
        "subject": {"reference": "Patient/1"},
        "member": [{"entity": {"reference": "Group/2"}}],
    }
    assert walk_references(resource) == [
        (".subject.reference", "Patient/1"),
        (".member[0].entity.reference", "Group/2"),
    ]


def test_rewriting_reaches_references_uris_and_narrative_links_only() -> None:
    names = {"urn:uuid:1": "Patient/9"}
    resource = {
        "subject": {"reference": "urn:uuid:1", "display": "urn:uuid:1 as text"},
        "content": [{"attachment": {"url": "urn:uuid:1"}}],
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"}],
        "text": {"div": '<div><a href="urn:uuid:1">urn:uuid:1</a></div>'},
    }
    rewritten = rewrite_references(resource, lambda text: names.get(text, text))
    assert rewritten == {
        "subject": {"reference": "Patient/9", "display": "urn:uuid:1 as text"},
        "content": [{"attachment": {"url": "Patient/9"}}],
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"}],
        "text": {"div": '<div><a href="Patient/9">urn:uuid:1</a></div>'},
    }


def test_a_bundle_inside_keeps_its_own_references() -> None:
    document = {
        "resourceType": "Bundle",
        "entry": [{"fullUrl": "urn:uuid:1", "resource": {"subject": {"reference": "urn:uuid:1"}}}],
    }
    assert rewrite_references(document, lambda _: "Patient/9") == document
