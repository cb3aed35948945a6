"""A page of somebody else, open in the same browser as the sandbox, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.course.connection import start_server
from tests.browser import launched

pytestmark = [pytest.mark.slow, pytest.mark.needs("browser"), pytest.mark.xdist_group("browser")]
FORM = "<form id=f method=post enctype='text/plain'><input name=a value=b></form>"
TAKE_OVER = """fetch('/api/people', {
    method: 'POST', headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({name: 'Eva', role: 'facilitator'})}).then(reply => reply.status)"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    running = start_server({"CONNECTATHON_DATA": str(tmp_path_factory.mktemp("data"))})
    yield running.connection.url
    running.stop()


@pytest.fixture
def page(server: str) -> Iterator[Any]:
    """A page in Spanish of a browser in which the names of an attacker lead to this machine."""
    from playwright.sync_api import sync_playwright

    rules = "MAP rebind.evil.example 127.0.0.1, MAP evil.example 127.0.0.1"
    with sync_playwright() as playwright:
        browser = launched(playwright, f"--host-resolver-rules={rules}")
        page = browser.new_page(locale="es-CL")
        frame = f"<iframe src='{server}/'></iframe>"
        page.route(
            "http://evil.example/**",
            lambda route: route.fulfill(body=FORM + frame, content_type="text/html"),
        )
        yield page
        browser.close()


def test_a_name_that_leads_here_does_not_take_the_sandbox_over(server: str, page: Any) -> None:
    port = server.rpartition(":")[2]
    page.goto(f"http://rebind.evil.example:{port}/people")
    assert "no responde al nombre rebind.evil.example" in page.inner_text("body")
    assert page.evaluate(TAKE_OVER) == 421
    assert httpx.get(f"{server}/api/people", trust_env=False).json() == []


def test_nothing_is_stored_or_signed_for_it_and_no_page_is_framed(server: str, page: Any) -> None:
    page.goto("http://evil.example/")
    page.wait_for_load_state("networkidle")
    assert not page.frames[-1].url.startswith(server)
    sent = "fetch(address, {method: 'POST', mode: 'no-cors', body: 'x'}).then(() => 1, () => 0)"
    page.evaluate(f"address => {sent}", f"{server}/fhir/Binary")
    assert httpx.get(f"{server}/fhir/Binary", trust_env=False).json()["total"] == 0
    with page.expect_navigation():
        page.evaluate(f"f.action = '{server}/v2/vshcIssuance'; f.submit()")
    assert "una página de otra dirección" in page.inner_text("body")
