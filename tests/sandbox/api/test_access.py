"""A team's system that is not open is entered, tried and run against; what lets in is found nowhere afterwards."""

from __future__ import annotations

import io
import stat
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.course.bench import run_against
from sandbox.event.runs import Runs
from sandbox.ids import sequence_of_ids
from sandbox.redact import RedactingFormatter
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.conftest import TickingClock, a_sandbox
from tests.sandbox.api.test_gate import FORM, an_event
from tests.sandbox.course.test_session import a_lesson
from tests.sandbox.event.closed_systems import (
    CLIENT,
    CLIENT_SECRET,
    Gate,
    TokenEndpoint,
    a_system,
    asking_for_certificates,
    issued,
    serving,
)

LOOPBACK = ("127.0.0.1", "localhost")
TRACK = "mhd.recipient"
PLACE = "/api/systems/hospital/access"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, grants=LOOPBACK) as client:
        yield client


def entered(bench: TestClient, base: str, **fields: str) -> Any:
    """Registers a system and enters what lets into it."""
    system = {"name": "hospital", "base": f"{base}/fhir", "team": "Chile"}
    assert bench.post("/api/systems", json=system).status_code == 201
    reply = bench.post(PLACE, json={"fields": fields})
    assert reply.status_code == 200, reply.text
    return reply.json()


def tried(bench: TestClient) -> Any:
    return bench.post(f"{PLACE}/try").json()


def keys(bench: TestClient) -> list[str]:
    return [line["key"] for line in tried(bench)["said"]]


def run_of(bench: TestClient) -> Any:
    run = bench.post("/api/runs", json={"track": TRACK, "system": "hospital"}).json()
    deadline = time.monotonic() + 60
    while run["state"] in ("queued", "running") and time.monotonic() < deadline:
        time.sleep(0.05)
        run = bench.get(f"/api/runs/{run['id']}").json()
    return run


def evidence_of(folder: Path, run: str) -> bytes:
    partitions = Partitions(folder / "sandbox")
    try:
        runs = Runs(RunStore(partitions.main), clock=TickingClock(), new_id=sequence_of_ids("x"))
        return runs.evidence(run)
    finally:
        partitions.close()


def oauth(endpoint: str, **changed: str) -> dict[str, str]:
    fields = {"token_endpoint": endpoint, "client_id": CLIENT, "client_secret": CLIENT_SECRET}
    return fields | changed


def test_a_system_behind_oauth_is_run_and_tokens_are_renewed(
    bench: TestClient, tmp_path: Path
) -> None:
    tokens = TokenEndpoint(uses=5)
    gate = Gate(a_system(tmp_path), tokens.allows)
    with serving(tokens) as endpoint, serving(gate) as base:
        held = entered(bench, base, **oauth(endpoint))
        assert held["ways"] == ["oauth2"]
        assert tried(bench)["is_open"]
        run = run_of(bench)
    assert (run["state"], run["verdict"]) in (("done", "pass"), ("done", "warn"))
    # of each five requests were answered: the run went on with the next
    assert len(tokens.given) > 3


def test_a_system_behind_oauth_without_the_secret_is_inconclusive_in_words(
    bench: TestClient, tmp_path: Path
) -> None:
    tokens = TokenEndpoint()
    gate = Gate(a_system(tmp_path), tokens.allows)
    with serving(tokens) as endpoint, serving(gate) as base:
        entered(bench, base, **oauth(endpoint, client_secret="wrong-secret"))
        (line,) = tried(bench)["said"]
        run = run_of(bench)
    assert line["key"] == "access.token_refused"
    assert line["text"] == "The token endpoint of 127.0.0.1 answered 401 invalid_client."
    assert run["verdict"] == "inconclusive"
    assert "answered 401 invalid_client" in bench.get(f"/api/runs/{run['id']}").text
    # no request reached the system without a token
    assert gate.seen == []


def test_a_token_endpoint_that_does_not_answer_is_said_in_trial_and_run(
    bench: TestClient, tmp_path: Path
) -> None:
    with serving(a_system(tmp_path)) as base:
        entered(bench, base, **oauth("http://127.0.0.1:9/token"))
        line = tried(bench)["said"][0]
        run = run_of(bench)
    told = "The token endpoint http://127.0.0.1:9/token is not responding:"
    assert line["text"].startswith(told)
    assert run["verdict"] == "inconclusive"
    assert told in bench.get(f"/api/runs/{run['id']}").text


