"""Hand-ins as other tools leave them: each published cell is found again, nothing else is taken for one."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.course.building import notebook_text
from sandbox.course.grading.recognise import read_cell, recognise

Cells = list[dict[str, Any]]
LESSON = "02_ips"


def a_solved(name: str = LESSON) -> Cells:
    cells: Cells = json.loads(notebook_text(name, "es", solutions=True))["cells"]
    return cells


def recognised(handed_in: Cells, name: str = LESSON) -> dict[int, str]:
    published = json.loads(notebook_text(name, "es"))["cells"]
    return recognise([read_cell(c) for c in handed_in], [read_cell(c) for c in published])


def without_ids(cells: Cells) -> Cells:
    return [{key: value for key, value in cell.items() if key != "id"} for cell in cells]


def with_new_ids(cells: Cells) -> Cells:
    return [{**cell, "id": f"new{number}"} for number, cell in enumerate(cells)]


def without_metadata(cells: Cells) -> Cells:
    return [{**cell, "metadata": {}} for cell in without_ids(cells)]


def as_colab(cells: Cells) -> Cells:
    return [
        {**cell, "metadata": {**cell["metadata"], "id": f"c{number}"}}
        for number, cell in enumerate(without_ids(cells))
    ]


def as_one_text_with_windows_ends(cells: Cells) -> Cells:
    return [
        {**cell, "source": "".join(cell["source"]).replace("\n", "\r\n") + "\r\n"}
        for cell in without_metadata(cells)
    ]


def as_code_alone(cells: Cells) -> Cells:
    """As a script that was made a notebook again: prose is gone."""
    return [cell for cell in without_metadata(cells) if cell["cell_type"] == "code"]


@pytest.mark.parametrize(
    "tool",
    [
        without_ids,
        with_new_ids,
        without_metadata,
        as_colab,
        as_one_text_with_windows_ends,
        as_code_alone,
    ],
)
@pytest.mark.parametrize("name", ["00_welcome", "01_fhir", LESSON, "05_certificates"])
def test_each_cell_is_found_again_behind_a_tool(name: str, tool: Callable[[Cells], Cells]) -> None:
    solved = a_solved(name)
    handed_in = tool(copy.deepcopy(solved))
    kept = [cell for cell in solved if tool is not as_code_alone or cell["cell_type"] == "code"]
    assert recognised(handed_in, name) == {place: cell["id"] for place, cell in enumerate(kept)}


def test_an_answer_written_anew_is_known_by_its_exercise() -> None:
    handed_in = without_metadata(a_solved())
    place = [cell["id"] for cell in a_solved()].index("ex-2-1")
    handed_in[place]["source"] = "# mine\nL.check('2.1', list('abc'))"
    assert recognised(handed_in)[place] == "ex-2-1"


def test_an_answer_without_a_check_is_known_by_its_place() -> None:
    handed_in = without_metadata(a_solved())
    place = [cell["id"] for cell in a_solved()].index("ex-2-4-medication")
    handed_in[place]["source"] = "metformin = make_it()"
    assert recognised(handed_in)[place] == "ex-2-4-medication"


def test_what_the_participant_added_is_no_published_cell() -> None:
    handed_in = without_metadata(a_solved())
    handed_in.insert(5, {"cell_type": "code", "metadata": {}, "source": "scratch = 1"})
    handed_in.insert(9, {"cell_type": "markdown", "metadata": {}, "source": "My notes"})
    matches = recognised(handed_in)
    assert not {5, 9} & set(matches)
    assert len(matches) == len(handed_in) - 2


def test_of_two_cells_with_one_id_the_second_is_an_added_one() -> None:
    handed_in = a_solved()
    place = [cell["id"] for cell in handed_in].index("ex-2-1")
    handed_in.insert(place + 1, copy.deepcopy(handed_in[place]))
    matches = recognised(handed_in)
    assert (matches[place], matches.get(place + 1)) == ("ex-2-1", None)


def test_moved_cells_are_found_where_they_are() -> None:
    handed_in = list(reversed(without_metadata(a_solved("00_welcome"))))
    ids = [cell["id"] for cell in reversed(a_solved("00_welcome"))]
    assert recognised(handed_in, "00_welcome") == dict(enumerate(ids))


def test_nothing_is_found_in_a_notebook_about_something_else() -> None:
    handed_in: Cells = [
        {"cell_type": "code", "source": "import numpy"},
        {"cell_type": "markdown", "source": ["# Physics"]},
        {"cell_type": "code", "source": None, "metadata": 7},
    ]
    assert not recognised(handed_in)
