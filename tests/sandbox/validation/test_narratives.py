import pytest

from sandbox.validation import validate
from tests.builders import a_patient
from tests.sandbox.validation.profiles import errors


def links(div: str, **elements: object) -> list[tuple[str, str]]:
    text = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{div}</div>'}
    found = validate(a_patient(text=text, **elements))
    return [(one.severity, one.found) for one in found if one.key == "validation.narrative_link"]


@pytest.mark.parametrize(
    "div",
    [
        '<a href="#here">x</a><p id="here">y</p>',
        '<a href="http://example.org/#x">x</a>',
        '<a href="#o">x</a>',
        '<a href="#n1">x</a>',
        "<p>no link # at all</p>",
        '<a href="#">x</a>',
    ],
)
def test_a_link_that_leads_somewhere_is_right(div: str) -> None:
    held = [{"resourceType": "Organization", "id": "o", "name": "x"}]
    assert links(div, contained=held, managingOrganization={"reference": "#o"}, name=[{"id": "n1", "text": "x"}]) == []


def test_a_link_to_nothing_is_said_once_for_each_target() -> None:
    found = links('<a href="#nobody">x</a><a href="#nobody">y</a>')
    assert found == [("warning", "#nobody")]


HEAD = '<div xmlns="http://www.w3.org/1999/xhtml">'


@pytest.mark.parametrize(
    ("inner", "severity", "key", "name"),
    [
        ("<script>x</script>", "error", "element", "script"),
        ('<p onclick="x">y</p>', "error", "attribute", "onclick"),
        ('<a href="javascript:x">y</a>', "error", "active", "javascript:"),
        ("a&nbsp;b", "error", "entity", "nbsp"),
        ('<p xmlns="">x</p>', "error", "namespace", "p"),
        ("<p>x", "error", "broken", "mismatched tag"),
        (" ", "error", "empty", "div"),
        ("<li>x</li>", "error", "nesting", "li"),
        ("<ul>x<li>y</li></ul>", "error", "nesting", "text"),
    ],
)
def test_a_fault_of_the_narrative_is_named_as_its_only_finding(inner: str, severity: str, key: str, name: str) -> None:
    (finding,) = validate(a_patient(text={"status": "generated", "div": f"{HEAD}{inner}</div>"}))
    assert (finding.severity, finding.key, finding.params["name"]) == (severity, f"validation.narrative_{key}", name)
    assert finding.where == "Patient.text.div"
    assert "txt-" in finding.clause


def test_the_narrative_of_a_section_is_judged_too() -> None:
    composition = {
        "resourceType": "Composition", "status": "final", "type": {"text": "x"}, "date": "2026", "title": "x",
        "author": [{"display": "x"}],
        "section": [{"section": [{"title": "s", "text": {"status": "generated", "div": f"{HEAD}<u>x</u></div>"}}]}],
    }  # fmt: skip
    assert ("narrative_element", "Composition.section[0].section[0].text.div") in errors(validate(composition))


R4 = "http://hl7.org/fhir/StructureDefinition/"
TEXT = {"status": "generated", "div": f'{HEAD}<p id="here">x</p></div>'}
ORGANIZATION = {"resourceType": "Organization", "id": "o", "name": "x"}


@pytest.mark.parametrize(
    ("extension", "is_right"),
    [
        ({"url": R4 + "narrativeLink", "valueUrl": "#here"}, True),
        ({"url": R4 + "narrativeLink", "valueUrl": "#nowhere"}, False),
        ({"url": R4 + "originalText", "valueString": "#here"}, True),
        ({"url": R4 + "originalText", "valueString": "#nowhere"}, False),
        ({"url": R4 + "originalText", "valueString": "as it was written"}, True),
        ({"url": R4 + "textLink", "extension": [{"url": "htmlid", "valueString": "here"}]}, True),
        ({"url": R4 + "textLink", "extension": [{"url": "htmlid", "valueString": "nowhere"}]}, False),
        ({"url": R4 + "narrativeLink", "valueUrl": "http://example.org/Composition/c#any"}, True),
    ],
)
def test_an_extension_that_points_into_the_narrative_leads_somewhere(
    extension: dict[str, object], is_right: bool
) -> None:
    for resource, where in (
        (a_patient(text=TEXT, name=[{"text": "x", "extension": [extension]}]), "Patient.name[0].extension[0]"),
        (
            a_patient(
                text=TEXT,
                contained=[{**ORGANIZATION, "extension": [extension]}],
                managingOrganization={"reference": "#o"},
            ),
            "Patient.contained[0].extension[0]",
        ),
    ):
        expected = [] if is_right else [("narrative_pointer", where)]
        assert errors(validate(resource)) == expected


@pytest.mark.parametrize(
    ("link", "is_right"),
    [
        ("urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c11#here", True),
        ("urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c11#nowhere", False),
        ("urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c12#here", False),
        ("http://example.org/fhir/Patient/p#here", True),
        ("Patient/p#here", True),
        ("Patient/p#nowhere", False),
    ],
)
def test_it_leads_to_a_narrative_of_another_entry_too(link: str, is_right: bool) -> None:
    extension = {"url": R4 + "narrativeLink", "valueUrl": link}
    composition = {
        "resourceType": "Composition", "id": "c", "status": "final", "type": {"text": "x"}, "date": "2026", "title": "x",
        "author": [{"reference": "Organization/o"}], "subject": {"reference": "Patient/p"},
        "section": [{"title": "s", "entry": [{"reference": "urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c11"}]}],
    }  # fmt: skip
    entries = [
        {"fullUrl": "http://example.org/fhir/Composition/c", "resource": composition},
        {"fullUrl": "http://example.org/fhir/Patient/p", "resource": a_patient(id="p", text=TEXT)},
        {"fullUrl": "http://example.org/fhir/Organization/o", "resource": {**ORGANIZATION, "extension": [extension]}},
        {"fullUrl": "urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c11", "resource": {"resourceType": "Basic", "code": {"text": "x"}, "text": TEXT}},
    ]  # fmt: skip
    bundle = {
        "resourceType": "Bundle", "type": "document", "timestamp": "2026-01-01T00:00:00Z",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c12"}, "entry": entries,
    }  # fmt: skip
    expected = [] if is_right else [("narrative_pointer", "Bundle.entry[2].resource.extension[0]")]
    assert errors(validate(bundle)) == expected