def test_nothing_is_entered_for_the_bundled_server(bench: TestClient) -> None:
    reply = bench.post("/api/systems/sandbox/access", json={"fields": {"token": "canary"}})
    assert reply.status_code == 400
    assert "sandbox is the bundled server" in reply.text


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ({"token_type": "Bearer"}, "access.no_token"),
        ({"access_token": "x\ny", "token_type": "Bearer"}, "access.no_token"),
        ({"access_token": "abcdefgh", "token_type": "mac"}, "access.other_token_type"),
        ({"access_token": "abcdefgh", "token_type": "Bearer"}, "access.refused_401"),
    ],
)
def test_what_a_token_endpoint_grants_wrongly_has_its_own_sentence(
    bench: TestClient, tmp_path: Path, answer: dict[str, str], key: str
) -> None:
    tokens = TokenEndpoint(answer=answer)
    with serving(tokens) as endpoint, serving(Gate(a_system(tmp_path), tokens.allows)) as base:
        entered(bench, base, **oauth(endpoint))
        assert keys(bench) == [key]


@pytest.mark.parametrize(
    ("fields", "wrong", "header", "value"),
    [
        (
            {"user": "bench", "password": "canary-password"},
            {"password": "other-password"},
            "authorization",
            "Basic YmVuY2g6Y2FuYXJ5LXBhc3N3b3Jk",
        ),
        (
            {"token": "canary-bearer"},
            {"token": "other-bearer"},
            "authorization",
            "Bearer canary-bearer",
        ),
        (
            {"header": "X-Gateway-Key", "key": "canary-key-0"},
            {"key": "other-key-00"},
            "x-gateway-key",
            "canary-key-0",
        ),
    ],
)
def test_headers_let_in_and_a_wrong_one_does_not(
    bench: TestClient,
    tmp_path: Path,
    fields: dict[str, str],
    wrong: dict[str, str],
    header: str,
    value: str,
) -> None:
    gate = Gate(a_system(tmp_path), lambda request: request.headers.get(header) == value)
    with serving(gate) as base:
        entered(bench, base, **fields)
        assert keys(bench) == ["access.answers"]
        bench.post(PLACE, json={"fields": wrong})
        assert keys(bench) == ["access.refused_401"]
        bench.post(f"{PLACE}/remove")
        assert bench.get(PLACE).json()["fields"] == []
        assert keys(bench) == ["access.refused_401"]


def test_a_private_authority_is_named_until_it_is_entered(
    bench: TestClient, tmp_path: Path
) -> None:
    root = issued("Ministry Root CA", is_authority=True)
    middle = issued("Ministry Issuing CA", root, is_authority=True)
    server = issued("hospital", middle)
    files = server.files(tmp_path, "server")
    Path(files["ssl_certfile"]).write_text(server.pem + middle.pem)
    with serving(a_system(tmp_path), **files) as base:
        entered(bench, base, header="X-Key", key="canary-of-tls")
        (line,) = tried(bench)["said"]
        assert line["key"] == "access.unknown_issuer"
        assert "ends at CN=Ministry Root CA, which is not in your bundle" in line["text"]
        bench.post(PLACE, json={"fields": {"authorities": root.pem}})
        assert keys(bench) == ["access.answers"]
        run = run_of(bench)
    assert run["verdict"] in ("pass", "warn")


@pytest.mark.parametrize(
    ("host", "days", "key", "words"),
    [
        ("other.example", 30, "access.other_name", "for other names: other.example"),
        ("127.0.0.1", -2, "access.expired", "the certificate of CN=hospital expired on"),
    ],
)
def test_a_certificate_that_does_not_hold_says_why(
    bench: TestClient, tmp_path: Path, host: str, days: int, key: str, words: str
) -> None:
    root = issued("Ministry Root CA", is_authority=True)
    server = issued("hospital", root, host=host, days=days)
    with serving(a_system(tmp_path), **server.files(tmp_path, "server")) as base:
        entered(bench, base, authorities=root.pem)
        (line,) = tried(bench)["said"]
    assert line["key"] == key
    assert words in line["text"]


def test_a_self_signed_certificate_is_trusted_once_it_is_entered(
    bench: TestClient, tmp_path: Path
) -> None:
    alone = issued("hospital")
    with serving(a_system(tmp_path), **alone.files(tmp_path, "server")) as base:
        entered(bench, base, header="X-Key", key="canary-of-tls")
        assert keys(bench) == ["access.self_signed"]
        bench.post(PLACE, json={"fields": {"authorities": alone.pem}})
        assert keys(bench) == ["access.answers"]


