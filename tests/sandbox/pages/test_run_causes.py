"""The page of a run tells one cause once, with its tests, and names what each test rests on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sandbox.pages.home import _environment as environment
from sandbox.pages.working import causes_of
from tests.conftest import a_sandbox


def test_one_cause_is_told_once_with_its_tests(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        # an address that the server may not ask: each test finds the same
        body = {
            "name": "salud-gt",
            "base": "http://10.0.0.5:8080/fhir",
            "actors": ["document-recipient"],
        }
        assert client.post("/api/systems", json={**body, "team": "Guatemala"}).status_code == 201
        run = client.post("/api/runs", json={"track": "fhir.basics", "system": "salud-gt"}).json()[
            "id"
        ]
        while client.get(f"/api/runs/{run}").json()["state"] != "done":
            pass
        page = client.get(f"/runs/{run}?lang=es").text
        shown = client.get(f"/api/runs/{run}").json()
    numbers = [test["number"] for test in shown["tests"] if test["verdict"] not in ("pass", "skip")]
    assert len(numbers) > 2
    block = page.partition('id="cause-1"')[2].partition("</section>")[0]
    assert re.findall(r'href="#(BAS-\w+)"', block) == numbers
    assert "10.0.0.5" in block
    # in its own section each test points to it
    assert page.count('<a href="#cause-1">') == len(numbers)
    assert re.search(r'href="\w+/0\?lang=es" class="cut"><code>GET metadata', page)


def finding(text: str, **others: Any) -> Any:
    return {
        "severity": "error",
        "text": text,
        "fix": "Mend it.",
        "clause": "",
        "where": "",
        **others,
    }


def row(number: str, verdict: str, *texts: str) -> Any:
    return {"number": number, "verdict": verdict, "findings": [finding(text) for text in texts]}


def test_what_one_test_alone_has_found_is_no_shared_cause() -> None:
    rows = [
        row("A-1", "fail", "x", "x", "y"),
        row("A-2", "fail", "y", "z"),
        row("A-3", "skip", "z"),
        row("A-4", "warn", "y"),
    ]
    (cause,) = causes_of(rows)
    assert (cause.id, cause.one["text"], cause.tests) == ("cause-1", "y", ("A-1", "A-2", "A-4"))
    assert cause.is_of(finding("y"))
    assert not cause.is_of(finding("y", fix="Something else."))


def test_of_a_long_evidence_the_first_and_the_last_are_named() -> None:
    template = environment().get_template("test.html")
    test = {
        "id": "a.b",
        "number": "A-1",
        "clause": "",
        "lesson": "",
        "verdict": "fail",
        "exchanges": [*range(9)],
    }
    words = {"say": lambda key, **_: key, "lang": "es", "root": "../", "run": {"id": "r"}}
    shown = template.render(test=test, requests={8: "GET metadata"}, **words)
    assert re.findall(r'href="r/(\d)\?', shown) == ["0", "1", "2", "3", "8"]
    assert shown.count("pages.runs.more_exchanges") == 1
    assert shown.count("pages.runs.exchange") == 4
    assert "<code>GET metadata</code></a>" in shown
