"""Who is stuck is told by API and page alike: what fails first, with how often and for what."""

from __future__ import annotations

from pathlib import Path

from tests.sandbox.api.test_gate import FORM, an_event

PLAN = "lacpass-2023"


def test_what_fails_is_told_first_to_those_who_run_the_event(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        ana, ines = event.sessions["Ana"], event.sessions["Inés"]
        event.ask("POST", f"/event/{PLAN}/now", ines, headers=FORM)
        for name, actor in (("emite-cl", "content-creator"), ("lee-cl", "document-consumer")):
            body = {"name": name, "base": "http://127.0.0.1:9/fhir", "country": "CL", "actors": [actor]}  # fmt: skip
            assert event.ask("POST", "/api/systems", ana, json=body).status_code == 201
        what = {"event": PLAN, "test": "2a.5", "system": "emite-cl"}
        begun = event.ask("POST", "/api/instances", ana, json=what).json()
        place = f"/api/instances/{begun['id']}"
        asked = {"role": begun["parts"][0]["role"], "inputs": {"certificate": "HC1:NCF%RN"}}
        for tries in (1, 2):
            event.ask("POST", f"{place}/runs", ana, json=asked)
            while True:
                (bench,) = event.ask("GET", place, ana).json()["bench"]
                if bench["tries"] == tries and bench["verdict"] and not bench["last_run"]:
                    break
        assert bench["verdict"] == "fail"
        assert [check["number"] for check in bench["failed"]] == ["HCC-01"]
        asker = {"Accept-Language": "es"}
        first, *rest = event.ask("GET", f"/api/plans/{PLAN}/stuck", ines, headers=asker).json()
        assert (first["cause"], first["teams"], first["instance"]) == (
            "failing",
            ["Chile"],
            begun["id"],
        )
        failing = first["failing"]
        assert (failing["tries"], failing["lately"], failing["check"]) == (2, 2, "HCC-01")
        assert failing["run"] == bench["run"]
        assert [(one["cause"], one["systems"], one["failing"]) for one in rest] == [
            ("idle", ["lee-cl"], None)
        ]
        for page in ("/", f"/event/{PLAN}/stuck"):
            text = event.ask("GET", f"{page}?lang=es", ines).text
            assert "2 intentos seguidos sin pasar" in text, page
            assert failing["finding"]["text"] in text, page
            assert text.index("2 intentos seguidos") < text.rindex("no ha empezado"), page
        assert event.ask("GET", f"/api/plans/{PLAN}/stuck", ana).status_code == 403
        assert event.ask("GET", f"/event/{PLAN}/stuck", ana).status_code == 403
