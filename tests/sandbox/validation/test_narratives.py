import pytest

from sandbox.validation import validate
from tests.builders import a_patient


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
