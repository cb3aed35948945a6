"""`connectathon wallet` against a server: received with its PIN, shown with consent, refused the second time, and after revocation noticed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from sandbox.cli.agreeing import listening
from sandbox.cli.verbs import app
from sandbox.course.connection import start_server
from sandbox.credentials.vaccination import VCT
from sandbox.errors import BadRequest, SandboxError
from tests.sandbox.certificates.making import CONTENTS

pytestmark = pytest.mark.daily("starting", share=1 / 3)

QUERY = {
    "credentials": [
        {"id": "icvp", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}, "claims": [{"path": ["vaccine", "product"]}]}
    ]
}  # fmt: skip
Said = Callable[..., Result]


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path))
    server = start_server({"CONNECTATHON_DATA": str(tmp_path)})
    monkeypatch.setenv("CONNECTATHON_BASE_URL", server.connection.url)
    yield server.connection.url
    server.stop()


def said(*words: str, text: str = "") -> Result:
    result = CliRunner().invoke(app, ["wallet", *words], input=text)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def posted(address: str, **body: Any) -> dict[str, Any]:
    return dict(httpx.post(address, json=body).raise_for_status().json())


def test_what_is_not_ready_is_asked_for_again_by_its_id(base: str) -> None:
    wish = {"country": "CL", "content": CONTENTS["icvp_2025"], "pin": False, "ready_after": 1}
    waits = said("receive", posted(f"{base}/api/offers", **wish)["link"])
    assert waits.exit_code == 0, waits.output
    id = waits.stdout.rpartition("receive ")[2].strip(" `\n")
    assert f"{id}  is still waited for" in said("list").stdout
    time.sleep(1.1)  # as the issuer has asked
    received = said("receive", id)
    assert "Kept as" in received.stdout, received.output
    assert "waited for" not in said("list").stdout


def test_a_holder_agrees_in_a_browser_and_the_command_goes_on(base: str) -> None:
    wish = {"country": "CL", "content": CONTENTS["icvp_2025"], "grant": "authorization_code"}
    offer = posted(f"{base}/api/offers", **wish)
    command = [sys.executable, "-m", "sandbox.cli", "wallet", "receive", offer["link"]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        link = process.stdout.readline().rpartition(" ")[2].strip()
        form = {"pin": offer["pin"], "decision": "agree"}
        # as a browser, which asks for the picture of the site as well
        back = httpx.post(link, data=form).headers["location"]
        assert httpx.get(f"{back.partition('/back')[0]}/favicon.ico").status_code == 404
        assert "go back to the command line" in httpx.get(back).text
        said_behind = process.stdout.read()
    assert process.returncode == 0, said_behind
    assert "Kept as" in said_behind


def test_nobody_is_waited_for_without_end() -> None:
    with listening("") as server, pytest.raises(BadRequest, match="nobody_came"):
        server.heard(patience=0.05)


def test_a_credential_of_w3c_leaves_whole_or_not_at_all(base: str) -> None:
    wish = {"country": "CL", "content": CONTENTS["icvp_2025"], "formats": ["jwt_vc_json"]}
    offer = posted(f"{base}/api/offers", **wish, pin=False)
    assert said("receive", offer["link"]).exit_code == 0
    assert "VaccinationCertificate" in said("list").stdout
    meta = {"type_values": [["VaccinationCertificate"]]}
    query = {"credentials": [{"id": "card", "format": "jwt_vc_json", "meta": meta}]}
    asked = posted(f"{base}/api/requests", query=query)
    with pytest.raises(SandboxError, match="more_than_allowed"):
        said("present", asked["link"], "--allow", "credentialSubject.batchNumber")
    sent = said("present", asked["link"], "--lang", "es", text="y\n")
    assert "se muestra entera o no se muestra" in sent.stderr
    assert sent.exit_code == 0, sent.output
    assert httpx.get(f"{base}/api/requests/{asked['id']}").json()["accepted"]


def test_a_credential_is_received_shown_and_its_revocation_noticed(base: str) -> None:
    offer = posted(f"{base}/api/offers", country="CL", content=CONTENTS["icvp_2025"])
    received = said("receive", offer["link"], "--lang", "es", text=f"{offer['pin']}\n")
    assert received.exit_code == 0, received.output
    assert "Guardada como" in received.stdout
    assert offer["pin"] not in received.output
    id = said("list").stdout.split()[0]
    shown = said("show", id)
    assert CONTENTS["icvp_2025"]["n"] in shown.stdout
    assert "PRIVATE KEY" not in shown.output

    asked = posted(f"{base}/api/requests", query=QUERY)
    kept = said("present", asked["link"], "--lang", "es", text="n\n")
    assert kept.exit_code == 1
    assert "No se envió nada" in kept.stderr
    assert "  + vaccine.product" in kept.stderr
    assert "  - name" in kept.stderr
    assert "error" in json.dumps(httpx.get(f"{base}/api/requests/{asked['id']}").json())
    asked = posted(f"{base}/api/requests", query=QUERY)
    with pytest.raises(SandboxError, match="more_than_allowed"):
        said("present", asked["link"], "--allow", "name")
    sent = said("present", asked["link"], text="y\n")
    assert sent.exit_code == 0, sent.output
    assert httpx.get(f"{base}/api/requests/{asked['id']}").json()["accepted"]
    with pytest.raises(SandboxError, match="asked_before"):
        said("present", asked["link"], "--allow", "vaccine.product")
    assert "vaccine.product" in said("list").stdout

    text = json.loads(said("export").stdout)["credentials"][0]["text"]
    revoked = CliRunner().invoke(app, ["vc", "revoke", "-", "--country", "CL"], input=text)
    assert revoked.exit_code == 0, revoked.output
    again = posted(f"{base}/api/requests", query=QUERY)
    assert said("present", again["link"], "--allow", "vaccine.product").exit_code == 0
    outcome = httpx.get(f"{base}/api/requests/{again['id']}").json()
    assert not outcome["accepted"]
    findings = [found for step in outcome["shown"][0]["steps"] for found in step["findings"]]
    assert "credentials.revoked" in {found["key"] for found in findings}
    assert "fail" in said("show", id).stdout.lower()
    exported = said("export")
    assert json.loads(exported.stdout)["credentials"][0]["id"] == id
    assert "PRIVATE KEY" not in exported.stdout
    assert said("wipe", text="n\n").exit_code == 1
    assert said("wipe", text="y\n").exit_code == 0
    assert said("list").stdout.strip() == ""
