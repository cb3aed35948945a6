"""The course over the API: lessons in the asker's language, and grades for whom they are."""

from __future__ import annotations

import json
from pathlib import Path

from starlette.testclient import TestClient

from tests.conftest import a_sandbox
from tests.sandbox.api.test_people import as_one, people, served

__all__ = ["people", "served"]  # fixtures


def test_lessons_are_told_in_the_language_of_the_asker(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        found = client.get("/api/lessons", headers={"Accept-Language": "es"}).json()
    assert [one["number"] for one in found[:4]] == ["00", "01", "02", "03"]
    assert found[3] == {
        "number": "03",
        "title": "Intercambio de documentos",
        "notebook": "notebooks/es/03_mhd.ipynb",
        "minutes": 60,
    }


def test_a_team_sees_its_own_grades_alone(
    served: TestClient, people: dict[str, str], tmp_path: Path
) -> None:
    for team, score in (("Chile", 7), ("Peru", 9)):
        folder = tmp_path / "sandbox" / "grades" / team
        folder.mkdir(parents=True)
        held = {"team": team, "notebooks": [{"lesson": "03_mhd", "score": score, "max_score": 12}]}
        (folder / "results.json").write_text(json.dumps(held), encoding="utf-8")

    def seen(name: str) -> list[tuple[str, int]]:
        found = served.get("/api/grades", headers=as_one(people[name])).json()
        return [(one["team"], one["score"]) for one in found]

    assert seen("Ana") == [("Chile", 7)]
    assert seen("Pia") == []  # hers is written otherwise: nobody guesses
    assert seen("Mario") == seen("Inés") == [("Chile", 7), ("Peru", 9)]
