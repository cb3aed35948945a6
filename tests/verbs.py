"""`python -m tests.verbs`: writes `docs/verbs.md`, each verb of the Makefile beside its plain commands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.places import PROJECT

PAGE = PROJECT / "docs" / "verbs.md"
HEAD = """# Verbs

Each `make` verb is a short name for plain commands. `lab`, `serve` and `test` are all that most people need. What takes over two minutes has a verb of
its own, and the table that it writes is kept beside its tests. On Windows `.venv\\Scripts\\` stands for `.venv/bin/`.

| verb | plain commands | for |
|---|---|---|
"""
VERB = re.compile(r"^([a-z-]+):[^\n]*?## ([^\n]+)\n((?:\t[^\n]*\n)*)", re.MULTILINE)
DEFAULT = re.compile(r"^([A-Z]+) +\?= (\w+)", re.MULTILINE)
ELSEWHERE = "see the [Makefile](../Makefile)"
MOST = 2  # of more commands, and of those that a shell would have to work out, the Makefile tells


def verbs() -> Iterator[tuple[str, str, list[str]]]:
    """Yields each verb with what it is for and its commands, values in the place of variables."""
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    values = {"BIN": ".venv/bin"} | dict(DEFAULT.findall(makefile))
    for name, purpose, recipe in VERB.findall(makefile):
        for variable, value in values.items():
            recipe = recipe.replace(f"$({variable})", value)
        yield name, purpose, [line.strip() for line in recipe.splitlines()]


def page() -> str:
    """Returns the page as it should stand."""
    rows = []
    for name, purpose, lines in verbs():
        is_plain = 0 < len(lines) <= MOST and not any(set("$\\|") & set(line) for line in lines)
        commands = ", then ".join(f"`{line}`" for line in lines) if is_plain else ELSEWHERE
        rows.append(f"| `make {name}` | {commands} | {purpose} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
