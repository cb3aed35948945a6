"""A pack of a professor: the commands of its page are typed, and what it keeps hidden stays so."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.app import create_app
from sandbox.course.building import notebook_text
from sandbox.course.grading.grade import GradedNotebook, grade_notebook
from sandbox.course.grading.isolation import Isolation, best_isolation
from sandbox.packs import VARIABLE, copy_public_part
from sandbox.settings import Settings
from tests.conftest import a_sandbox
from tests.places import PROJECT

pytestmark = pytest.mark.daily("journeys", share=0.25, each="module")

SAMPLE = PROJECT / "datasets" / "packs" / "ward"
LESSON = "20_ward"
# what is right on the data of the training, as one would type it off another screen
TYPED = {
    "ex-20-1": "how_many = 3\nL.check('20.1', how_many)",
    "ex-20-2": "fastest = 'Patient/abel-ticona'\nL.check('20.2', fastest)",
    "ex-20-3": "coding = {'system': 'http://loinc.org', 'code': '8867-4'}\nL.check('20.3', coding)",
    "ex-20-4": "L.submit('20.4', ['Observation/abel-ticona-heart-rate'])",
}


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample, where a professor would keep it: outside of the sandbox."""
    folder = tmp_path / "professor" / "pack"
    shutil.copytree(SAMPLE, folder)
    monkeypatch.setenv(VARIABLE, str(folder))
    return folder


def graded(
    folder: Path, changed: dict[str, str], *, data: str = "", kept: str = ""
) -> GradedNotebook:
    notebook: dict[str, Any] = json.loads(notebook_text(LESSON, "es", solutions=True))
    for cell in notebook["cells"]:
        cell["source"] = changed.get(cell["id"], cell["source"])
    file = folder / f"{LESSON}.ipynb"
    file.write_text(json.dumps(notebook), encoding="utf-8")
    target = folder / kept if kept else None
    return grade_notebook(file, isolation=best_isolation(), data=data, kept=target)


def passed(notebook: GradedNotebook) -> set[str]:
    return {result.exercise.id for result in notebook.results if result.outcome == "passed"}


@pytest.mark.slow
def test_right_answers_of_the_training_that_were_typed_in_are_wrong_on_other_data(
    pack: Path, tmp_path: Path
) -> None:
    training = graded(tmp_path, TYPED)
    assert training.score == training.max_score == 7
    elsewhere = graded(tmp_path, TYPED, data="k3x9")
    # the code of a heart rate is the same on any data
    assert passed(elsewhere) == {"20.3"}
    found = {result.exercise.id: result.finding for result in elsewhere.results}
    (count, fastest) = (found["20.1"], found["20.2"])
    assert count is not None
    assert fastest is not None
    assert int(count.expected) >= 5
    assert fastest.key.endswith("nobody_of_the_ward")
    # what finds the answers is right on any data
    assert graded(tmp_path, {}, data="k3x9").score == 7


@pytest.mark.slow
@pytest.mark.needs("bubblewrap")
def test_a_notebook_sees_neither_hidden_checks_nor_solutions(pack: Path, tmp_path: Path) -> None:
    prying = (
        "import os, pathlib\n"
        f"own = pathlib.Path(os.environ['{VARIABLE}'])\n"
        "print('SEES', sorted(str(f.relative_to(own)) for f in own.rglob('*') if f.is_file()))\n"
        f"print('PACK', pathlib.Path({str(pack)!r}).exists())\n"
    )
    notebook = graded(tmp_path, {"ex-20-1": prying + TYPED["ex-20-1"]}, data="k3x9")
    assert notebook.isolation is Isolation.bubblewrap
    said = notebook.executed.decode()
    assert "PACK False" in said
    sees = re.search(r"SEES \[(.*?)\]", said)
    assert sees is not None
    files = set(re.findall(r"'([^']+)'", sees[1]))
    assert "checks/20_ward.py" in files
    assert "seed/04-cesar-villagra.json" in files
    assert "seed/02-abel-ticona.json" not in files
    assert not any(file.startswith(("hidden", "notebooks/src")) for file in files)
    assert {"20.4a", "20.4b"} <= passed(notebook)


