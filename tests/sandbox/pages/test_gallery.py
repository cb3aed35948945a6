"""Teams share samples by a form alone, each is judged and has a page; others take one to a run; what is taken out
leaves a tombstone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.certificates.qr import png_of
from sandbox.fhir.json import write_json
from sandbox.limits import SAMPLE_BYTES
from sandbox.store.partitions import Partitions
from sandbox.store.redacting import redact
from sandbox.store.targets import target_of
from tests.builders import a_patient
from tests.sandbox.api.test_gate import FORM, Event, an_event
from tests.sandbox.certificates.test_links import a_link
from tests.sandbox.credentials.making import sdjwt
from tests.sandbox.ips.test_reading import a_document
from tests.sandbox.pages.test_certificates import issued

WRONG = json.dumps(a_patient(gender="F"))
RIGHT = json.dumps(a_patient())
RUN = "12.345.678-5"


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def shared(event: Event, content: str | bytes, title: str = "Un caso", who: str = "Ana") -> Any:
    """Shares by the form with a file, as a browser without scripts sends it."""
    return event.ask(
        "POST", "/gallery?lang=es", event.sessions[who], data={"title": title, "text": ""},
        files={"file": ("a.json", content)}, follow_redirects=False,
    )  # fmt: skip


def id_of(reply: Any) -> str:
    assert reply.status_code == 303, reply.text
    return str(urlsplit(reply.headers["Location"]).path.rpartition("/")[2])


def listed(event: Event, query: str = "", who: str = "Pia") -> list[dict[str, Any]]:
    reply = event.ask("GET", f"/api/samples{query}", event.sessions[who])
    assert reply.status_code == 200, reply.text
    return list(reply.json())


def test_what_one_team_shares_by_a_form_another_reads_with_its_verdict(event: Event) -> None:
    id = id_of(shared(event, WRONG))
    page = event.ask("GET", f"/gallery/{id}?lang=es", event.sessions["Pia"])
    assert "Un caso" in page.text
    assert "Chile" in page.text
    assert '<strong class="v-fail">falla</strong>' in page.text
    assert "no está en el conjunto de valores" in page.text
    assert 'id="out"' not in page.text  # another team's
    assert f"sample:{id}" in page.text
    content = event.ask("GET", f"/api/samples/{id}/content", event.sessions["Pia"])
    assert content.text == WRONG
    assert content.headers["Content-Disposition"] == f'attachment; filename="{id}.json"'


def test_pasted_text_is_shared_too_and_a_form_with_a_fault_keeps_what_was_typed(
    event: Event,
) -> None:
    ana = event.sessions["Ana"]
    form = {"title": " ", "text": RIGHT}
    refused = event.ask("POST", "/gallery?lang=es", ana, data=form, headers=FORM)
    assert refused.status_code == 400
    assert "La muestra no tiene título" in refused.text
    assert "&#34;resourceType&#34;" in refused.text
    again = event.ask(
        "POST", "/gallery", ana, data={"title": "Bien", "text": RIGHT}, follow_redirects=False
    )
    assert listed(event)[0] == listed(event, "?kind=document&verdict=pass")[0]
    assert listed(event)[0]["id"] == id_of(again)


def test_each_kind_is_known_and_judged_by_its_own_judge(event: Event, tmp_path: Path) -> None:
    certificate = issued(tmp_path / "elsewhere")
    kinds = {
        "document": write_json(a_document()),
        "certificate": certificate.encode(),
        "link": a_link(exp=None).encode(),
        "credential": sdjwt().encode(),
    }
    for kind, content in kinds.items():
        id = id_of(shared(event, content, kind))
        (sample,) = listed(event, f"?kind={kind}")
        assert (sample["id"], sample["title"]) == (id, kind)
        page = event.ask("GET", f"/gallery/{id}?lang=es", event.sessions["Pia"])
        assert page.status_code == 200, kind
    # whose key nobody here believes, and whose issuer nobody knows
    assert [row["verdict"] for row in listed(event, "?kind=certificate")] != ["pass"]
    assert [row["verdict"] for row in listed(event, "?kind=document")] == ["warn"]
    assert [row["verdict"] for row in listed(event, "?kind=link")] == ["pass"]
    document = event.ask("GET", f"/gallery/{listed(event, '?kind=document')[0]['id']}?lang=es",
                         event.sessions["Pia"])  # fmt: skip
    assert "Metformina 850 mg" in document.text
    # the picture of a code is the text of the code
    picture = id_of(shared(event, png_of(certificate)))
    content = event.ask("GET", f"/api/samples/{picture}/content", event.sessions["Pia"])
    assert content.text == certificate


def test_a_picture_without_a_code_is_refused_for_that(event: Event) -> None:
    refused = shared(event, b"\x89PNG nothing")
    assert refused.status_code == 400
    assert listed(event) == []


def test_filters_narrow_by_country_and_verdict_and_a_word_that_is_none_is_refused(
    event: Event,
) -> None:
    shared(event, WRONG, "mal")
    shared(event, RIGHT, "bien", "Pia")
    assert [row["title"] for row in listed(event)] == ["bien", "mal"]
    assert [row["title"] for row in listed(event, "?verdict=fail")] == ["mal"]
    assert [row["title"] for row in listed(event, "?team=Chile")] == ["mal"]
    assert listed(event, "?country=BR") == []
    page = event.ask("GET", "/gallery?lang=es&verdict=warn", event.sessions["Ana"])
    assert "Ninguna muestra corresponde" in page.text
    for query in ("?kind=x", "?verdict=skip", "?cursor=x"):
        refused = event.ask("GET", f"/api/samples{query}", event.sessions["Ana"])
        assert refused.status_code == 400, query


def test_a_list_goes_on_where_its_part_ended(event: Event) -> None:
    for title in ("a", "b", "c"):
        shared(event, RIGHT, title)
    first = event.ask("GET", "/api/samples?limit=2", event.sessions["Ana"])
    assert [row["title"] for row in first.json()] == ["c", "b"]
    assert first.headers["X-Total-Count"] == "3"
    query = first.headers["Link"].partition("<")[2].partition(">")[0]
    assert [row["title"] for row in listed(event, query)] == ["a"]


def test_a_sample_is_taken_as_input_of_a_run_by_the_form_that_it_fills_in(event: Event) -> None:
    id = id_of(shared(event, write_json(a_document()), "Resumen"))
    pia = event.sessions["Pia"]
    way = event.ask(
        "GET", f"/gallery/{id}/take?use=ips.content+document&system=sandbox&lang=es", pia,
        follow_redirects=False,
    )  # fmt: skip
    assert way.status_code == 303
    query = parse_qs(urlsplit(way.headers["Location"]).query)
    assert query["input.document"] == [f"sample:{id}"]
    form = event.ask("GET", f"/team/start?{urlsplit(way.headers['Location']).query}", pia)
    assert f">sample:{id}</textarea>" in form.text
    fields = {"system": "sandbox", "track": "ips.content", "input.document": f"sample:{id}"}
    run = event.ask("POST", "/team/runs", pia, data=fields, follow_redirects=False)
    assert run.status_code == 303, run.text
    place = urlsplit(run.headers["Location"]).path.rpartition("/")[2]
    given = event.ask("GET", f"/api/runs/{place}", pia).json()["inputs"]["document"]
    assert json.loads(given)["type"] == "document"
    odd = event.ask("GET", f"/gallery/{id}/take?use=ips.content+certificate", pia)
    assert odd.status_code == 400


def test_what_is_taken_out_leaves_a_tombstone_and_no_word_of_it(
    event: Event, tmp_path: Path
) -> None:
    id = id_of(shared(event, WRONG, "Caso de Rosa"))
    refused = event.ask("POST", f"/api/samples/{id}/take-out", event.sessions["Pia"])
    assert refused.status_code == 403
    done = event.ask(
        "POST", f"/gallery/{id}/take-out", event.sessions["Ana"], headers=FORM,
        follow_redirects=False,
    )  # fmt: skip
    assert id_of(done) == id
    page = event.ask("GET", f"/gallery/{id}?lang=es", event.sessions["Pia"])
    assert page.status_code == 410
    assert "Esta muestra fue retirada" in page.text
    assert "Rosa" not in page.text
    assert listed(event) == []
    told = event.ask("GET", f"/api/samples/{id}", event.sessions["Pia"]).json()
    assert (told["title"], told["findings"], bool(told["gone"])) == ("", [], True)
    gone = event.ask("GET", f"/api/samples/{id}/content", event.sessions["Pia"])
    assert (gone.status_code, gone.json()["key"]) == (410, "gallery.gone")
    fields = {"track": "ips.content", "system": "sandbox", "inputs": {"document": f"sample:{id}"}}
    run = event.ask("POST", "/api/runs", event.sessions["Pia"], json=fields)
    assert (run.status_code, run.json()["key"]) == (410, "gallery.gone")
    acts = [entry["act"] for entry in event.ask("GET", "/api/audit", event.sessions["Inés"]).json()]
    assert acts[:2] == ["gallery.taken_out", "gallery.shared"]


def test_redaction_reaches_samples_and_their_titles(event: Event, tmp_path: Path) -> None:
    patient = a_patient(identifier=[{"value": RUN}])
    in_text = id_of(shared(event, json.dumps(patient)))
    in_title = id_of(shared(event, RIGHT, f"Caso {RUN}"))
    partitions = Partitions(tmp_path / "sandbox")
    spots = redact(partitions, target_of(RUN), reason="real patient")
    partitions.close()
    assert sorted(spot.kind for spot in spots) == ["body", "line"]
    page = event.ask("GET", f"/gallery/{in_text}?lang=es", event.sessions["Pia"])
    assert page.status_code == 410
    assert "no debía estar aquí" in page.text
    titled = event.ask("GET", f"/gallery/{in_title}?lang=es", event.sessions["Pia"])
    assert titled.status_code == 200
    assert RUN not in titled.text


def test_a_team_shares_by_its_token_and_not_by_one_for_reading(event: Event) -> None:
    token = event.token("Chile")
    made = event.ask("POST", "/api/samples?title=Nuevo", token, content=RIGHT)
    assert made.status_code == 201, made.text
    assert (made.json()["team"], made.json()["verdict"]) == ("Chile", "pass")
    assert made.headers["Location"] == f"/api/samples/{made.json()['id']}"
    reader = event.token("Chile", "read")
    refused = event.ask("POST", "/api/samples?title=Nuevo", reader, content=RIGHT)
    assert refused.status_code == 403


def test_a_monitor_without_a_team_looks_and_shares_nothing_of_others(event: Event) -> None:
    id = id_of(shared(event, RIGHT))
    mario = event.sessions["Mario"]
    assert event.ask("GET", f"/gallery/{id}", mario).status_code == 200
    assert event.ask("POST", f"/api/samples/{id}/take-out", mario).status_code == 403
    assert event.ask("GET", "/gallery").status_code == 401
    assert event.ask("GET", f"/api/samples/{id}").status_code == 401


@pytest.mark.parametrize(("content", "status"), [(b" ", 400), (b"x" * (SAMPLE_BYTES + 1), 413)])
def test_nothing_and_too_much_are_refused(event: Event, content: bytes, status: int) -> None:
    ana = event.sessions["Ana"]
    assert event.ask("POST", "/api/samples?title=x", ana, content=content).status_code == status
    assert shared(event, content).status_code == status
    assert listed(event) == []


def test_a_sample_that_is_none_says_so(event: Event) -> None:
    for path in ("/api/samples/none", "/gallery/none", "/gallery/none/take?use=x"):
        assert event.ask("GET", path, event.sessions["Ana"]).status_code == 404
