"""The audit log is read in words: what was done, in which state something came, and where it stands."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest

from sandbox.i18n import LANGUAGES
from tests.sandbox.api.test_gate import FORM, an_event
from tests.sandbox.pages.test_monitoring import waiting
from tests.sandbox.pages.test_registering import ASKED

PLAN = "lacpass-2023"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_act_and_no_state_is_told_by_its_key(tmp_path: Path, language: str) -> None:
    with an_event(tmp_path) as event:
        ines = event.sessions["Inés"]
        following = {"id": "next", "template": PLAN, "first": "2099-07-27", "days": 3}
        event.ask("POST", "/api/plans", ines, json=following)
        event.ask("POST", "/event/next/now", ines, headers=FORM)
        event.ask("POST", "/register", headers=FORM, content=urlencode(ASKED))
        id = re.search(
            r"registrations/([^/]+)/approve", event.ask("GET", "/registrations", ines).text
        )
        assert id
        event.ask("POST", f"/registrations/{id[1]}/refuse", ines, headers=FORM, content="reason=no")
        waiting(event)
        page = event.ask("GET", f"/audit?lang={language}", ines).text
    rows = re.findall(r"<tr>(.*?)</tr>", page.partition("<tbody>")[2], re.DOTALL)
    assert len(rows) > 8
    cells = [
        re.sub(r"<[^>]+>", "", unescape(cell))
        for row in rows
        for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)
    ]
    for cell in cells:
        assert not re.search(r"\b(registrations|instance|people|event|run)\.\w+", cell), cell
        assert not re.search(r"\b(to_verify|taken_back|waiting)\b", cell), cell
    assert re.search(r'href="instances/[a-z0-9]+\?lang=', page)


def test_a_page_of_it_is_no_longer_than_one_reads(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        ines = event.sessions["Inés"]
        for number in range(105):
            person = {"name": f"P{number}", "role": "participant", "team": "Chile"}
            event.ask("POST", "/api/people", ines, json=person)
        page = event.ask("GET", "/audit?lang=es", ines).text
        assert page.partition("<tbody>")[2].count("<tr>") == 100
        older = re.search(r'href="(audit\?[^"]+before=\d+)"', page)
        assert older
        assert "<tbody>" in event.ask("GET", f"/{unescape(older[1])}", ines).text
        assert len(event.ask("GET", "/api/audit", ines).json()) > 100
