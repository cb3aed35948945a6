"""On Binder a notebook says at once what it can never reach."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.course.bench import Bench
from sandbox.course.blank import BLANK
from sandbox.course.reaching import inbox_rows, refusal_of
from sandbox.course.session import Lesson
from sandbox.i18n import LANGUAGES
from tests.sandbox.course.test_session import a_lesson

NEVER = ["https://fhir.example:8443/fhir", "http://fhir.example:8080/fhir"]
MAY = [
    "https://fhir.example/fhir",
    "http://fhir.example/fhir",
    "http://127.0.0.1:8400/fhir",
    "alias",
]


@pytest.fixture
def _on_binder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BINDER_LAUNCH_HOST", "https://mybinder.org/")


@pytest.mark.usefixtures("_on_binder")
@pytest.mark.parametrize("address", NEVER)
def test_a_port_that_binder_forbids_is_named_in_each_language(address: str) -> None:
    for language in LANGUAGES:
        card = refusal_of(address, language)
        assert card is not None
        assert address.split(":")[2][:4] in repr(card)


@pytest.mark.usefixtures("_on_binder")
@pytest.mark.parametrize("address", [*MAY, "http://[broken"])
def test_what_may_be_reached_is_not_refused(address: str) -> None:
    assert refusal_of(address, "es") is None


@pytest.mark.parametrize("address", NEVER)
def test_on_one_s_own_machine_every_port_may_be_called(address: str) -> None:
    assert refusal_of(address, "es") is None
    assert inbox_rows("es") == []


@pytest.mark.usefixtures("_on_binder")
def test_a_lesson_against_such_a_system_stays_a_blank_and_asks_nobody(
    trained: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = a_lesson(trained, tmp_path, language="es")
    assert lesson.against("https://fhir.example:8443/fhir") is BLANK
    said = capsys.readouterr().out
    assert "8443" in said
    assert "make lab" in said
    assert isinstance(lesson.against("https://fhir.example/fhir"), Lesson)


@pytest.mark.usefixtures("_on_binder")
def test_a_track_with_an_inbox_says_where_to_run_it_instead() -> None:
    bench = Bench("mhd.source", "es", tuple, base="http://127.0.0.1:8400/inbox/k3x9")
    assert "Desde fuera de Binder" in repr(bench)
    assert "make lab" in repr(bench)
