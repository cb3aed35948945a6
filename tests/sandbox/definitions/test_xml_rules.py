"""The rules of FHIR XML beyond the minimal resources of the oracle: each with a right document beside the wrong one."""

from __future__ import annotations

import pytest

from sandbox.definitions.store import core_definitions
from sandbox.definitions.types import TypeCatalogue
from sandbox.definitions.xml import judge_xml, read_xml
from sandbox.errors import InvalidContent
from sandbox.fhir.json import Json, write_json
from sandbox.findings import Finding
from sandbox.validation.validate import validate_source

TYPES = TypeCatalogue(core_definitions())
DIV = "http://www.w3.org/1999/xhtml"
A = '<extension url="http://a.test/x"><valueString value="a"/></extension>'
ENTRY = '<entry><resource><Patient><active value="true"/></Patient></resource></entry>'


def _patient(content: str, *, attributes: str = "") -> str:
    return f'<Patient xmlns="http://hl7.org/fhir"{attributes}>{content}</Patient>'


def _bundle(content: str) -> str:
    return f'<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/>{content}</Bundle>'


def _read(text: str) -> tuple[Json, list[Finding]]:
    return judge_xml(text.encode(), TYPES)


RULES = [
    # right, wrong, the sentence, the place
    (_patient('<gender value="male"/>'), _patient('<gender value="male" id="g" xml:lang="es"/>'), "attribute", "gender"),
    (_patient('<name id="n"><text value="a"/></name>'), _patient('<name value="a"><text value="a"/></name>'), "attribute", "name[0]"),
    (_patient('<gender value="male"/>'), _patient('<gender value="male" url="http://a.test"/>'), "attribute", "gender"),
    (_bundle(ENTRY), _bundle(ENTRY.replace("<resource>", '<resource id="r">')), "attribute", "entry[0].resource"),
    (_bundle(ENTRY), _bundle(ENTRY.replace("<Patient>", '<Patient id="r">')), "attribute", "entry[0].resource"),
    (_bundle(ENTRY), _bundle("<entry><resource/></entry>"), "one_resource", "entry[0].resource"),
    (_bundle(ENTRY), _bundle(ENTRY.replace("</resource>", A + "</resource>")), "one_resource", "entry[0].resource"),
    (_bundle(ENTRY), _bundle(ENTRY.replace("<Patient>", '<Patient xmlns="http://a.test">')), "namespace", "entry[0].resource"),
    (_bundle(ENTRY), _bundle(ENTRY + '<total value="1"/>'), "order", "total"),
    (_patient('<deceasedBoolean value="true"/><maritalStatus><text value="a"/></maritalStatus>'),
     _patient('<maritalStatus><text value="a"/></maritalStatus><deceasedBoolean value="true"/>'), "order", "deceased"),
    (_patient('<contact><name><text value="a"/></name><gender value="male"/></contact>'),
     _patient('<contact><gender value="male"/><name><text value="a"/></name></contact>'), "order", "contact[0].name"),
    (_patient(f'<gender value="male">{A}</gender>'), _patient(f'<gender value="male">a{A}</gender>'), "text", "gender"),
    (_patient("<name><text value='a'/> \n\t</name>"), _patient("<name><text value='a'/>\u00a0</name>"), "text", "name[0]"),
    (_patient("<name><text value='a'/></name>"), _patient("<name><text value='a'/><![CDATA[b]]></name>"), "text", "name[0]"),
    (_patient(f"<text><status value='empty'/><div xmlns='{DIV}'>a</div></text>"),
     _patient(f"<text>a<status value='empty'/><div xmlns='{DIV}'>a</div></text>"), "text", "text"),
    (_patient(f"<text><status value='empty'/><div xmlns='{DIV}'>a</div></text>"),
     _patient(f"<text><status value='empty'/><p xmlns='{DIV}'>a</p></text>"), "namespace", "text"),
    (_patient("<active value='true'/>"), _patient("<active value='true'/><b:a xmlns:b='http://a.test'/>"), "namespace", ""),
    (_patient("<active value='true'/>"), _patient("<active value='true'/>", attributes=" xmlns:x='http://www.w3.org/2001/XMLSchema-instance'"), "schema", ""),
    ('<?xml version="1.0" encoding="utf-8"?>' + _patient(""), '<?xml version="1.0" encoding="ISO-8859-1"?>' + _patient(""), "encoding", ""),
    ('<?xml version="1.0" encoding="US-ASCII"?>' + _patient(""), '<?xml version="1.0" encoding="utf-7"?>' + _patient(""), "encoding", ""),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "rule", "place"), RULES)
def test_a_rule_is_kept_or_its_fault_is_named(
    right: str, wrong: str, rule: str, place: str
) -> None:
    assert _read(right)[1] == []
    (finding,) = _read(wrong)[1]
    assert finding.key == f"definitions.xml_{rule}"
    assert finding.where.partition(".")[2] == place
    assert finding.severity == "error"


