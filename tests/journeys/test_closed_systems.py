"""Systems that are not open, entered, tried and tested from the pages: behind OAuth 2.0, behind an authority of their own, and reached by an agent alone.

A mistake says on the page what it is and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.test_event import SCREENS, browser, served
from tests.sandbox.api.test_agents import an_agent
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

pytestmark = [
    pytest.mark.daily("journeys", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("browser"),
    pytest.mark.xdist_group("browser"),
]
__all__ = ["browser"]
NEW = {"viewport": {"width": 1100, "height": 900}, "locale": "es-CL"}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[str]:
    with served(tmp_path / "bench", "--seed", "none", "--grant", "127.0.0.1") as address:
        yield address


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[str]:
    """A bench that may dial no private address: the port of a system here is closed to it."""
    with served(tmp_path / "bench", "--seed", "none") as address:
        yield address


# The live stream of an open page keeps a server from ending: the page closes before its server,
# since this fixture is asked for behind that.
@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(**NEW)
    yield context.new_page()
    context.close()


def register(page: Any, bench: str, base: str) -> None:
    """Registers a system by the form of the team's page, and opens what lets into it."""
    page.goto(f"{bench}/team")
    page.get_by_label("Nombre corto").fill("hospital")
    page.get_by_label("Base FHIR").fill(f"{base}/fhir")
    page.get_by_role("button", name="Registrar").click()
    page.get_by_role("link", name="hospital", exact=True).click()
    page.get_by_role("link", name="Credenciales").click()


def enter(page: Any, way: str, **fields: str) -> None:
    """Fills in the fields of one way, and seals them."""
    details = page.locator("details", has=page.locator("summary", has_text=way))
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    for name, value in fields.items():
        details.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Sellar y guardar").click()


def told(page: Any, screen: str) -> str:
    """Presses the button that tries, and returns what the page says of it."""
    page.get_by_role("button", name="Probar").click()
    result = page.get_by_role("status").filter(has=page.get_by_role("heading"))
    result.wait_for()
    page.screenshot(path=SCREENS / f"access-{screen}-es.png", full_page=True)
    return str(result.inner_text())


def verdict_of_run(page: Any, bench: str) -> str:
    """Starts the tests of a Document Recipient by the form of the team's page; returns the verdict that the page shows."""
    page.goto(f"{bench}/team")
    page.get_by_label(re.compile("^Pista")).select_option("mhd.recipient")
    page.get_by_role("button", name="Iniciar").click()
    page.get_by_role("heading", name=re.compile("→ hospital$")).wait_for()
    # nobody reloads the page: its stream brings the verdict
    verdict = page.locator("dl.facts dd [class^='v-']")
    verdict.wait_for(timeout=90_000)
    return str(verdict.get_attribute("class")).removeprefix("v-")


def test_a_system_behind_oauth(tmp_path: Path, bench: str, page: Any) -> None:
    endpoint = TokenEndpoint()
    gate = Gate(a_system(tmp_path), endpoint.allows)
    with serving(endpoint) as tokens, serving(gate) as base:
        register(page, bench, base)
        fields = {"token_endpoint": tokens, "client_id": CLIENT, "client_secret": "canary-wrong"}
        enter(page, "OAuth 2.0 (client credentials)", **fields)
        wrong = told(page, "wrong-secret")
        assert "401 invalid_client" in wrong
        assert "client_secret es incorrecto" in wrong
        assert verdict_of_run(page, bench) == "inconclusive"
        page.goto(f"{bench}/team/systems/hospital/access")
        enter(page, "OAuth 2.0 (client credentials)", client_secret=CLIENT_SECRET)
        assert "las credenciales funcionan" in told(page, "oauth")
        assert verdict_of_run(page, bench) in ("pass", "warn")
        assert "canary" not in page.content()


def test_a_system_behind_an_authority_of_its_own(tmp_path: Path, bench: str, page: Any) -> None:
    authority = issued("Ministry CA", is_authority=True)
    other = issued("Another CA", is_authority=True)
    server = issued("hospital", authority).files(tmp_path, "server")
    known = Path(authority.files(tmp_path, "authority")["ssl_certfile"])
    client = issued("bench", authority)
    options = server | asking_for_certificates(known)
    with serving(a_system(tmp_path), **options) as base:
        register(page, bench, base)
        enter(page, "Autoridades en las que se confía", authorities=other.pem)
        unknown = told(page, "unknown-authority")
        assert "Ministry CA, que no está en tu conjunto de autoridades" in unknown
        assert "Ingresa el certificado de esa autoridad" in unknown
        enter(page, "Autoridades en las que se confía", authorities=authority.pem)
        assert "agent … --certificate FILE --private-key FILE" in page.content()
        assert "pide un certificado de cliente" in told(page, "certificate-wanted")
        enter(page, "TLS mutuo", certificate=client.pem, private_key=client.key_pem)
        assert "las credenciales funcionan" in told(page, "mutual-tls")
        assert verdict_of_run(page, bench) in ("pass", "warn")
        assert "PRIVATE KEY" not in page.content()


def test_a_system_that_its_agent_alone_reaches(tmp_path: Path, outside: str, page: Any) -> None:
    with serving(a_system(tmp_path)) as base:
        register(page, outside, base)
        absent = told(page, "no-agent")
        assert "Ningún agente de hospital está en marcha" in absent
        assert f"connectathon agent --server {outside} --system hospital" in absent
        assert verdict_of_run(page, outside) == "inconclusive"
        page.goto(f"{outside}/team/systems/hospital/access")
        with an_agent(outside) as agent:
            assert agent.stdout
            assert base in agent.stdout.readline()
            assert "las credenciales funcionan" in told(page, "agent")
            assert verdict_of_run(page, outside) in ("pass", "warn")
