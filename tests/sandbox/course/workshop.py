"""The functions of a workshop as a module: as they are solved, or empty as a learner finds them."""

from __future__ import annotations

import importlib.util
import types
from pathlib import Path

from sandbox.course.sources import SourceCell, read_lesson


def module_cells(lesson: str = "08_workshop") -> list[SourceCell]:
    """Returns the cells that define something: what goes into a team's own file."""
    return [
        cell
        for cell in read_lesson(lesson)
        if cell.id == "imports" or (not cell.is_prose and "def " in cell.solution)
    ]


def code_of(lesson: str = "08_workshop", *, solved: bool) -> str:
    """Returns the code of those cells."""
    return "\n\n".join(cell.solution if solved else cell.learner for cell in module_cells(lesson))


def functions(folder: Path, lesson: str = "08_workshop", *, solved: bool) -> types.ModuleType:
    """Writes the code into a file, since functions are copied from their source, and imports it."""
    file = folder / ("solved.py" if solved else "empty.py")
    file.write_text(code_of(lesson, solved=solved), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"workshop_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