def test_a_client_certificate_is_shown_and_a_refused_one_is_told(
    bench: TestClient, tmp_path: Path
) -> None:
    root = issued("Ministry Root CA", is_authority=True)
    clients = issued("Clients CA", is_authority=True)
    right = issued("bench", clients)
    wrong = issued("bench", issued("Another CA", is_authority=True))
    files = issued("hospital", root).files(tmp_path, "server")
    (tmp_path / "clients.pem").write_text(clients.pem)
    options = files | asking_for_certificates(tmp_path / "clients.pem")
    with serving(a_system(tmp_path), **options) as base:
        entered(bench, base, authorities=root.pem)
        assert keys(bench) == ["access.certificate_wanted"]
        mutual = {"certificate": wrong.pem, "private_key": wrong.key_pem}
        bench.post(PLACE, json={"fields": mutual})
        assert keys(bench) == ["access.certificate_refused_unsaid"]
        mutual = {"certificate": right.pem, "private_key": right.key_pem}
        bench.post(PLACE, json={"fields": mutual})
        assert keys(bench) == ["access.answers"]
        run = run_of(bench)
    assert run["verdict"] in ("pass", "warn")


def test_credentials_do_not_follow_a_system_to_another_address(
    bench: TestClient, tmp_path: Path
) -> None:
    first = Gate(a_system(tmp_path / "a"), lambda request: True)
    second = Gate(a_system(tmp_path / "b"), lambda request: True)
    with serving(first) as base, serving(second) as other:
        entered(bench, base, token="canary-bearer")
        assert keys(bench) == ["access.answers"]
        bench.post(
            "/api/systems", json={"name": "hospital", "base": f"{other}/fhir", "team": "Chile"}
        )
        assert keys(bench) == ["access.moved"]
        assert second.seen == []
        # another team that gets the alias gets nothing with it
        bench.post(
            "/api/systems", json={"name": "hospital", "base": f"{base}/fhir", "team": "Peru"}
        )
        assert bench.get(PLACE).json()["fields"] == []


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"user": "bench"}, "access.lacks_field"),
        ({"user": "b", "password": "p", "token": "t"}, "access.two_ways"),
        ({"pasword": "x"}, "access.no_field"),
        ({"places": "[]"}, "access.no_field"),
        ({"token": "a\nX-Evil: 1"}, "access.odd_signs"),
        ({"token": "contraseña"}, "access.odd_signs"),
        ({"token": "x" * 5000}, "access.too_long"),
        ({"header": "Host", "key": "k"}, "access.bad_header"),
        ({"header": "X Key", "key": "k"}, "access.bad_header"),
        ({"user": "a:b", "password": "p"}, "access.colon_in_user"),
        (oauth("ftp://x"), "access.bad_endpoint"),
        (oauth("https://x", client_auth="jwt"), "access.bad_client_auth"),
        (oauth("https://u:p@x/token"), "testbench.userinfo"),
        ({"authorities": "no pem"}, "access.bad_pem"),
        (
            {"certificate": issued("a").pem, "private_key": issued("b").key_pem},
            "access.other_key",
        ),
    ],
)
def test_what_lets_nobody_in_is_refused_for_its_own_reason(
    bench: TestClient, fields: dict[str, str], key: str
) -> None:
    bench.post("/api/systems", json={"name": "hospital", "base": "https://h.example/fhir"})
    reply = bench.post(PLACE, json={"fields": fields})
    assert (reply.status_code, reply.json()["key"]) == (400, key)
    assert bench.get(PLACE).json()["fields"] == []


