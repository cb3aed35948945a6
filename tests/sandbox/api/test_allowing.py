"""Allowances, presets and meetings over the API and the pages: who may, what changes, and what a refusal says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from tests.conftest import a_sandbox
from tests.sandbox.api.test_peers import a_recipient
from tests.sandbox.api.test_people import as_one, finished, people, registered

__all__ = ["people"]
UNTIL = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
REQUEST = {
    "kind": "known",
    "whose": "hospital",
    "what": "SRC-01",
    "reason": "their proxy",
    "until": UNTIL,
}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path) as client:
        yield client


def test_a_team_knows_its_own_failures_and_no_others(
    served: TestClient, people: dict[str, str]
) -> None:
    registered(served, people["Ana"])
    path, ana, pia = "/api/allowances", as_one(people["Ana"]), as_one(people["Pia"])

    assert served.post(path, json=REQUEST, headers=pia).status_code == 403
    kept = served.post(path, json=REQUEST, headers=ana)
    assert (kept.status_code, kept.json()["what"], kept.json()["by"]) == (
        201,
        "mhd.source.transport",
        "Ana",
    )
    assert [one["what"] for one in served.get(path, headers=ana).json()] == ["mhd.source.transport"]
    assert served.get(path, headers=pia).json() == []
    run = served.get(f"/api/runs/{finished(served, people['Ana'])}", headers=ana).json()
    assert run["tests"][0]["known"]["reason"] == "their proxy"
    assert served.post(f"{path}/end", json=REQUEST, headers=pia).status_code == 403
    assert served.post(f"{path}/end", json=REQUEST, headers=ana).status_code == 200
    assert served.post(f"{path}/end", json=REQUEST, headers=ana).status_code == 404


def test_a_facilitator_alone_allows_an_address_to_one_team(
    tmp_path: Path, served: TestClient, people: dict[str, str]
) -> None:
    with a_recipient(tmp_path) as base:
        host = base.removeprefix("http://").removesuffix("/fhir")
        for name, team in (("Ana", "chile-server"), ("Pia", "peru-server")):
            registered(served, people[name], team, base=base)

        def status(name: str, system: str) -> str:
            run = served.post(
                "/api/runs", json={"track": "fhir.basics", "system": system, "tests": ["BAS-01"]},
                headers=as_one(people[name]),
            ).json()["id"]  # fmt: skip
            while served.get(f"/api/runs/{run}", headers=as_one(people[name])).json()["state"] in (
                "queued",
                "running",
            ):
                pass
            return str(
                served.get(f"/api/runs/{run}", headers=as_one(people[name])).json()["verdict"]
            )

        body = {
            "kind": "address",
            "whose": "Chile",
            "what": host,
            "reason": "in the room",
            "until": UNTIL,
        }
        assert status("Ana", "chile-server") == "inconclusive"
        assert (
            served.post("/api/allowances", json=body, headers=as_one(people["Ana"])).status_code
            == 403
        )
        assert (
            served.post("/api/allowances", json=body, headers=as_one(people["Inés"])).status_code
            == 201
        )
        assert status("Ana", "chile-server") == "pass"
        assert status("Pia", "peru-server") == "inconclusive"
        served.post("/api/allowances/end", json=body, headers=as_one(people["Inés"]))
        assert status("Ana", "chile-server") == "inconclusive"


def test_what_is_allowed_to_a_team_is_reached_by_a_run_that_it_takes_part_in(
    tmp_path: Path, served: TestClient, people: dict[str, str]
) -> None:
    with a_recipient(tmp_path) as base:
        host = base.removeprefix("http://").removesuffix("/fhir")
        offered = {"credential_offer_uri": f"{base}/metadata"}
        given = {"offers": f"openid-credential-offer://?{urlencode(offered)}"}
        body = {
            "kind": "address",
            "whose": "Perú",
            "what": host,
            "reason": "in the room",
            "until": UNTIL,
        }
        registered(served, people["Ana"], "chile", actors=["credential-wallet"])
        registered(served, people["Pia"], "peru", actors=["content-creator"])
        allowed = served.post("/api/allowances", json=body, headers=as_one(people["Inés"]))
        assert allowed.status_code == 201, allowed.text

        def verdict(**systems: str) -> str:
            ana = as_one(people["Ana"])
            inputs = {**given, **systems}
            wish = {"track": "vc.peers", "system": "chile", "inputs": inputs, "tests": ["VCM-01"]}
            run = served.post("/api/runs", json=wish, headers=ana).json()["id"]
            while (told := served.get(f"/api/runs/{run}", headers=ana).json())["state"] in (
                "queued",
                "running",
            ):
                pass
            return str(told["verdict"])

        alone = verdict(issuer_system="sandbox")
        together = verdict(issuer_system="peru")
    # what stands at that address is no offer, which is seen only by whoever reaches it
    assert (alone, together) == ("inconclusive", "fail")


def test_the_page_allows_and_ends(served: TestClient) -> None:
    registered(served, "")
    id = finished(served, "")
    form = {"test": "SRC-01", "reason": "su proxy", "until": UNTIL}
    reply = served.post(f"/runs/{id}/known?lang=es", data=form, follow_redirects=False)
    assert reply.headers["location"].endswith("allowances?lang=es")
    page = served.get("/allowances?lang=es").text
    assert "su proxy" in page
    assert "Falla conocida" in page
    served.post(
        "/api/systems", json={"name": "sur", "base": "http://10.0.0.7:8080", "team": "Chile"}
    )
    host = {"team": "Chile", "host": "10.0.0.7:8080", "reason": "sala", "until": UNTIL}
    assert "10.0.0.7:8080 · Chile" in served.post("/allowances?lang=es", data=host).text
    served.post("/allowances/end", data={"kind": "known", "whose": "hospital", "what": "SRC-01"})
    assert "su proxy" not in served.get("/allowances?lang=es").text
    wrong = served.post("/allowances?lang=pt", data={**host, "until": "2020-01-01"})
    assert wrong.status_code == 400
    assert "no máximo daqui a 180 dias" in wrong.text


def test_the_form_comes_filled_and_takes_no_team_that_there_is_not(served: TestClient) -> None:
    for name, team in (("sur", "Hospital del Sur"), ("norte", "Clínica Norte")):
        body = {"name": name, "base": "http://10.0.0.7:8080", "team": team}
        assert served.post("/api/systems", json=body).status_code == 201
    asked = urlencode({"lang": "es", "team": "Hospital del Sur", "host": "10.0.0.7:8080"})
    page = served.get(f"/allowances?{asked}").text
    assert 'name="team" value="Hospital del Sur"' in page
    assert 'name="host" value="10.0.0.7:8080"' in page
    assert '<option value="Clínica Norte">' in page
    host = {"team": "Hospital de Sur", "host": "10.0.0.7:8080", "reason": "sala", "until": UNTIL}
    wrong = served.post("/allowances?lang=es", data=host)
    assert wrong.status_code == 404
    assert "Entre los que hay: Hospital del Sur." in wrong.text
    assert 'name="team" value="Hospital de Sur"' in wrong.text
    body = {"kind": "address", "what": "10.0.0.7", "reason": "sala", "until": UNTIL}
    refused = served.post("/api/allowances", json={**body, "whose": "Hospital de Sur"})
    assert (refused.status_code, refused.json()["key"]) == (404, "people.no_team")
    refused = served.post("/api/allowances", json={**REQUEST, "whose": "surr"})
    assert (refused.status_code, refused.json()["key"]) == (404, "testbench.no_system")
    assert served.get("/api/allowances").json() == []
    # a name is found however it is written
    kept = served.post("/api/allowances", json={**body, "whose": "hospital del sur"})
    assert kept.json()["whose"] == "Hospital del Sur"


def test_presets_are_listed_and_a_run_keeps_its_own(served: TestClient) -> None:
    listed = served.get("/api/presets", headers={"Accept-Language": "pt"}).json()
    assert {one["name"] for one in listed} >= {"lacpass-2023", "lacpass-2026", "training"}
    body = {"track": "ips.content", "system": "sandbox", "inputs": {"preset": "training"}}
    run = served.post("/api/runs", json=body).json()
    assert run["inputs"]["patient"] == "luzia-nogueira"
    assert run["inputs"]["preset"] == "training"
    bad = served.post(
        "/api/runs", json={**body, "inputs": {"preset": "lacpass-2026", "ruleset": "2023"}}
    )
    assert (bad.status_code, bad.json()["key"]) == (400, "testbench.locked_input")


def test_nobody_leaves_the_preset_of_the_event(tmp_path: Path) -> None:
    with a_sandbox(tmp_path, preset="lacpass-2026") as client:
        body = {"track": "ips.content", "system": "sandbox"}
        assert client.post("/api/runs", json=body).json()["inputs"]["ruleset"] == "2026"
        for inputs in ({"ruleset": "2023"}, {"preset": "lacpass-2023"}):
            bad = client.post("/api/runs", json={**body, "inputs": inputs})
            assert (bad.status_code, bad.json()["key"]) == (400, "testbench.locked_input")


def test_all_pairs_start_once_and_only_a_facilitator_starts_them(
    served: TestClient, people: dict[str, str]
) -> None:
    roles = ["document-source", "document-recipient", "document-consumer"]
    for name, system in (("Ana", "chile"), ("Pia", "peru")):
        assert registered(served, people[name], system, actors=roles).status_code == 201
    assert served.post("/api/peers", headers=as_one(people["Ana"])).status_code == 403
    runs = served.post("/api/peers", headers=as_one(people["Inés"])).json()
    assert {(one["system"], one["peers"]["recipient"]) for one in runs} == {
        ("chile", "peru"),
        ("peru", "chile"),
    }
    assert (
        served.post("/api/peers", headers=as_one(people["Inés"])).json() == []
    )  # they wait already
    assert (
        served.get(f"/api/runs/{runs[0]['id']}", headers=as_one(people["Pia"])).status_code == 200
    )


def test_a_system_of_another_team_is_no_recipient_unless_it_takes_part_as_one(
    served: TestClient, people: dict[str, str]
) -> None:
    registered(served, people["Ana"], "chile")
    registered(served, people["Pia"], "peru")
    body = {"track": "mhd.peers", "system": "chile", "inputs": {"recipient": "peru"}}
    refused = served.post("/api/runs", json=body, headers=as_one(people["Ana"]))
    assert (refused.status_code, refused.json()["key"]) == (403, "testbench.no_peer")
    registered(served, people["Pia"], "peru", actors=["document-recipient"])
    assert served.post("/api/runs", json=body, headers=as_one(people["Ana"])).status_code == 201


def test_an_actor_that_is_none_is_refused_and_one_elsewhere_has_its_own_base(
    served: TestClient,
) -> None:
    wrong = registered(served, "", actors=["document-eater"])
    assert (wrong.status_code, wrong.json()["key"]) == (400, "testbench.bad_actor")
    bases = {"terminology-repository": "http://127.0.0.1:9/tx"}
    registered(served, "", actors=["terminology-repository"], bases=bases, tags=["2026"])
    run = served.post(
        "/api/runs", json={"track": "terminology.readiness", "system": "hospital"}
    ).json()
    other = served.post("/api/runs", json={"track": "mhd.source", "system": "hospital"}).json()
    assert (run["base"], other["base"]) == ("http://127.0.0.1:9/tx", "http://127.0.0.1:9/fhir")
    page = served.get("/matrix?lang=es").text
    assert "svcm.repository" in page
    assert "pendiente" in page


def test_a_track_has_a_base_of_its_own_before_that_of_its_actor(served: TestClient) -> None:
    wrong = registered(served, "", bases={"vci.issue": "http://127.0.0.1:9/vci"})
    assert (wrong.status_code, wrong.json()["key"]) == (400, "testbench.bad_place")
    bases = {"vci.issuer": "http://127.0.0.1:9/vci", "content-creator": "http://127.0.0.1:9/all"}
    registered(served, "", actors=["content-creator"], bases=bases)
    begun = {
        track: served.post("/api/runs", json={"track": track, "system": "hospital"}).json()["base"]
        for track in ("vci.issuer", "meow.issuer", "mhd.source")
    }
    assert begun == {
        "vci.issuer": "http://127.0.0.1:9/vci",
        "meow.issuer": "http://127.0.0.1:9/all",
        "mhd.source": "http://127.0.0.1:9/fhir",
    }
