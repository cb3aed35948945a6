"""The page of a run tells one cause once, with its tests, and names what each test rests on."""

from __future__ import annotations

import re
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

from sandbox.pages.home import _environment as environment
from sandbox.pages.run_causes import causes_of
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
    assert "10.0.0.5" in block
    # each test has found nothing else: one card, and the tests behind a line that opens
    assert page.count('<a href="#cause-1">') == len(numbers)
    (line, _, behind) = block.partition("<summary>")[2].partition("</summary>")
    assert line == f"Encontrado en {len(numbers)} pruebas"
    assert re.findall(r'<h2 id="(BAS-\w+)"', page) == numbers
    assert (
        page.index("<summary>" + line)
        < page.index('<h2 id="BAS-')
        < page.index("</details>", page.index(line))
    )
    assert behind
    assert re.search(r'href="\w+/0\?lang=es[^"]*" class="cut"><code>GET metadata', page)


class WebPage(BaseHTTPRequestHandler):
    """Answers as a site that is no FHIR server."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


def test_tests_that_wait_for_one_are_a_line_that_opens(tmp_path: Path) -> None:
    site = ThreadingHTTPServer(("127.0.0.1", 0), WebPage)
    Thread(target=site.serve_forever, daemon=True).start()
    with closing(site.socket), a_sandbox(tmp_path, grants=("127.0.0.1",)) as client:
        base = f"http://127.0.0.1:{site.server_port}/fhir"
        body = {
            "name": "salud-gt",
            "base": base,
            "actors": ["document-recipient"],
            "team": "Guatemala",
        }
        assert client.post("/api/systems", json=body).status_code == 201
        asked = {"track": "mhd.recipient", "system": "salud-gt"}
        run = client.post("/api/runs", json=asked).json()["id"]
        while client.get(f"/api/runs/{run}").json()["state"] != "done":
            sleep(0.05)
        shown = client.get(f"/api/runs/{run}").json()
        page = client.get(f"/runs/{run}?lang=pt").text
        site.shutdown()
    reason = "Isto só pode ser avaliado depois que RCP-01 passar."
    alike = [
        test["number"]
        for test in shown["tests"]
        if [one["key"] for one in test["findings"]] == ["testbench.depends"]
    ]
    assert len(alike) > 20
    line = f"{len(alike)} testes esperam RCP-01 passar"
    assert page.count(f"<summary>{line}</summary>") == 1
    behind = page.partition(line)[2].partition("</details>")[0]
    assert re.findall(r'<p id="([\w-]+)">', behind) == alike
    # why is said by the line, and not once more at each
    assert reason not in page


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
