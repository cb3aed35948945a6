import pytest

from sandbox.definitions.store import core_definitions
from sandbox.definitions.types import TypeCatalogue
from sandbox.definitions.xml import read_xml
from sandbox.errors import InvalidContent
from sandbox.fhir.json import write_json

PATIENT = """<?xml version="1.0" encoding="UTF-8"?>
<Patient xmlns="http://hl7.org/fhir">
  <id value="rosa"/>
  <text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>Rosa &amp; co</p></div></text>
  <contained><Organization><id value="o"/><name value="CESFAM"/></Organization></contained>
  <extension url="http://example.org/x"><valueDecimal value="7.20"/></extension>
  <active value="true"/>
  <name><family value="Muñoz"/><given value="Rosa"/>
    <given><extension url="http://e.x/y"><valueString value="z"/></extension></given></name>
  <birthDate value="1958-03-21"/>
  <multipleBirthInteger value="2"/>
</Patient>"""


def test_a_resource_becomes_the_json_of_the_standard() -> None:
    resource = read_xml(PATIENT.encode(), TypeCatalogue(core_definitions()))
    assert b'"valueDecimal":7.20' in write_json(resource)
    resource["extension"] = []
    assert resource == {
        "resourceType": "Patient",
        "id": "rosa",
        "text": {
            "status": "generated",
            "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Rosa &amp; co</p></div>',
        },
        "contained": [{"resourceType": "Organization", "id": "o", "name": "CESFAM"}],
        "extension": [],
        "active": True,
        "name": [
            {
                "family": "Muñoz",
                "given": ["Rosa", None],
                "_given": [None, {"extension": [{"url": "http://e.x/y", "valueString": "z"}]}],
            }
        ],
        "birthDate": "1958-03-21",
        "multipleBirthInteger": 2,
    }


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("<Patient", "definitions.broken_xml"),
        ("<Patient/>", "definitions.no_fhir_xml"),
        (
            '<!DOCTYPE x [<!ENTITY a "b">]><Patient xmlns="http://hl7.org/fhir"/>',
            "definitions.xml_doctype",
        ),
    ],
)
def test_what_is_no_fhir_xml_is_refused(text: str, key: str) -> None:
    with pytest.raises(InvalidContent) as caught:
        read_xml(text.encode(), TypeCatalogue(core_definitions()))
    assert caught.value.key == key
