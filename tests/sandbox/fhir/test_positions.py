import json

import pytest

from sandbox.fhir.positions import Position, find_positions

JSON = b"""{
 "resourceType": "Patient",
 "name": [
  {"family": "Mu\xc3\xb1oz", "given": ["Ana", "B"]},
  {"text": "x"}
 ],
 "deceasedBoolean": true,
 "_birthDate": {"id": "a"}
}"""
XML = """<Patient xmlns="http://hl7.org/fhir">
 <name><family value="ñ"/></name>
 <name>
  <given value="b"/></name>
 <contained><Organization><id value="o"/></Organization></contained>
 <deceasedBoolean value="true"/>
</Patient>""".encode()


@pytest.mark.parametrize(
    ("location", "line", "column"),
    [
        ("Patient", 1, 1),
        ("Patient.name[0].given[1]", 4, 40),
        ("Patient.name[1]", 5, 3),
        ("Patient.deceased", 7, 2),
        ("Patient.birthDate", 8, 2),
        ("Patient.gender", 1, 1),
        ("Patient.name[1].family", 5, 3),
        ("Patient.name[9]", 3, 2),
    ],
)
def test_a_location_is_found_in_json_or_else_what_lacks_it(
    location: str, line: int, column: int
) -> None:
    assert find_positions(JSON, [location]) == {location: Position(line, column)}


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ("Patient.name[0].family", 2),
        ("Patient.name[1].given[0]", 4),
        ("Patient.contained[0].id", 5),
        ("Patient.deceased", 6),
    ],
)
def test_a_location_is_found_in_xml(location: str, line: int) -> None:
    assert find_positions(XML, [location])[location].line == line


@pytest.mark.parametrize(
    "text", [b"", b"{", b'{"a": }', b"<a>", b"<!DOCTYPE a><a/>", b"[" * 100_000]
)
def test_a_text_that_cannot_be_read_has_no_positions(text: bytes) -> None:
    assert find_positions(text, ["Patient"]) == {}


def test_every_property_of_a_written_document_is_found_at_its_line() -> None:
    value = {"resourceType": "Basic", "a": [{"b": {"c": [1, {"d": "}"}]}}], "e": {"f": None}}
    lines = json.dumps(value, indent=1).encode()
    for location in ("Basic.a[0].b.c[1].d", "Basic.e.f"):
        found = find_positions(lines, [location])[location]
        assert lines.splitlines()[found.line - 1][found.column - 1 :].startswith(
            b'"' + location[-1].encode()
        )