def test_no_secret_is_found_afterwards(
    bench: TestClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # as a server writes it, and more of it than one is ever asked to write
    caplog.set_level("DEBUG")
    caplog.handler.setFormatter(RedactingFormatter("%(message)s"))
    tokens = TokenEndpoint()

    async def telling(scope: Scope, receive: Receive, send: Send) -> None:
        # a system that says in its answer what it was sent
        sent = {name.decode(): value.decode() for name, value in scope["headers"]}
        await JSONResponse(sent, headers={"X-Told": sent["authorization"]})(scope, receive, send)

    mine = issued("bench")
    with serving(tokens) as endpoint, serving(Gate(telling, tokens.allows)) as base:
        entered(
            bench, base, **oauth(endpoint), header="X-Gateway", key="canary-api-key",
            certificate=mine.pem, private_key=mine.key_pem,
        )  # fmt: skip
        run = run_of(bench)
    assert tokens.given
    words = [CLIENT_SECRET, "canary%2Foauth", "canary-api-key", "canary-access-token"]
    words += mine.key_pem.splitlines()[1:3]
    told = [
        bench.get(address).content
        for address in (
            "/api/systems", PLACE, "/team", "/team/systems/hospital",
            "/team/systems/hospital/access", "/api/audit", f"/runs/{run['id']}",
            f"/api/runs/{run['id']}", f"/api/runs/{run['id']}/events", "/api/report",
            *(f"/api/runs/{run['id']}/exchanges/{number}" for number in range(3)),
        )
    ]  # fmt: skip
    archive = evidence_of(tmp_path, run["id"])
    with zipfile.ZipFile(io.BytesIO(archive)) as parts:
        told += [parts.read(name) for name in parts.namelist()]
    assert b"x-gateway" in b"".join(told).lower()
    files = [file for file in (tmp_path / "sandbox").rglob("*") if file.is_file()]
    told += [file.read_bytes() for file in files]
    told.append(caplog.text.encode())
    assert len(files) > 1
    assert "x-told" in caplog.text
    for word in words:
        assert [word for content in told if word.encode() in content] == []
    assert stat.S_IMODE((tmp_path / "sandbox" / "sealing.key").stat().st_mode) == 0o600


def test_only_members_and_facilitators_enter_and_try(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        system = {"name": "hospital", "base": "https://h.example/fhir"}
        assert event.ask("POST", "/api/systems", event.sessions["Ana"], json=system).is_success
        for name, status in (("Ana", 200), ("Inés", 200), ("Pia", 403), ("Mario", 403)):
            secret = event.sessions[name]
            fields = {"fields": {"token": f"canary-of-{name[:1]}"}}
            page = "/team/systems/hospital/access"
            asked = [
                event.ask("POST", PLACE, secret, json=fields),
                event.ask("GET", PLACE, secret),
                event.ask("GET", page, secret),
            ]
            assert [reply.status_code for reply in asked] == [status] * 3
            if status == 403:
                assert event.ask("POST", f"{PLACE}/try", secret).status_code == 403
                assert event.ask("POST", f"{PLACE}/remove", secret).status_code == 403
                assert event.ask("POST", page, secret, headers=FORM).status_code == 403
        acts = event.ask("GET", "/api/audit", event.sessions["Inés"]).json()
        assert [one["who"] for one in acts if one["act"] == "access.sealed"] == ["Inés", "Ana"]


def test_the_page_enters_tries_and_takes_away(bench: TestClient, tmp_path: Path) -> None:
    place = "/team/systems/hospital/access?lang=en"
    gate = Gate(a_system(tmp_path), lambda request: "canary" in str(request.headers))
    with serving(gate) as base:
        bench.post("/api/systems", json={"name": "hospital", "base": f"{base}/fhir"})
        page = bench.post(place, data={"user": "bench"}, headers=FORM)
        assert page.status_code == 400
        assert "password is missing, and basic needs it" in page.text
        page = bench.post(place, data={"token": "canary-bearer", "key": "", "scope": ""})
        assert page.status_code == 200
        assert "canary-bearer" not in page.text
        page = bench.post("/team/systems/hospital/access/try?lang=en", headers=FORM)
        assert "answers: the credentials work" in page.text
        page = bench.post("/team/systems/hospital/access/remove?lang=en", headers=FORM)
        assert "Nothing: the system is tested as an open one" in page.text
        page = bench.post("/team/systems/hospital/access/try?lang=es", headers=FORM)
        assert "responde 401" in page.text


def test_a_lesson_and_the_command_line_take_the_alias(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONNECTATHON_LANG", "en")
    secret = tmp_path / "secret.txt"
    secret.write_text("canary-bearer\n")
    gate = Gate(
        a_system(tmp_path),
        lambda request: request.headers.get("authorization") == "Bearer canary-bearer",
    )

    def command(*words: str) -> Any:
        return CliRunner().invoke(app, words)

    with serving(gate) as base, a_sandbox(tmp_path, seed="training") as trained:
        command("systems", "add", "hospital", f"{base}/fhir")
        assert command("systems", "try", "hospital").exit_code == 1
        assert command("systems", "seal", "hospital", "--field", "token=canary").exit_code == 2
        sealed = command("systems", "seal", "hospital", "--field", f"token=@{secret}")
        assert (sealed.exit_code, sealed.stdout.strip()) == (0, "hospital: token")
        assert command("systems", "rotate").exit_code == 0
        assert command("systems", "try", "hospital").exit_code == 0
        assert command("run", TRACK, "--system", "hospital", "--test", "RCP-01").exit_code == 0
        own = a_lesson(trained, tmp_path).against("hospital")
        assert own.client.get("metadata").status == 200
        assert "canary" not in repr(own.client.exchanges[0].request_headers)
        own.client.close()
        verdicts = run_against("hospital", TRACK, tests=["RCP-01"], given={}, language="en")
        assert set(verdicts.verdicts.values()) <= {"pass", "warn"}
        assert command("systems", "unseal", "hospital").exit_code == 0
        assert command("systems", "try", "hospital").exit_code == 1
