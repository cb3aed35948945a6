"""A notice goes by e-mail to a server by others, in the reader's language, and whoever reads it ends it by one click."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import BadRequest
from sandbox.notices import courier, mail
from sandbox.notices.mail import Relay, relay_of, send
from tests.receivers.running import Receiver, running
from tests.sandbox.api.test_gate import FORM, Event, an_event

FROM = "Connectathon <connectathon@example.org>"


@pytest.fixture(scope="module")
def server() -> Iterator[Receiver]:
    with running("aiosmtpd") as receiver:
        yield receiver


@pytest.fixture
def event(tmp_path: Path, server: Receiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    monkeypatch.setattr(courier, "LOOK_SECONDS", 0.05)
    monkeypatch.setenv(mail.VARIABLE, f"smtp://127.0.0.1:{server.port}")
    monkeypatch.setenv(mail.FROM_VARIABLE, FROM)
    with an_event(tmp_path) as event:
        yield event


def ask(event: Event, method: str, path: str, name: str = "Ana", body: Any = None) -> Any:
    given = {} if body is None else {"json": body}
    return event.ask(method, path, event.sessions[name], **given)


def subscribe(event: Event, target: str = "ana@example.org", **wish: Any) -> Any:
    body = {"carrier": "mail", "target": target, "topics": ["announcement"], "language": "es"}
    made = ask(event, "POST", "/api/subscriptions", body=body | wish)
    assert made.status_code == 201, made.text
    return made.json()


def read(told: Any) -> EmailMessage:
    message = email.message_from_string(told["mail"], policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def door_in(message: EmailMessage) -> str:
    (door,) = re.findall(r"<http://sandbox\.test(/mail/[\w-]+)>", message["List-Unsubscribe"])
    return str(door)


def confirmed(event: Event, server: Receiver, **wish: Any) -> str:
    """Subscribes an address and confirms it; gives its page."""
    subscribe(event, **wish)
    door = door_in(read(server.next()))
    event.client.post(door, data={"answer": "confirm"}, headers=FORM)
    return door


@pytest.mark.needs("receivers")
def test_an_address_hears_nothing_before_it_was_confirmed(event: Event, server: Receiver) -> None:
    made = subscribe(event)
    ask(event, "POST", "/api/announcements", "Inés", {"texts": {"en": "Lunch."}})
    message = read(server.next())
    assert message["To"] == "ana@example.org"
    assert message["From"] == FROM
    assert message["Subject"] == "¿Quieres recibir en esta dirección los avisos del conectatón?"
    door = door_in(message)
    assert f"http://sandbox.test{door}?lang=es" in text_of(message, "plain")
    # a program that looks at links in mails confirms nothing
    page = event.client.get(f"{door}?lang=es").text
    assert "Ana pidió que los avisos" in page
    state = ask(event, "GET", f"/api/subscriptions/{made['id']}").json()["state"]
    assert state == "unconfirmed"
    event.client.post(f"{door}?lang=es", data={"answer": "confirm"}, headers=FORM)
    ask(event, "POST", "/api/announcements", "Inés", {"texts": {"en": "Coffee."}})
    assert "Coffee." in text_of(read(server.next()), "plain")
    assert server.nothing_more()


@pytest.mark.needs("receivers")
def test_a_notice_is_text_and_html_in_the_readers_language(event: Event, server: Receiver) -> None:
    confirmed(event, server, topics=["run", "announcement"])
    texts = {"en": "Lunch.", "es": "El almuerzo está <listo>.\n\nVengan."}
    ask(event, "POST", "/api/announcements", "Inés", {"texts": texts})
    message = read(server.next())
    assert message["Subject"] == "Anuncio del conectatón"
    assert message["Content-Language"] == "es"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@example.org>")
    assert "El almuerzo está <listo>." in text_of(message, "plain")
    assert "El almuerzo está &lt;listo&gt;." in text_of(message, "html")
    assert '<html lang="es">' in text_of(message, "html")
    system = {"name": "ours", "base": "http://127.0.0.1:9/fhir"}
    ask(event, "POST", "/api/systems", body=system)
    run = ask(event, "POST", "/api/runs", body={"track": "mhd.source", "system": "ours"}).json()
    message = read(server.next())
    assert message["Subject"] == "mhd.source → ours: empezó una corrida"
    assert f"http://sandbox.test/runs/{run['id']}?lang=es" in text_of(message, "plain")


@pytest.mark.needs("receivers")
def test_one_click_of_a_readers_program_ends_it(event: Event, server: Receiver) -> None:
    subscribe(event)
    message = read(server.next())
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    door = door_in(message)
    # RFC 8058 3.2: a POST with that body, without a cookie, from nobody that is known here
    reply = event.client.post(door, content=b"List-Unsubscribe=One-Click", headers=FORM)
    assert reply.status_code == 200
    assert ask(event, "GET", "/api/subscriptions").json() == []
    assert event.client.get(door).status_code == 404


@pytest.mark.needs("receivers")
def test_an_address_that_is_refused_for_good_is_tried_once(event: Event, server: Receiver) -> None:
    made = subscribe(event, target="nobody@example.org")
    path = f"/api/subscriptions/{made['id']}/notices"
    while not (tries := ask(event, "GET", path).json()[0]["tries"]):
        pass
    assert [row["outcome"] for row in tries] == ["smtp.550"]
    assert ask(event, "GET", path).json()[0]["state"] == "dead"
    later = subscribe(event, target="later@example.org")
    path = f"/api/subscriptions/{later['id']}/notices"
    while not (tries := ask(event, "GET", path).json()[0]["tries"]):
        pass
    assert tries[0]["outcome"] == "smtp.451"
    assert ask(event, "GET", path).json()[0]["state"] == "waiting"
    assert server.nothing_more()


@pytest.mark.needs("receivers")
def test_no_more_than_so_many_go_out_in_an_hour(
    event: Event, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(event, server)
    monkeypatch.setattr(mail, "MAILS", 1)
    ask(event, "POST", "/api/announcements", "Inés", {"texts": {"en": "Lunch."}})
    (row,) = ask(event, "GET", "/api/subscriptions").json()
    path = f"/api/subscriptions/{row['id']}/notices"
    while len(notices := ask(event, "GET", path).json()) < 2:
        pass
    newest = next(notice for notice in notices if notice["type"] == "announcement.made")
    assert (newest["state"], newest["tries"]) == ("waiting", [])
    assert server.nothing_more()


@pytest.mark.needs("receivers")
def test_a_link_to_enter_goes_by_mail_and_lets_in(event: Event, server: Receiver) -> None:
    form = {"team": "Chile", "uses": "1", "days": "3"}
    lead = event.sessions["Inés"]
    page = event.ask("POST", "/invitations?lang=es", lead, data=form, headers=FORM).text
    (place,) = re.findall(r'action="(?:\.\./)*(enter/[\w-]+/mail)\?lang=es"', page)
    to = {"address": "bea@example.org", "language": "pt"}
    refused = event.ask("POST", f"/{place}", event.sessions["Pia"], data=to, headers=FORM)
    assert refused.status_code == 403
    said = event.ask("POST", f"/{place}?lang=es", lead, data=to, headers=FORM)
    assert "El enlace se envió a bea@example.org." in said.text
    message = read(server.next())
    assert message["Subject"] == "A sua entrada na conectatona"
    assert "Inés convida você" in text_of(message, "plain")
    (link,) = re.findall(r"http://sandbox\.test(/enter/[\w-]+)\?lang=pt", text_of(message, "plain"))
    code = link.removeprefix("/enter/")
    entered = event.client.post("/api/enter", json={"code": code, "name": "Bea"})
    assert entered.status_code == 201, entered.text
    nobody = {"address": "nobody@example.org"}
    page = event.ask("POST", "/invitations?lang=es", lead, data=form, headers=FORM).text
    (place,) = re.findall(r'action="(?:\.\./)*(enter/[\w-]+/mail)\?lang=es"', page)
    said = event.ask("POST", f"/{place}?lang=es", lead, data=nobody, headers=FORM)
    assert "el servidor de correo respondió 550" in said.text
    assert (
        event.ask("POST", f"/{place}", lead, data={"address": "x"}, headers=FORM).status_code == 400
    )


def test_a_subject_holds_no_header_of_somebody_else() -> None:
    from sandbox.notices.wording import Said
    from tests.sandbox.notices.made import a_subscription

    said = Said("ours\r\nBcc: all@example.org", "", "http://sandbox.test/")
    message = mail.mail_of(said, a_subscription(), "http://sandbox.test/mail/x")
    assert message["Subject"] == "ours Bcc: all@example.org"
    assert message["Bcc"] is None


def test_a_server_elsewhere_is_told_nothing_in_clear() -> None:
    relay = Relay("smtp", "mail.invalid", 587, FROM)
    assert not relay.is_near
    message = EmailMessage()
    message["To"] = "ana@example.org"
    assert send(message, relay).outcome == "unreachable"


@pytest.mark.parametrize(
    ("relay", "sender", "key"),
    [
        ("http://mail.example.org", FROM, "notices.bad_relay"),
        ("smtp://mail.example.org/path", FROM, "notices.bad_relay"),
        ("smtp://:587", FROM, "notices.bad_relay"),
        ("smtp://mail.example.org:port", FROM, "notices.bad_relay"),
        ("smtp://mail.example.org", "", "notices.bad_sender"),
        ("smtp://mail.example.org", "nobody", "notices.bad_sender"),
    ],
)
def test_what_is_no_mail_server_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, relay: str, sender: str, key: str
) -> None:
    monkeypatch.setenv(mail.VARIABLE, relay)
    monkeypatch.setenv(mail.FROM_VARIABLE, sender)
    with pytest.raises(BadRequest) as refused:
        relay_of()
    assert refused.value.key == key


def test_the_environment_names_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(mail.VARIABLE, raising=False)
    assert relay_of() is None
    monkeypatch.setenv(mail.VARIABLE, "smtps://ana%40x:p%2Fw@mail.example.org")
    monkeypatch.setenv(mail.FROM_VARIABLE, FROM)
    relay = relay_of()
    assert relay == Relay("smtps", "mail.example.org", 465, FROM, "ana@x", "p/w")
    assert "p/w" not in repr(relay)
