"""Code on a page is the code, told apart by its kinds, and nothing of it is markup."""

from __future__ import annotations

import re
from html import unescape

import pytest

from sandbox.course.overview import all_lessons, cells_of
from sandbox.pages.code import code_html

CASES = [
    ("x = 1", "x = 1"),
    ("if x:", '<span class="word">if</span> x:'),
    ("a = '<b>'  # <i>", 'a = <span class="text">&#39;&lt;b&gt;&#39;</span>  <span class="remark"># &lt;i&gt;</span>'),
    ('"""one\ntwo"""', '<span class="text">&#34;&#34;&#34;one\ntwo&#34;&#34;&#34;</span>'),
    ("%%bash\necho \"it's <b>", "%%bash\necho &#34;it&#39;s &lt;b&gt;"),
    ("  return (", "  return ("),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("code", "html"), CASES)
def test_kinds_are_told_apart_and_the_rest_is_plain(code: str, html: str) -> None:
    assert re.sub(r'<span class="word">return</span>', "return", code_html(code)) == html


def test_a_blank_is_marked_where_it_is_to_be_filled_in_alone() -> None:
    assert code_html("x = ____", is_answer=True) == "x = <mark>____</mark>"
    assert code_html("f'a{____}'", is_answer=True).count("<mark>") == 1
    assert code_html("x = ____") == "x = ____"


def test_every_cell_of_every_lesson_stays_itself() -> None:
    for lesson in all_lessons("es"):
        for cell in cells_of(lesson):
            if not cell.is_prose:
                shown = re.sub(r"</?(span|mark)[^>]*>", "", code_html(cell.text, is_answer=True))
                assert unescape(shown) == cell.text, (lesson.number, cell.id)
