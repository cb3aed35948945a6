import pytest

from sandbox.fhirpath.xhtml import find_html_faults, read_xhtml

HEAD = '<div xmlns="http://www.w3.org/1999/xhtml">'


@pytest.mark.parametrize(
    "div",
    [
        f"{HEAD}<p>Rosa</p></div>",
        f'{HEAD}<img src="#a" alt="x"/></div>',
        f'{HEAD}<img src="data:image/png;base64,AAAA" alt="x"/></div>',
        f'{HEAD}<a name="x">&#160;y</a></div>',
        f"{HEAD}é &amp; &lt; &gt; &quot; &apos;</div>",
        f"{HEAD}<![CDATA[a &nbsp; b]]><!-- &nbsp; --></div>",
        f"{HEAD}<address>Lima</address><p><kbd>x</kbd> <bdo dir='rtl'>y</bdo></p></div>",
        f'{HEAD}<p xml:lang="es" lang="es" style="color: red">x</p></div>',
        f'{HEAD}<a href="https://example.org/?q=javascript:x">x</a></div>',
        '<h:div xmlns:h="http://www.w3.org/1999/xhtml"><h:p>x</h:p></h:div>',
    ],
)
def test_permitted_narrative_has_no_fault(div: str) -> None:
    assert find_html_faults(div) == []


@pytest.mark.parametrize(
    ("div", "kind", "name"),
    [
        (f"{HEAD}<script>x</script></div>", "element", "script"),
        (f'{HEAD}<p onclick="x">y</p></div>', "attribute", "onclick"),
        (f"{HEAD}<iframe>x</iframe></div>", "element", "iframe"),
        (f"{HEAD}<p><ins>x</ins></p></div>", "element", "ins"),
        (f"{HEAD}<font>x</font></div>", "element", "font"),
        (f'{HEAD}<a href="javascript:alert(1)">x</a></div>', "active", "javascript:"),
        (f'{HEAD}<a href=" Java&#10;Script:alert(1)">x</a></div>', "active", "javascript:"),
        (f'{HEAD}<a href="vbscript:x">x</a></div>', "active", "vbscript:"),
        (f'{HEAD}<a href="data:text/html,x">x</a></div>', "active", "data:"),
        (f'{HEAD}<img src="data:text/html,x" alt=""/></div>', "active", "data:"),
        (f'{HEAD}<p style="width: expression(alert(1))">x</p></div>', "active", "style"),
        (f"{HEAD}a&nbsp;b</div>", "entity", "nbsp"),
        (f'{HEAD}<a title="&euro;">b</a></div>', "entity", "euro"),
        (f"{HEAD}a&foo;b</div>", "entity", "foo"),
        (f'{HEAD}<p xmlns="">x</p></div>', "namespace", "p"),
        (f'{HEAD}<p xmlns="http://example.org/">x</p></div>', "namespace", "p"),
        ("<div>x</div>", "namespace", "div"),
        ("<div><p>x</p><table><tr><td>y</td></tr></table></div>", "namespace", "div"),
        ('<p xmlns="http://www.w3.org/1999/xhtml">x</p>', "root", "p"),
        (f"{HEAD}  </div>", "empty", "div"),
        (f"{HEAD}<p/><br/></div>", "empty", "div"),
        (" ", "empty", "div"),
        (f'<?xml version="1.0"?>{HEAD}x</div>', "declaration", "<?xml ?>"),
        (f'<!DOCTYPE x [<!ENTITY a "b">]>{HEAD}x</div>', "doctype", "DOCTYPE"),
        (f'<?xml-stylesheet href="x.css"?>{HEAD}x</div>', "active", "xml-stylesheet"),
        (f"{HEAD}<p>x</div>", "broken", "mismatched tag"),
        ("final", "broken", "syntax error"),
    ],
)
def test_forbidden_narrative_is_named_once(div: str, kind: str, name: str) -> None:
    assert [(fault.kind, fault.name) for fault in find_html_faults(div)] == [(kind, name)]


def test_a_fault_is_told_with_its_line() -> None:
    (fault,) = find_html_faults(f"{HEAD}\n<p>x</p>\n<u>y</u></div>")
    assert (fault.name, fault.line) == ("u", 3)


def test_a_forbidden_element_is_named_without_a_namespace_too() -> None:
    named = {
        (fault.kind, fault.name) for fault in find_html_faults("<div><script>x</script></div>")
    }
    assert named == {("namespace", "div"), ("element", "script")}


def test_faults_of_several_kinds_are_all_named() -> None:
    div = f'{HEAD}<u>a&nbsp;b &copy;</u><p onclick="x">y</p></div>'
    named = {(fault.kind, fault.name) for fault in find_html_faults(div)}
    assert named == {
        ("entity", "nbsp"),
        ("entity", "copy"),
        ("element", "u"),
        ("attribute", "onclick"),
    }


@pytest.mark.parametrize(
    ("inner", "nested"),
    [
        ("<table><tr><td>x</td></tr></table>", []),
        ("<table><tbody><tr><th>x</th></tr></tbody></table>", []),
        ("<ul><li><p>x</p><ul><li>y</li></ul></li></ul>", []),
        ("<dl><dt>x</dt><dd><p>y</p></dd></dl>", []),
        ("<td>x</td>", [("td", "div")]),
        ("<table><td>x</td></table>", [("td", "table")]),
        ("<tr><td>x</td></tr>", [("tr", "div")]),
        ("<li>x</li>", [("li", "div")]),
        ("<dd>x</dd>", [("dd", "div")]),
        ("<p>x<b><div>y</div></b></p>", [("div", "p")]),
        ("<h1><p>x</p></h1>", [("p", "h1")]),
        ("<table>x<tr><td>y</td></tr></table>", [("text", "table")]),
        ("<table><tbody>x<tr><td>y</td></tr></tbody></table>", [("text", "tbody")]),
        ("<table><tr>x<td>y</td></tr></table>", [("text", "tr")]),
        ("<table> <tr>\n<td>y</td> </tr> </table>", []),
        ("<dl>x<dt>y</dt></dl>", [("text", "dl")]),
    ],
)
def test_what_nests_otherwise_than_xhtml_is_told_apart(
    inner: str, nested: list[tuple[str, str]]
) -> None:
    div = f"{HEAD}{inner}</div>"
    assert [(fault.kind, fault.name, fault.within) for fault in read_xhtml(div).faults] == [
        ("nesting", *fault) for fault in nested
    ]
