"""A language that is added as a folder: pages, cards and the command line show it whole, though each sentence is longer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import grammar
from bot.fakeslack.limits import fault_of, fault_of_view
from bot.fakeslack.server import FakeSlack
from bot.reading import courtesy, dictated, glossary, kinds, phrases
from bot.slack.blocks import TIERS, message_of
from bot.slack.views import home_of
from bot.words import say
from sandbox.cli.verbs import VERBS
from sandbox.gaps import gaps_of
from sandbox.i18n import ENGLISH, LANGUAGES, find_languages, load_room, rooms
from tests.bot.playing import a_bot, a_served_sandbox, played, until
from tests.bot.test_blocks import TABLES, cards
from tests.browser import launched
from tests.journeys.test_event import SCREENS, served
from tests.languages import NAME, PSEUDO, pseudo, write_pseudo
from tests.places import PROJECT

pytestmark = pytest.mark.daily("journeys", share=0.25, each="module")

WIDTHS = (1280, 390)
BROKEN = json.dumps(
    {"resourceType": "Patient", "gender": "F", "name": [{"use": "x"}, {"use": "y"}]}
)
UNTRANSLATED = {
    sentence
    for room in rooms()
    for sentence in load_room(ENGLISH, room).values()
    if len(sentence.split()) > 2 and "{" not in sentence
} - {"DDCC Generation Service"}  # an actor's name too, which is no sentence of any language


@pytest.fixture(scope="session")
def added(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pseudo(tmp_path_factory.mktemp("messages"))


@pytest.fixture
def speaking(added: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes the language known to every process that is started."""
    monkeypatch.setenv("CONNECTATHON_MESSAGES", str(added))
    monkeypatch.setenv("CONNECTATHON_LANG", PSEUDO)
    return added


