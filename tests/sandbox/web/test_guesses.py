"""Who guesses what lets in is slowed, and nobody else notices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.limits import CODE_GUESSES, CREDENTIAL_GUESSES, LINK_GUESSES, PASSCODE_GUESSES
from sandbox.web.guesses import source_of
from tests.builders import a_patient
from tests.conftest import a_sandbox

FACILITATOR = {"name": "Inés", "role": "facilitator"}


@pytest.fixture
def event(tmp_path: Path) -> Iterator[TestClient]:
    """A sandbox behind a proxy, which says who asks."""
    with a_sandbox(tmp_path, proxies=("*",)) as client:
        yield client


def of(address: str, **more: str) -> dict[str, str]:
    return {"X-Forwarded-For": address, **more}


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def entered(client: TestClient) -> str:
    """Adds the first person and returns the secret of their session."""
    place = client.post("/api/people", json=FACILITATOR).json()["enter"]
    reply = client.post("/api/enter", json={"code": place.rpartition("/")[2]})
    return str(reply.json()["session"])


def test_codes_are_not_guessed_at_will(event: TestClient) -> None:
    entered(event)
    statuses = [
        event.get(f"/enter/wrong-{number}", headers=of("203.0.113.9")).status_code
        for number in range(CODE_GUESSES + 1)
    ]
    assert set(statuses[:-1]) == {403}
    assert statuses[-1] == 429
    held_up = event.post("/api/enter", json={"code": "x"}, headers=of("203.0.113.9"))
    assert held_up.status_code == 429
    assert held_up.json()["key"] == "web.too_many_guesses"
    assert 0 < int(held_up.headers["retry-after"]) <= 60
    assert event.get("/enter/wrong", headers=of("203.0.113.10")).status_code == 403


def test_a_page_says_so_in_words(event: TestClient) -> None:
    entered(event)
    asked = of("203.0.113.9", Accept="text/html", **{"Accept-Language": "es"})
    for number in range(CODE_GUESSES):
        event.get(f"/enter/wrong-{number}", headers=asked)
    page = event.get("/enter/wrong", headers=asked)
    assert page.status_code == 429
    assert "demasiados intentos" in page.text


@pytest.mark.parametrize("place", ["/api/me", "/t/chile/fhir/Patient"])
def test_tokens_and_sessions_are_not_either(event: TestClient, place: str) -> None:
    secret = entered(event)
    stranger = of("203.0.113.9")
    event.post("/fhir/Patient", json=a_patient())
    assert event.get("/api/me", headers={**stranger, **bearer(secret)}).status_code == 200

    statuses = [
        event.get("/api/me", headers={**stranger, **bearer(f"wrong-{number}")}).status_code
        for number in range(CREDENTIAL_GUESSES + 1)
    ]

    assert set(statuses[:-1]) == {401}
    assert statuses[-1] == 429
    assert event.get(place, headers={**stranger, **bearer("new")}).status_code == 429
    # whoever was known before, behind the same address, is not held up
    assert event.get("/api/me", headers={**stranger, **bearer(secret)}).status_code == 200


def test_a_page_of_an_old_session_makes_no_guesses(event: TestClient) -> None:
    secret = entered(event)
    stranger = of("203.0.113.9")
    for _ in range(CREDENTIAL_GUESSES + 10):
        again = event.get("/api/me", headers={**stranger, **bearer("an old session")})
        assert again.status_code == 401
    assert event.get("/api/me", headers={**stranger, **bearer(secret)}).status_code == 200


def test_a_credential_that_came_along_to_an_open_place_is_not_known_by_that(
    event: TestClient,
) -> None:
    entered(event)
    stranger = of("203.0.113.9")
    for number in range(CREDENTIAL_GUESSES):
        event.get("/api/me", headers={**stranger, **bearer(f"wrong-{number}")})
    # it would else be a way around
    event.get("/health", headers={**of("203.0.113.10"), **bearer("next")})
    assert event.get("/api/me", headers={**stranger, **bearer("next")}).status_code == 429


def test_the_token_of_the_event_is_known_where_it_was_asked_for(tmp_path: Path) -> None:
    with a_sandbox(tmp_path, token="the token of the event") as client:
        right = bearer("the token of the event")
        assert client.get("/fhir/Patient", headers=right).status_code == 200
        for number in range(CREDENTIAL_GUESSES):
            client.get("/fhir/Patient", headers=bearer(f"wrong-{number}"))
        assert client.get("/fhir/Patient", headers=bearer("wrong")).status_code == 429
        assert client.get("/fhir/Patient", headers=right).status_code == 200


def test_links_are_guessed_by_nobody_and_passcodes_of_one_by_all_together(
    event: TestClient,
) -> None:
    def status(place: str, address: str) -> int:
        return event.post(place, json={"recipient": "x"}, headers=of(address)).status_code

    for number in range(LINK_GUESSES):
        assert status(f"/shl/wrong-{number}", "203.0.113.9") == 404
    assert status("/shl/wrong", "203.0.113.9") == 429
    for number in range(PASSCODE_GUESSES):
        assert status("/shl/one", f"198.51.100.{number + 1}") == 404
    assert status("/shl/one", "198.51.100.200") == 429
    assert status("/shl/another", "198.51.100.200") == 404


@pytest.mark.parametrize("own", ["127.0.0.1", "::1"])
def test_one_person_at_their_own_machine_notices_nothing(event: TestClient, own: str) -> None:
    entered(event)
    for number in range(CREDENTIAL_GUESSES + 10):
        wrong = {**of(own), **bearer(f"wrong-{number}")}
        assert event.get("/api/me", headers=wrong).status_code == 401
    for number in range(CODE_GUESSES + 10):
        assert event.get(f"/enter/wrong-{number}", headers=of(own)).status_code == 403


@pytest.mark.parametrize(
    ("client", "source"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_a_subscriber_of_ipv6_is_one_source(client: str, source: str) -> None:
    assert source_of(client) == source


def test_a_team_writes_its_share(event: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.web.guesses.SHARE", share_of(3))

    def status(team: str, address: str) -> Any:
        place = f"/t/{team}/fhir/Basic"
        return event.post(place, json={}, headers=of(address)).status_code

    assert [status("chile", "203.0.113.9") for _ in range(4)][-1] == 429
    assert status("peru", "203.0.113.9") != 429
    assert status("chile", "127.0.0.1") != 429
    assert event.get("/t/chile/fhir/Basic", headers=of("203.0.113.9")).status_code != 429


def share_of(most: int) -> Any:
    from sandbox.web.rates import Rate

    return Rate("writes", most, 60, "web.too_many_writes")
