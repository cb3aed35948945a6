"""A person shares a summary, another opens it with the passcode, and the first takes it back; each page in each language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.i18n import LANGUAGES, Language, say
from tests.conftest import a_sandbox
from tests.sandbox.certificates.making import CONTENTS, signed


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, country="CL", seed="training") as client:
        yield client


def shared(sandbox: TestClient, **form: str) -> tuple[str, str]:
    """The page of a new link, and the link in it."""
    reply = sandbox.post("/links?lang=es", data={"patient": "rosa-fuenzalida", **form})
    assert reply.status_code == 200, reply.text
    text = re.search(r"<textarea[^>]*>([^<]+)</textarea>", reply.text)
    assert text is not None
    return reply.text, text[1]


def opened(sandbox: TestClient, text: str, passcode: str = "", lang: str = "es") -> str:
    form = {"text": text, "passcode": passcode}
    return sandbox.post(f"/open?lang={lang}", data=form).text


def test_a_summary_is_shared_opened_and_taken_back(sandbox: TestClient) -> None:
    page, link = shared(sandbox, passcode="2718", label="Para la Dra. Paz")
    assert ("<svg" in page, "Para la Dra. Paz" in page) == (True, True)
    assert "/open#shlink:/" in link  # a phone's camera opens an address, not a bare link
    asked = opened(sandbox, link)
    assert say("phone.open.passcode_asked", "es") in asked
    assert "Fuenzalida" not in asked
    assert "Fuenzalida" in opened(sandbox, link, "2718")
    assert say("phone.state.open", "es") in sandbox.get("/links?lang=es").text
    own = re.search(r'href="(links/[\w-]+)', sandbox.get("/links?lang=es").text)
    assert own is not None
    gone = sandbox.post(f"/{own[1]}/withdraw?lang=es").text
    assert say("phone.state.gone", "es") in gone
    refused = opened(sandbox, link, "2718")
    assert (say("links.link_dead.fix", "es")[:20] in refused, "Fuenzalida" in refused) == (
        True,
        False,
    )


def test_a_link_for_one_time_opens_once(sandbox: TestClient) -> None:
    _, link = shared(sandbox, once="yes")
    assert "Fuenzalida" in opened(sandbox, link)
    assert "Fuenzalida" not in opened(sandbox, link)
    assert say("phone.state.spent", "es") in sandbox.get("/links?lang=es").text


def test_wrong_passcodes_kill_a_link_and_its_page_says_so(sandbox: TestClient) -> None:
    _, link = shared(sandbox, passcode="1")
    for _ in range(10):
        opened(sandbox, link, "2")
    assert "Fuenzalida" not in opened(sandbox, link, "1")
    assert say("phone.state.gone", "es") in sandbox.get("/links?lang=es").text


def test_another_browser_has_no_links_of_this_one(sandbox: TestClient) -> None:
    shared(sandbox)
    own = re.search(r'href="(links/[\w-]+)', sandbox.get("/links").text)
    assert own is not None
    sandbox.cookies.clear()
    assert sandbox.get(f"/{own[1]}").status_code == 404
    assert sandbox.post(f"/{own[1]}/withdraw").status_code == 404
    assert say("phone.own.none", "es") in sandbox.get("/links?lang=es").text


@pytest.mark.parametrize(
    "form",
    [
        {"patient": ""},
        {"patient": "", "document": "{"},
        {"patient": "", "document": '{"resourceType": "OperationOutcome"}'},
        {"patient": "", "document": "[]"},
        {"until": "century"},
        {"patient": "nobody"},
    ],
)
def test_what_cannot_be_shared_is_refused_in_words(
    sandbox: TestClient, form: dict[str, str]
) -> None:
    reply = sandbox.post("/links?lang=es", data={"patient": "rosa-fuenzalida", **form})
    assert 400 <= reply.status_code < 500
    assert "Traceback" not in reply.text


def test_many_links_leave_room_in_the_cookie(sandbox: TestClient) -> None:
    for _ in range(14):
        shared(sandbox, document='{"resourceType": "Patient", "multipleBirthInteger": 1}')
    rows = re.findall(r'href="links/([\w-]+)', sandbox.get("/links").text)
    assert 8 <= len(rows) <= 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_certificate_is_told_in_words_first(sandbox: TestClient, language: Language) -> None:
    page = opened(sandbox, signed(CONTENTS["ddcc_vs"], 3), lang=language)
    words = page.index(say("phone.words.person", language))
    assert "Rosa Fuenzalida" in page
    assert say("phone.kind.ddcc_vs", language) in page
    assert words < page.index('<ol class="steps">')


def test_what_fails_is_told_before_any_step_is_opened(sandbox: TestClient) -> None:
    page = opened(sandbox, "shc:/1/3/5676", lang="es")
    assert page.index("faltan las partes: 2, 3") < page.index('<ol class="steps">')
    # of what cannot be read nothing is said that was not read
    assert say("phone.words.kind", "es") not in page
    over = opened(sandbox, signed(CONTENTS["ddcc_vs"], 3, days=-0.01), lang="es")
    assert over.index('class="fault" role="alert"') < over.index('<ol class="steps">')
    assert "Rosa Fuenzalida" in over


def test_links_of_others_are_never_private_addresses(sandbox: TestClient) -> None:
    from sandbox.certificates.links import Link, new_key, written

    text = written(Link("http://169.254.169.254/manifest", new_key()))
    assert "Traceback" not in opened(sandbox, text)
    assert "169.254.169.254" in opened(sandbox, text)