@pytest.fixture
def known(added: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Makes the language known to this process, and to it alone."""
    monkeypatch.setitem(LANGUAGES, PSEUDO, find_languages(added)[PSEUDO])
    forget_words()
    yield
    forget_words()


def forget_words() -> None:
    """Lets the bot collect its words anew, which it does once: no bot learns a language as it runs."""
    for module in (courtesy, dictated, glossary, grammar, kinds, phrases):
        for collected in vars(module).values():
            if hasattr(collected, "cache_clear"):
                collected.cache_clear()


@pytest.fixture
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    SCREENS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        started = launched(playwright)
        yield started
        started.close()


def said(*words: str, exits: int = 0) -> str:
    """What the command prints, and that it exits so."""
    environment = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.cli", *words],
        env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == exits, done.stdout + done.stderr
    return done.stdout + done.stderr


def english_of(text: str) -> list[str]:
    """The sentences of the English catalogues in a text."""
    flat = " ".join(text.split())
    return sorted(sentence for sentence in UNTRANSLATED if sentence in flat)


def broken_pages(page: Any, addresses: list[str]) -> list[tuple[str, object]]:
    """What is wrong with pages: a status, a width that makes the whole page scroll, English sentences."""
    faults: list[tuple[str, object]] = []
    for address in addresses:
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        status = page.goto(address).status
        if status >= 500:
            faults.append((address, status))
            continue
        faults += [(address, fault) for fault in broken(page)]
    return faults


def broken(page: Any) -> Iterator[object]:
    """Yields what is wrong with the page that is open."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            yield (width, wide, page.evaluate(WIDEST))
    if english_of(page.evaluate(IN_ITS_LANGUAGE)):
        yield english_of(page.evaluate(IN_ITS_LANGUAGE))


# a lesson that no notebook of the language holds is named, and marked, as it is
IN_ITS_LANGUAGE = """
() => {
    const body = document.body.cloneNode(true);
    body.querySelectorAll("[lang]").forEach(other => other.remove());
    return body.textContent;
}
"""
WIDEST = """
() => [...document.querySelectorAll("body *")]
    .filter(one => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(one => one.outerHTML.slice(0, 90)).slice(0, 3)
"""


def test_the_language_lacks_nothing(known: None) -> None:
    assert gaps_of(PSEUDO) == []


@pytest.mark.slow
@pytest.mark.needs("browser")
@pytest.mark.xdist_group("browser")
def test_no_page_breaks(speaking: Path, tmp_path: Path, browser: Any) -> None:
    folder = tmp_path / "sandbox"
    with served(folder, "--grant", "127.0.0.1") as sandbox:
        words = ("--data", str(folder), "--server", sandbox)
        invitation = said("people", "add", "Inés", "--role", "facilitator", *words).split()[-1]
        context = browser.new_context(extra_http_headers={"Accept-Language": PSEUDO})
        page = context.new_page()
        assert broken_pages(page, [f"{sandbox}/team", invitation]) == []
        page.locator("main form button").first.click()
        request = context.request
        token = {"name": "ours", "base": f"{sandbox}/fhir"}
        assert request.post(f"{sandbox}/api/systems", data=token).status == 201
        run, waiting = (
            request.post(f"{sandbox}/api/runs", data={"track": track, "system": "ours"}).json()[
                "id"
            ]
            for track in ("mhd.recipient", "mhd.source")
        )
        request.get(f"{sandbox}/api/runs/{run}/events", timeout=60_000)  # they end with the run
        patient = request.get(f"{sandbox}/fhir/Patient").json()["entry"][0]["resource"]["id"]
        names = [
            "", "validate", "certificates", "trust", "readiness", "runs", "matrix", "report", "team", "queue",
            "people", "allowances", "runs/nothing", f"runs/{run}", f"runs/{run}/0",
            f"runs/{waiting}", f"enter/{'x' * 8}", f"ips/patient/{patient}", "readiness/here",
        ]  # fmt: skip
        faults = broken_pages(page, [f"{sandbox}/{name}" for name in names])
        assert not faults, "\n".join(map(str, faults))
        page.screenshot(path=SCREENS / "added-language.png", full_page=True)

        page.set_content(request.get(f"{sandbox}/runs/{run}/report.html").text())  # a download
        assert list(broken(page)) == []
        for place, text, answer in (
            ("validate", BROKEN, ".said-here"),
            ("certificates", "HC1:NONSENSE", ".steps"),
        ):
            page.goto(f"{sandbox}/{place}")
            page.locator("form.fields textarea").fill(text)
            page.locator("form.fields button").first.click()
            page.wait_for_selector(answer)
            assert list(broken(page)) == []
        page.screenshot(path=SCREENS / "added-language-390.png", full_page=True)
        assert page.get_by_text(NAME).first.is_visible()


@pytest.mark.parametrize("tier", TIERS)
def test_no_card_goes_over_the_limits_of_slack(known: None, tier: str) -> None:
    shown = cards(PSEUDO)
    for card in shown:
        assert fault_of(message_of(card, tier=tier), tables=TABLES) == "", card.title
    assert fault_of_view(home_of(shown), tables=TABLES) == ""


def test_the_bot_says_whole_cards_and_understands_its_words(known: None, tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.locales["U1"] = PSEUDO
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack):
                help, tracks, run = (
                    say(f"word.{verb}", PSEUDO) for verb in ("help", "tracks", "run")
                )
                for command in (help, tracks, run, f"{run} BAS-01 sandbox", "language klingon"):
                    await slack.command(command)
                await until(
                    lambda: (
                        slack.in_channel()
                        and say("state.done", PSEUDO) in slack.in_channel()[0].text
                    )
                )
                await until(lambda: len(slack.told("U1")) == 4 and slack.views)
        texts = [one.text for one in (*slack.told("U1"), *slack.in_channel())]
        assert any(say("said.help", PSEUDO) in text for text in texts)
        assert slack.views[0]["title"]["text"] == say("form.run", PSEUDO)
        assert [english_of(text) for text in texts if english_of(text)] == []
        assert not slack.refusals

    played(play)


@pytest.mark.slow
def test_the_page_about_adding_one_is_right(tmp_path: Path) -> None:
    """Its commands are typed one after the other."""
    text = (PROJECT / "docs" / "how-to" / "add-a-language.md").read_text(encoding="utf-8")
    script = "set -e\n" + "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env={**os.environ, "PATH": path, "PYTHONPATH": str(PROJECT)},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fr Français: partial" in done.stdout
    assert "pages.home.lead: still in English" in done.stdout
    assert "pages.home.heading:" not in done.stdout
    assert "cli.toml: not translated" in done.stdout
    assert "fr/00_welcome.po: " in done.stdout


@pytest.mark.slow
def test_the_command_line_speaks_it(speaking: Path, tmp_path: Path) -> None:
    whole = said("--help")
    assert [verb for verb in VERBS if f" {verb} " not in whole] == []
    assert english_of(whole) == []
    run = said("run", "fhir.basics", "--system", "sandbox", "--data", str(tmp_path))
    assert pseudo("done") in run
    assert english_of(run) == []
    document = tmp_path / "patient.json"
    document.write_text(BROKEN, encoding="utf-8")
    assert english_of(said("validate", str(document), exits=1)) == []
    assert f"{PSEUDO} {NAME}" in said("messages", "check")
