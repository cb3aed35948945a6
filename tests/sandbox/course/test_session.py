from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.course import ____
from sandbox.course.display import language_of_notebook
from sandbox.course.record import Record
from sandbox.course.session import Lesson, lesson
from sandbox.i18n import LANGUAGES, Language
from tests.builders import a_client


def a_lesson(
    sandbox: TestClient, folder: Path, *, name: str = "00_welcome", language: Language = "en"
) -> Lesson:
    record = Record(folder, team="team", lesson=name)
    return Lesson(name, language=language, client=a_client(sandbox, language), record=record)


def test_a_check_shows_verdict_reason_places_clause_and_next_step(
    trained: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_lesson(trained, tmp_path, language="es").check("0.1", "R4")
    assert capsys.readouterr().out.splitlines() == [
        "✗ Todavía no · 0.1 Versión de FHIR",
        "  Motivo: R4 es el nombre de la edición. El servidor escribe su número: tres cifras separadas por puntos.",
        '  Se encontró: "R4"  (CapabilityStatement.fhirVersion)',
        "  Estándar: FHIR R4 CapabilityStatement.fhirVersion",
        '  Ahora: Lee el motivo, cambia tu respuesta y ejecuta la celda de nuevo; o pide ayuda: L.hint("0.1")',
    ]


def test_the_four_outcomes_look_different(
    trained: TestClient,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = a_lesson(trained, tmp_path)
    opened.check("0.1", "4.0.1")
    opened.check("0.1", "5")
    opened.check("0.1", ____)
    monkeypatch.setattr("sandbox.course.exercises.lesson_00.as_object", lambda _: 1 / 0)
    opened.check("0.1", "4.0.1")
    shown = [line for line in capsys.readouterr().out.splitlines() if line[0] != " "]
    assert [line.split(" · ")[0] for line in shown] == [
        "✓ Right", "✗ Not yet", "○ Not attempted", "! Could not be checked",
    ]  # fmt: skip


def test_three_hints_go_from_a_nudge_to_nearly_all(
    trained: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = a_lesson(trained, tmp_path)
    for _ in range(4):
        opened.hint("0.2")
    heads = [line for line in capsys.readouterr().out.splitlines() if line.startswith("→")]
    assert heads == [f"→ Hint {number} of 3 for 0.2" for number in (1, 2, 3, 3)]


def test_the_solution_opens_after_two_tries_or_on_demand(
    trained: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = a_lesson(trained, tmp_path)
    opened.solution("0.3")
    assert "at least 2 times" in capsys.readouterr().out
    opened.check("0.3", "2a")
    opened.check("0.3", "2b")
    opened.solution("0.3")
    assert 'track = "1"' in capsys.readouterr().out
    opened.solution("0.1", now=True)
    assert 'metadata.json["fhirVersion"]' in capsys.readouterr().out


def test_a_submission_says_that_hidden_checks_come_later(
    trained: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = a_lesson(trained, tmp_path, name="01_fhir")
    opened.submit("1.9", {"patient": ____, "immunization": ____})
    opened.submit("1.9", {"patient": "Patient/1", "immunization": "Immunization/1"})
    out = capsys.readouterr().out
    assert "○ Not attempted · 1.9" in out
    assert "→ Received · 1.9: 4 hidden checks" in out


def test_progress_counts_what_passed_now_and_in_an_earlier_run(
    trained: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_lesson(trained, tmp_path).check("0.1", "4.0.1")
    again = a_lesson(trained, tmp_path)
    again.check("0.3", "1")
    capsys.readouterr()
    again.progress()
    out = capsys.readouterr().out
    assert "Your progress: 2 of 3 points" in out
    assert "○ 0.2" in out


def test_the_record_holds_answers_for_the_grader(trained: TestClient, tmp_path: Path) -> None:
    opened = a_lesson(trained, tmp_path)
    opened.check("0.1", "5")
    opened.check("0.1", ____)
    opened.hint("0.1")
    events = Record(tmp_path, team="team", lesson="00_welcome").events()
    assert [(event["event"], event.get("answer")) for event in events] == [
        ("check", "5"),
        ("check", None),
        ("hint", None),
    ]


def test_the_same_checks_judge_another_base(
    trained: TestClient,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = a_lesson(trained, tmp_path)
    assert opened.against(____).check("0.1", "4.0.1") is ____
    monkeypatch.setenv("CONNECTATHON_GRADING", "1")
    assert opened.against("http://elsewhere.test/fhir") is ____
    assert "Write the address of your own system" in capsys.readouterr().out
    monkeypatch.delenv("CONNECTATHON_GRADING")
    own = opened.against("http://elsewhere.test/fhir")
    assert own.client.base == "http://elsewhere.test/fhir"


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_exercise_or_lesson_names_the_known_ones(
    trained: TestClient, tmp_path: Path, language: Language
) -> None:
    with pytest.raises(LookupError, match=r"0\.1, 0\.2, 0\.3"):
        a_lesson(trained, tmp_path, language=language).check("9.9", 1)
    with pytest.raises(LookupError, match="01_fhir"):
        lesson("99_nothing")


@pytest.mark.parametrize(
    ("session", "folder", "language"),
    [
        ("/x/notebooks/pt/01_fhir.ipynb", "es", "pt"),
        ("", "es", "es"),
        ("/x/mine.ipynb", "elsewhere", "en"),
    ],
)
def test_the_language_is_that_of_the_notebooks_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, session: str, folder: str, language: str
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", session)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, "C")
    (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / folder)
    assert language_of_notebook() == language


def test_cards_are_the_same_in_text_and_html_and_escape_what_was_found(
    trained: TestClient, tmp_path: Path
) -> None:
    opened = a_lesson(trained, tmp_path)
    opened.check("0.1", "<b>4</b>")
    from sandbox.course.cards import check_card

    card = check_card(opened.results["0.1"], "en")
    assert "<b>" not in card._repr_html_()
    assert 'role="status"' in card._repr_html_()
    for label, value in card.rows:
        assert label in repr(card)
        assert value in repr(card)
