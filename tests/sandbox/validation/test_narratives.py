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
    assert (
        links(
            div,
            contained=held,
            managingOrganization={"reference": "#o"},
            name=[{"id": "n1", "text": "x"}],
        )
        == []
    )


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
        ("x<ul></ul>", "warning", "childless", "ul"),
        ("x<table><tbody/></table>", "warning", "childless", "tbody"),
        ('<p id="a">x</p><p id="a">y</p>', "error", "id_twice", "a"),
        ('<p id="a b">x</p>', "warning", "id_blank", "a b"),
        ("<li>x</li>", "error", "nesting", "li"),
        ('<a href="#x">y <b><a id="x">z</a></b></a>', "error", "nesting", "a"),
        ("<ul>x<li>y</li></ul>", "error", "nesting", "text"),
    ],
)
def test_a_fault_of_the_narrative_is_named_as_its_only_finding(
    inner: str, severity: str, key: str, name: str
) -> None:
    (finding,) = validate(a_patient(text={"status": "generated", "div": f"{HEAD}{inner}</div>"}))
    assert (finding.severity, finding.key, finding.params["name"]) == (
        severity,
        f"validation.narrative_{key}",
        name,
    )
    assert finding.where == "Patient.text.div"
    assert finding.clause.startswith("FHIR R4 narrative.html")


def test_nothing_stands_before_the_div() -> None:
    for before, key in (('<?xml version="1.0"?>', "declaration"), ("<!DOCTYPE div>", "doctype")):
        found = errors(
            validate(a_patient(text={"status": "generated", "div": f"{before}{HEAD}x</div>"}))
        )
        assert found == [(f"narrative_{key}", "Patient.text.div")]


@pytest.mark.parametrize(
    ("inner", "name"),
    [
        ('<p id="a">x</p><p id="b">y</p>', "c"),
        ('<a id="a" name="a">x</a>', "c"),
        ("<table><tbody><tr><td/></tr></tbody></table>x", "c"),
        ("<ul><li>x</li></ul><dl><dt>x</dt></dl>", "c"),
    ],
)
def test_ids_that_differ_and_lists_with_content_are_right(inner: str, name: str) -> None:
    text = {"status": "generated", "div": f"{HEAD}{inner}</div>"}
    assert validate(a_patient(text=text, name=[{"id": name, "text": "x"}])) == []


def test_an_element_has_no_id_of_the_narrative() -> None:
    text = {"status": "generated", "div": f'{HEAD}<p id="a">x</p></div>'}
    before = a_patient(name=[{"id": "a", "text": "x"}], text=text)
    after = a_patient(text=text, name=[{"id": "a", "text": "x"}])
    for patient in (before, after):
        (found,) = errors(validate(patient))
        assert found[0] == "narrative_id_twice"


def test_an_id_in_two_narratives_of_a_resource_is_a_warning() -> None:
    def composition(first: str, second: str) -> dict[str, object]:
        divs = [f'{HEAD}<p id="{name}">x</p></div>' for name in (first, second)]
        texts = [{"status": "generated", "div": div} for div in divs]
        return {
            "resourceType": "Composition", "status": "final", "type": {"text": "x"}, "date": "2026", "title": "x",
            "author": [{"display": "x"}], "text": texts[0], "section": [{"title": "s", "text": texts[1]}],
        }  # fmt: skip

    (finding,) = validate(composition("a", "a"))
    assert (finding.severity, finding.key) == ("warning", "validation.narrative_id_twice")
    assert validate(composition("a", "b")) == []


@pytest.mark.parametrize(("name", "is_right"), [("a-b_c", True), ("a b", False), ("a\tb", False)])
def test_the_id_of_an_element_has_no_blanks(name: str, is_right: bool) -> None:
    for elements, where in (
        ({"name": [{"id": name, "text": "x"}]}, "Patient.name[0]"),
        ({"gender": "female", "_gender": {"id": name}}, "Patient.gender"),
    ):
        assert errors(validate(a_patient(**elements))) == (
            [] if is_right else [("element_id_blank", where)]
        )


def test_the_narrative_of_a_section_is_judged_too() -> None:
    composition = {
        "resourceType": "Composition", "status": "final", "type": {"text": "x"}, "date": "2026", "title": "x",
        "author": [{"display": "x"}],
        "section": [{"section": [{"title": "s", "text": {"status": "generated", "div": f"{HEAD}<u>x</u></div>"}}]}],
    }  # fmt: skip
    assert ("narrative_element", "Composition.section[0].section[0].text.div") in errors(
        validate(composition)
    )


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
        (
            {"url": R4 + "textLink", "extension": [{"url": "htmlid", "valueString": "nowhere"}]},
            False,
        ),
        ({"url": R4 + "narrativeLink", "valueUrl": "http://example.org/Composition/c#any"}, True),
    ],
)
def test_an_extension_that_points_into_the_narrative_leads_somewhere(
    extension: dict[str, object], is_right: bool
) -> None:
    for resource, where in (
        (
            a_patient(text=TEXT, name=[{"text": "x", "extension": [extension]}]),
            "Patient.name[0].extension[0]",
        ),
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
