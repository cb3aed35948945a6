"""A person and a team see on a page what reaches them and where, change it there, and read what was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.api.test_gate import FORM, Event, an_event

HOOK = "https://hooks.example.org/chile"
SECRET = re.compile(r"whsec_[\w+/=]+")


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def subscribed(event: Event, name: str, **fields: str) -> Any:
    form = {"carrier": "webhook", "target": HOOK, "topics": "run", "language": "en", **fields}
    return event.ask("POST", "/notifications", event.sessions[name], data=form, headers=FORM)


def page(event: Event, name: str, path: str = "/notifications?lang=en") -> str:
    return str(event.ask("GET", path, event.sessions[name]).text)


def test_a_webhook_is_made_its_secret_shown_once_and_ended_again(event: Event) -> None:
    made = subscribed(event, "Ana", whose="team")
    assert made.status_code == 200, made.text
    assert len(SECRET.findall(made.text)) == 1
    again = page(event, "Ana")
    assert SECRET.findall(again) == []
    assert HOOK in again
    assert "the team Chile" in again
    assert HOOK not in page(event, "Pia")
    id = event.ask("GET", "/api/subscriptions", event.sessions["Ana"]).json()[0]["id"]
    refused = event.ask("POST", f"/notifications/{id}/end", event.sessions["Pia"], headers=FORM)
    assert refused.status_code == 403
    event.ask("POST", f"/notifications/{id}/end", event.sessions["Ana"], headers=FORM)
    assert HOOK not in page(event, "Ana")


def test_what_is_wrong_is_said_beside_what_was_typed(event: Event) -> None:
    refused = subscribed(event, "Ana", target="ftp://hooks.example.org/in")
    assert refused.status_code == 400
    assert "ftp://hooks.example.org/in is no address" in refused.text
    assert 'value="ftp://hooks.example.org/in"' in refused.text


def test_each_language_says_it_in_its_own_words(event: Event) -> None:
    subscribed(event, "Ana")
    for language, words in (
        ("es", "Recibir avisos"),
        ("pt", "Receber avisos"),
        ("en", "Have something sent"),
    ):
        assert words in page(event, "Ana", f"/notifications?lang={language}")


def test_an_announcement_stands_on_the_first_page_until_it_is_taken_down(event: Event) -> None:
    texts = {"text-en": "The network is <down>.", "text-es": "No hay red.", "text-pt": ""}
    lead = event.sessions["Inés"]
    refused = event.ask("POST", "/announcements", event.sessions["Ana"], data=texts, headers=FORM)
    assert refused.status_code == 403
    event.ask("POST", "/announcements", lead, data=texts, headers=FORM)
    assert "The network is &lt;down&gt;." in page(event, "Ana", "/?lang=en")
    assert "No hay red." in page(event, "Ana", "/?lang=es")
    assert "The network is" in page(event, "Ana", "/?lang=pt")
    assert "The network is" not in page(event, "Ana", "/matrix?lang=en")
    assert "The network is" not in event.ask("GET", "/?lang=en").text
    event.ask("POST", "/announcements/0/end", lead, headers=FORM)
    assert "The network is" not in page(event, "Ana", "/?lang=en")


def test_an_announcement_ends_by_itself_and_not_before_now(event: Event) -> None:
    lead = event.sessions["Inés"]
    past = {"text-en": "Too late.", "until": "2020-01-01T10:00"}
    assert event.ask("POST", "/announcements", lead, data=past, headers=FORM).status_code == 400
    soon = {"texts": {"en": "Lunch."}, "until": "2026-07-27T09:10:00Z"}
    assert event.ask("POST", "/api/announcements", lead, json=soon).status_code == 201
    rows = event.ask("GET", "/api/announcements", event.sessions["Ana"]).json()
    assert [row["texts"]["en"] for row in rows] == ["Lunch."]
    for _ in range(600):  # the clock of tests moves on with each look
        if not (rows := event.ask("GET", "/api/announcements", event.sessions["Ana"]).json()):
            break
    assert rows == []
    everything = event.ask("GET", "/api/announcements?all=yes", event.sessions["Ana"]).json()
    assert len(everything) == 1


def test_without_a_mail_server_nobody_subscribes_by_mail(event: Event) -> None:
    refused = subscribed(event, "Ana", carrier="mail", target="ana@example.org")
    assert refused.status_code == 412
    assert "CONNECTATHON_SMTP" in refused.text


@pytest.mark.parametrize(
    ("narrowed", "said"),
    [
        ({"team": "Chille"}, "Among those that there are: Chile."),
        ({"system": "sandboks"}, "Among those registered: sandbox."),
        ({"track": "mhd.sorce"}, "mhd.source"),
    ],
)
def test_it_is_narrowed_by_names_that_there_are(
    event: Event, narrowed: dict[str, str], said: str
) -> None:
    refused = subscribed(event, "Ana", **narrowed)
    assert refused.status_code == 404
    assert said in refused.text
    (value,) = narrowed.values()
    assert f'value="{value}"' in refused.text
    body = {"carrier": "webhook", "target": HOOK, "topics": ["run"], "narrowed": narrowed}
    by_api = event.ask("POST", "/api/subscriptions", event.sessions["Ana"], json=body)
    assert by_api.status_code == 404
    right = {"team": "chile", "system": "sandbox", "track": "mhd"}
    assert subscribed(event, "Ana", **right).status_code == 200
    (made,) = event.ask("GET", "/api/subscriptions", event.sessions["Ana"]).json()
    assert {name: made["narrowed"][name] for name in right} == {**right, "team": "Chile"}