def test_learners_get_all_but_solutions_and_what_is_hidden(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_public_part(tmp_path / "learners")
    files = {
        str(file.relative_to(tmp_path / "learners"))
        for file in (tmp_path / "learners").rglob("*")
        if file.is_file()
    }
    assert "seed/02-abel-ticona.json" in files
    assert "notebooks/pt/20_ward.ipynb" in files
    assert not any("hidden" in file or "src" in file or "villagra" in file for file in files)
    for file in (tmp_path / "learners").rglob("*.ipynb"):
        assert "max(measured" not in file.read_text(encoding="utf-8")


def test_hidden_checks_are_added_to_a_lesson_of_the_sandbox(pack: Path) -> None:
    from sandbox.course.exercises import exercises_of

    check = (pack / "hidden" / "20_ward.py").read_text(encoding="utf-8")
    (pack / "hidden" / "00_welcome.py").write_text(check.replace('"20.4', '"0.4'), encoding="utf-8")
    assert list(exercises_of("00_welcome").exercises) == ["0.1", "0.2", "0.3", "0.4a", "0.4b"]
    # what is judged twice under one id is a slip of the author, and is said
    (pack / "hidden" / "01_fhir.py").write_text(check.replace('"20.4a', '"1.1'), encoding="utf-8")
    with pytest.raises(ValueError, match=r"judged twice: 1\.1"):
        exercises_of("01_fhir")


def test_a_server_has_the_lessons_and_data_of_a_pack(pack: Path, tmp_path: Path) -> None:
    with a_sandbox(tmp_path, seed="training") as client:
        ward = client.get("/fhir/Patient?organization=Organization/ward-4&_summary=count")
        assert ward.json()["total"] == 3
        assert (
            "Turno de noche en la sala 4"
            in client.get("/api/lessons", headers={"Accept-Language": "es"}).text
        )
        assert LESSON in client.get("/desk").text
        reply = client.post(
            "/api/gradings",
            content=notebook_text(LESSON, "es").encode(),
            headers={"Content-Type": "application/x-ipynb+json"},
        )
        assert (reply.status_code, reply.json()["assignment"]) == (202, LESSON)


def test_a_desk_without_the_pack_still_shows_what_was_asked_for(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=tmp_path / "data", graders=0)
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        assert client.post("/api/assignments", json={"lesson": LESSON}).status_code == 201
        monkeypatch.delenv(VARIABLE)
        assert LESSON in client.get("/desk").text
        assert client.get(f"/desk/{LESSON}").status_code == 200
        refused = client.post("/api/assignments", json={"lesson": LESSON})
        assert refused.status_code == 400


@pytest.mark.slow
@pytest.mark.needs("bubblewrap")
def test_the_commands_of_the_page_make_grade_and_hand_out_a_pack(tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "how-to" / "write-a-pack.md").read_text(encoding="utf-8")
    said = typed(tmp_path, "\n".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL)))
    assert "1 lesson: notebooks, catalogues and languages agree." in said
    assert said.count("20_ward.ipynb: 7 of 7") == 2
    assert "Chile" in said
    assert (tmp_path / "for-learners" / "checks" / "20_ward.py").is_file()
    assert not (tmp_path / "for-learners" / "hidden").exists()
    # the sample as it was committed is what its sources give
    built = "notebooks/pt/20_ward.ipynb"
    assert (tmp_path / "my-pack" / built).read_bytes() == (SAMPLE / built).read_bytes()


def test_a_folder_that_is_no_pack_is_refused_and_so_is_one_that_lacks_a_sentence(
    tmp_path: Path,
) -> None:
    (tmp_path / "empty").mkdir()
    refused = typed(tmp_path, "connectathon lessons check --pack empty", exits=2)
    assert "it is no pack" in " ".join(refused.split())
    shutil.copytree(SAMPLE, tmp_path / "pack")
    room = tmp_path / "pack" / "messages" / "en" / "ward.toml"
    room.write_text(room.read_text(encoding="utf-8").replace("hint_2", "hint_5"), encoding="utf-8")
    lacking = typed(tmp_path, "connectathon lessons check --pack pack", exits=1)
    assert "ex_20_1.hint_2" in lacking


def typed(folder: Path, script: str, *, exits: int = 0) -> str:
    """What commands print that are typed in a folder, in one shell."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    given = {"PATH": path, "PYTHONPATH": str(PROJECT), "SANDBOX": str(PROJECT), "COLUMNS": "200"}
    done = subprocess.run(
        ["bash", "-c", f"set -e -o pipefail\n{script}"],
        cwd=folder,
        env={
            **os.environ,
            **given,
            "CONNECTATHON_DATA": str(folder / "data"),
            "LANG": "en_US.UTF-8",
        },
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == exits, done.stdout + done.stderr
    return done.stdout + done.stderr