@pytest.mark.parametrize(
    "text",
    [
        "<!-- a -->" + _patient('<!-- b --><active value="true"/>') + "<!-- c -->",
        '<f:Patient xmlns:f="http://hl7.org/fhir"><f:active value="true"/></f:Patient>',
        '\ufeff<?xml version="1.0"?>\n' + _patient('<active value="true"/>'),
        _patient('<active value="true"></active>'),
        _patient('<active value="&#116;rue"/>'),
    ],
    ids=["comments", "a prefix", "a byte order mark", "an end tag", "a character reference"],
)
def test_what_xml_permits_is_no_fault(text: str) -> None:
    assert _read(text) == ({"resourceType": "Patient", "active": True}, [])


@pytest.mark.parametrize(
    "div",
    [
        f'<div xmlns="{DIV}">a<br/></div>',
        f'<h:div xmlns:h="{DIV}" title="1>0">a</h:div>',
        f'<div xmlns="{DIV}"/>',
        f'<div xmlns="{DIV}"><div>a</div></div>',
        "<div>a</div>",
    ],
)
def test_a_narrative_is_kept_as_it_is_written(div: str) -> None:
    resource, findings = _read(_patient(f"<text><status value='generated'/>{div}</text>"))
    assert resource["text"]["div"] == div
    assert findings == []


@pytest.mark.parametrize(
    ("text", "div"),
    [
        (f'<text xmlns:h="{DIV}"><h:div>a</h:div></text>', f'<h:div xmlns:h="{DIV}">a</h:div>'),
        (
            f'<f:text xmlns:f="http://hl7.org/fhir" xmlns="{DIV}"><div>a</div></f:text>',
            f'<div xmlns="{DIV}">a</div>',
        ),
    ],
)
def test_a_narrative_takes_along_the_namespace_of_its_surroundings(text: str, div: str) -> None:
    assert _read(_patient(text))[0]["text"]["div"] == div


def test_several_faults_are_all_told_and_the_resource_is_judged_too() -> None:
    text = _patient(
        '\n<name value="x"><text value="a"/></name>\n<birthDate value="1.1.1990"/>\n<gender>male</gender>'
    )
    findings = validate_source(text.encode())
    assert [
        (finding.key.partition(".")[2], finding.line)
        for finding in findings
        if finding.severity == "error"
    ] == [
        ("xml_attribute", 2),
        ("primitive_format", 3),
        ("xml_order", 4),
        ("xml_text", 4),
    ]


def test_line_and_column_lead_to_the_element() -> None:
    text = _patient('\n  <name><text value="ñandú"/></name> <gender value="male" a="b"/>')
    (finding,) = _read(text)[1]
    assert text.split("\n")[finding.line - 1][finding.column - 1 :].startswith("<gender")


def test_an_element_without_anything_is_empty_for_the_judge() -> None:
    resource, findings = _read(_patient("<active/><name><given/><given value='a'/></name>"))
    assert (resource["_active"], resource["name"]) == (
        {},
        [{"given": [None, "a"], "_given": [{}, None]}],
    )
    assert findings == []


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ('<gender value="male"/><gender value="female"/>', "definitions.xml_twice"),
        ("<gender>male</gender>", "definitions.xml_text"),
        ('<gender xmlns="http://a.test" value="male"/>', "definitions.xml_namespace"),
        ("<contained><Basic/><Basic/></contained>", "definitions.xml_one_resource"),
    ],
)
def test_what_would_be_lost_is_refused_by_who_stores_it(content: str, key: str) -> None:
    with pytest.raises(InvalidContent) as caught:
        read_xml(_patient(content).encode(), TYPES)
    assert (caught.value.key, caught.value.params["line"]) == (key, 1)


def test_what_loses_nothing_is_read() -> None:
    text = _patient('<gender value="male"/><active value="true" a="b"/>')
    assert read_xml(text.encode(), TYPES) == {
        "resourceType": "Patient",
        "gender": "male",
        "active": True,
    }


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (_patient('<name><text value="ñ"/></name>').encode("latin-1"), "server.bad_utf8"),
        (_patient("<active value='true'/>").encode("utf-16"), "server.bad_utf8"),
        (
            _patient(f"<text><div xmlns='{DIV}'>a&nbsp;b</div></text>").encode(),
            "definitions.xml_entity",
        ),
        (_patient("<name>" * 200).encode(), "server.too_deep"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_reason(body: bytes, key: str) -> None:
    with pytest.raises(InvalidContent) as caught:
        judge_xml(body, TYPES)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("type", "text", "json"),
    [
        ("Integer", "+5", "5"),
        ("Integer", "99999999999999999999", "99999999999999999999"),
        ("Integer", "0x5", '"0x5"'),
        ("PositiveInt", "-5", "-5"),
        ("UnsignedInt", "+5", '"+5"'),
        ("Decimal", "1.50", "1.50"),
        ("Decimal", "NaN", '"NaN"'),
        ("Decimal", "1_0", '"1_0"'),
        ("Decimal", ".5", '".5"'),
        ("Boolean", "1", '"1"'),
    ],
)
def test_a_value_of_its_type_is_read_and_another_stays_text(
    type: str, text: str, json: str
) -> None:
    resource, _ = _read(
        _patient(f'<extension url="http://a.test"><value{type} value="{text}"/></extension>')
    )
    assert write_json(resource["extension"][0][f"value{type}"]) == json.encode()
