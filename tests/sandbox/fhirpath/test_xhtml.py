import pytest

from sandbox.fhirpath.xhtml import find_html_faults

HEAD = '<div xmlns="http://www.w3.org/1999/xhtml">'


@pytest.mark.parametrize(
    "div",
    [
        f"{HEAD}<p>Rosa</p></div>",
        f'{HEAD}<img src="#a" alt="x"/></div>',
        f'{HEAD}<a name="x">&nbsp;y</a></div>',
        f"{HEAD}é &amp;</div>",
    ],
)
def test_permitted_narrative_has_no_fault(div: str) -> None:
    assert find_html_faults(div) == []


@pytest.mark.parametrize(
    ("div", "fault"),
    [
        (f"{HEAD}<script>x</script></div>", "script"),
        (f'{HEAD}<p onclick="x">y</p></div>', "onclick"),
        (f"{HEAD}<iframe>x</iframe></div>", "iframe"),
        ("<p>x</p>", "p"),
        (f"{HEAD}  </div>", "empty"),
        ("<div>x</div>", "xmlns"),
        (f'<!DOCTYPE x [<!ENTITY a "b">]>{HEAD}x</div>', "DOCTYPE"),
    ],
)
def test_forbidden_narrative_is_named(div: str, fault: str) -> None:
    assert fault in find_html_faults(div)


def test_broken_markup_is_a_fault() -> None:
    assert find_html_faults(f"{HEAD}<p>x</div>")
