"""Our own Markdown becomes HTML in which nothing of the text is markup by chance."""

from __future__ import annotations

import re

import pytest

from sandbox.i18n import LANGUAGES
from sandbox.pages.how_tos import how_tos
from sandbox.pages.markdown import html_of

CASES = [
    ("# Title\n\nOne\nline.", "<h1>Title</h1>\n<p>One line.</p>"),
    ("- a\n- b `c`", "<ul><li>a</li><li>b <code>c</code></li></ul>"),
    (
        "1. **Do**:\n   - this\n   - that\n2. then",
        "<ol><li><strong>Do</strong>:<ul><li>this</li><li>that</li></ul></li><li>then</li></ol>",
    ),
    ("a *b* <i>", "<p>a <em>b</em> &lt;i&gt;</p>"),
    ("```sh\n<x> *y*\n```", '<pre tabindex="0"><code>&lt;x&gt; *y*</code></pre>'),
    ("[here](a.md) and [there](b.md)", '<p><a href="at-a">here</a> and there</p>'),
    (
        "| a | b |\n|---|---|\n| `1` | 2 |",
        '<div class="wide" tabindex="0"><table><thead><tr><th scope="col">a</th>'
        '<th scope="col">b</th></tr></thead><tbody><tr><td><code>1</code></td><td>2</td></tr>'
        "</tbody></table></div>",
    ),
    (
        "| a |\n|---|\n| `x\\|y` |",
        '<div class="wide" tabindex="0"><table><thead><tr><th scope="col">a</th></tr></thead>'
        "<tbody><tr><td><code>x|y</code></td></tr></tbody></table></div>",
    ),
]


@pytest.mark.parametrize(("text", "html"), CASES)
def test_each_mark_has_its_element(text: str, html: str) -> None:
    assert html_of(text, {"a.md": "at-a", "b.md": ""}.__getitem__) == html


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_how_to_has_a_mark_that_is_left_over(language: str) -> None:
    for how_to in how_tos(language).values():
        assert how_to.title, how_to.name
        html = html_of(how_to.text, lambda _: "")
        outside_of_code = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
        assert "*" not in outside_of_code, how_to.name
        assert "`" not in outside_of_code, how_to.name
        assert "<!--" not in html, how_to.name
