import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.course.building import notebook_text
from sandbox.course.grading.restore import Submission, UnreadableNotebook, read_submission, restore


def a_submission(**cells: str) -> Submission:
    """Returns lesson 00 with the sources of some cells changed; names have underscores for hyphens."""
    notebook: dict[str, Any] = json.loads(notebook_text("00_welcome", "es"))
    for cell in notebook["cells"]:
        name = cell["id"].replace("-", "_")
        if name in cells:
            cell["source"] = cells[name]
    return Submission(Path("00_welcome.ipynb"), "00_welcome", "es", notebook)


def sources(notebook: dict[str, Any]) -> dict[str, str]:
    return {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}


def test_answers_are_taken_and_changed_author_cells_come_back() -> None:
    restored = sources(
        restore(a_submission(ex_0_1="L.check('0.1', 'mine')", setup="print('mine')", title="x"))
    )
    assert restored["ex-0-1"] == "L.check('0.1', 'mine')"
    assert "lesson(" in restored["setup"]
    assert restored["title"].startswith("# 00")


def test_a_deleted_author_cell_comes_back_in_its_place() -> None:
    submission = a_submission()
    published = [cell["id"] for cell in submission.notebook["cells"]]
    submission.notebook["cells"] = [
        cell for cell in submission.notebook["cells"] if cell["id"] != "setup"
    ]
    assert [cell["id"] for cell in restore(submission)["cells"]] == published


def test_added_code_cells_stay_where_they_were_and_outputs_go() -> None:
    submission = a_submission()
    added = {
        "cell_type": "code",
        "id": "mine",
        "metadata": {},
        "source": ["x = 1"],
        "outputs": [{"output_type": "stream"}],
    }
    place = [cell["id"] for cell in submission.notebook["cells"]].index("setup") + 1
    submission.notebook["cells"].insert(place, added)
    cells = restore(submission)["cells"]
    assert "".join(cells[place]["source"]) == "x = 1"
    assert all(not cell.get("outputs") for cell in cells)


def test_cells_of_any_shape_do_no_harm() -> None:
    submission = a_submission()
    submission.notebook["cells"] += [
        "text",
        None,
        {"cell_type": "code"},
        {"id": "ex-0-1", "source": None},
        {"id": ["x"]},
    ]
    assert restore(submission)["cells"]


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"not json", "grade.unreadable"),
        (b"\xff", "grade.unreadable"),
        (b"[" * 100_000, "grade.unreadable"),
        (b"[]", "grade.no_notebook"),
        (b'{"nbformat": 3, "cells": []}', "grade.no_notebook"),
        (b'{"nbformat": 4}', "grade.no_notebook"),
        (
            b'{"nbformat": 4, "cells": [], "metadata": {"connectathon": {"lesson": "../x"}}}',
            "grade.unknown_lesson",
        ),
        (
            b'{"nbformat": 4, "cells": [], "metadata": {"connectathon": {"lesson": ["x"]}}}',
            "grade.unknown_lesson",
        ),
        (b'{"nbformat": 4, "cells": [], "metadata": 1}', "grade.unknown_lesson"),
    ],
)
def test_what_is_no_notebook_of_a_lesson_is_refused(
    tmp_path: Path, content: bytes, key: str
) -> None:
    file = tmp_path / "x.ipynb"
    file.write_bytes(content)
    with pytest.raises(UnreadableNotebook) as caught:
        read_submission(file)
    assert caught.value.key == key


def test_a_huge_or_absent_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.ipynb"
    with pytest.raises(UnreadableNotebook):
        read_submission(file)
    file.write_bytes(b" " * (5 * 1024 * 1024 + 1))
    with pytest.raises(UnreadableNotebook) as caught:
        read_submission(file)
    assert caught.value.key == "grade.too_large"


def a_file(folder: Path, *sources: str, name: str = "x.ipynb", **metadata: Any) -> Path:
    cells = [{"cell_type": "code", "source": source} for source in sources]
    content = {"nbformat": 4, "nbformat_minor": 0, "metadata": metadata, "cells": cells}
    file = folder / name
    file.write_text(json.dumps(content), encoding="utf-8-sig")
    return file


def test_the_lesson_is_known_by_the_file_name_when_metadata_are_lost(tmp_path: Path) -> None:
    file = a_file(tmp_path, "L.check('1.1', patient)", name="01_fhir.ipynb")
    assert (read_submission(file).lesson, read_submission(file).language) == ("01_fhir", "en")


def test_the_lesson_is_known_by_what_it_opens_when_the_file_was_renamed(tmp_path: Path) -> None:
    file = a_file(tmp_path, 'L = lesson("01_fhir")', 'L.check("1.1", 1)', name="tarea (2).ipynb")
    assert read_submission(file).lesson == "01_fhir"


def test_the_language_is_known_by_the_prose(tmp_path: Path) -> None:
    notebook = json.loads(notebook_text("00_welcome", "pt"))
    file = tmp_path / "00_welcome.ipynb"
    file.write_text(json.dumps({**notebook, "metadata": {}}), encoding="utf-8")
    assert read_submission(file).language == "pt"


@pytest.mark.parametrize(
    "sources", [(), ("import numpy",), ("____",), ("L.check('1.1', 1)",), ("L.progress()",)]
)
def test_nothing_recognised_is_refused_and_no_zero(
    tmp_path: Path, sources: tuple[str, ...]
) -> None:
    """Also answers to another lesson's exercises: somebody renamed the wrong file."""
    with pytest.raises(UnreadableNotebook) as caught:
        read_submission(a_file(tmp_path, *sources, name="00_welcome.ipynb"))
    assert caught.value.key == "grade.nothing_recognised"


def test_blanks_of_the_lesson_are_recognised(tmp_path: Path) -> None:
    file = a_file(tmp_path, "version = ____\nL.check('0.1', version)", name="00_welcome.ipynb")
    assert read_submission(file).lesson == "00_welcome"


def test_too_many_cells_are_refused(tmp_path: Path) -> None:
    file = a_file(tmp_path, *["x"] * 2001, name="00_welcome.ipynb")
    with pytest.raises(UnreadableNotebook) as caught:
        read_submission(file)
    assert caught.value.key == "grade.too_many_cells"


def test_a_blank_gives_way_to_an_answer_in_another_cell() -> None:
    submission = a_submission()
    place = [cell["id"] for cell in submission.notebook["cells"]].index("ex-0-1")
    answer = {"cell_type": "code", "source": "version = '4.0.1'\nL.check('0.1', version)"}
    submission.notebook["cells"].insert(place, answer)
    restored = sources(restore(submission))
    assert "ex-0-1" not in restored
    assert restored[f"added-{place}"] == answer["source"]
    submission.notebook["cells"][place]["source"] = "version = '4.0.1'"
    assert "____" in sources(restore(submission))["ex-0-1"]
