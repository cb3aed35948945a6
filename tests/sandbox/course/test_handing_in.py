"""L.hand_in() against a server that listens."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.course.client import Client, Unreachable
from sandbox.course.connection import start_server
from sandbox.course.handing_in import hand_in_card
from tests.sandbox.desk.made import LESSON, a_notebook

pytestmark = [pytest.mark.slow]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    started = start_server({"CONNECTATHON_DATA": str(tmp_path / "d"), "CONNECTATHON_GRADERS": "0"})
    yield started.connection.url
    started.stop()


@pytest.fixture
def client(server: str) -> Iterator[Client]:
    client = Client(f"{server}/t/x/fhir", language="es")
    yield client
    client.close()


def test_the_notebook_that_jupyter_names_goes_to_the_desk(
    client: Client, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mío.ipynb"
    file.write_bytes(a_notebook())
    monkeypatch.setenv("JPY_SESSION_NAME", str(file))
    monkeypatch.setenv("CONNECTATHON_TEAM", "Perú")
    card = hand_in_card(client, LESSON, "es")
    assert card.kind == "received"
    assert "Entregado: mío.ipynb" in repr(card)
    (known,) = httpx.get(f"{server}/api/gradings", trust_env=False).json()
    assert (known["team"], known["name"], known["state"]) == ("Perú", "mío.ipynb", "queued")
    assert known["id"] in repr(card)
    monkeypatch.setenv("CONNECTATHON_GRADING", "1")
    assert hand_in_card(client, LESSON, "es").kind == "not_attempted"
    assert len(httpx.get(f"{server}/api/gradings", trust_env=False).json()) == 1


def test_what_the_desk_refuses_is_said_with_what_to_do(client: Client, tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").write_text("{}")
    card = hand_in_card(client, LESSON, "es", file=str(tmp_path / "x.ipynb"))
    assert card.kind == "error"
    assert "x.ipynb no es un cuaderno" in repr(card)


def test_a_notebook_that_is_not_found_is_asked_for(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert f'L.hand_in("{LESSON}.ipynb")' in repr(hand_in_card(client, LESSON, "es"))
    (tmp_path / f"{LESSON}.ipynb").write_bytes(a_notebook())
    assert hand_in_card(client, LESSON, "es").kind == "received"


def test_a_server_that_does_not_answer_is_told(client: Client, tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").write_bytes(a_notebook())
    with pytest.raises(Unreachable):
        hand_in_card(client, LESSON, "es", file=str(tmp_path / "x.ipynb"), to="http://127.0.0.1:9")
