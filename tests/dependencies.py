"""The page of the licences of all runtime dependencies, written from the metadata of what is installed.

`python -m tests.dependencies` writes `docs/dependencies.md` anew; pins of other platforms and Python versions, which are
not installed here, are listed by name alone.
"""

from __future__ import annotations

from email.message import Message
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.places import PROJECT

PAGE = PROJECT / "docs" / "dependencies.md"
LOCK = PROJECT / "requirements.lock"
CLASSIFIER = "License :: "
LONGEST_NAME = 60  # characters; a longer `License` is the text of the licence, not its name
NO_NAME = {"", "UNKNOWN"}
NOT_STATED = "not stated"
HEAD = """# Dependencies

What the sandbox needs to run and under which licence each package comes. Written by `python -m tests.dependencies` from
`requirements.lock` and the metadata of the installed packages: the licence expression where a package has one, else the name
in its field `License`, else its classifiers; a package with none of them is *not stated*. Versions are those of the lock for
the platform on which the page was written. Licences of data: [data licences](data-licences.md).

| package | version | licence | said by |
|---|---|---|---|
"""
ELSEWHERE = """
## On other platforms only

Pins that do not apply where this page was written, so that their metadata was not at hand.

| package | version | where |
|---|---|---|
"""


def pins() -> list[Requirement]:
    """Returns all pins of the lock; hashes, where it has them, stand on indented lines of their own."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    return [Requirement(line.removesuffix("\\")) for line in lines if line[:1].isalnum()]


def applies(pin: Requirement) -> bool:
    """Tells whether a pin is for this platform and version of Python."""
    return pin.marker is None or pin.marker.evaluate()


def version_of(pin: Requirement) -> str:
    """Returns the version that a pin names."""
    return str(pin.specifier).removeprefix("==")


def licence_of(metadata: Message) -> tuple[str, str]:
    """Returns the licence that a package states, and the field that says so."""
    expression = metadata.get("License-Expression", "")
    if expression:
        return expression, "License-Expression"
    lines = metadata.get("License", "").strip().splitlines()
    name = lines[0] if len(lines) == 1 else ""
    if name not in NO_NAME and len(name) <= LONGEST_NAME:
        return name, "License"
    named = [
        classifier.removeprefix(CLASSIFIER).removeprefix("OSI Approved :: ")
        for classifier in metadata.get_all("Classifier", [])
        if classifier.startswith(CLASSIFIER)
    ]
    if named:
        return "; ".join(named), "classifier"
    if lines and lines[0] not in NO_NAME:
        return lines[0].strip(), "first line of License"
    return NOT_STATED, ""


def row(pin: Requirement) -> str:
    """Returns the line of a package that is installed here.

    Raises:
        SystemExit: it is not, or in another version than the pin's.
    """
    try:
        installed = distribution(pin.name)
    except PackageNotFoundError as error:
        raise SystemExit(f"{pin.name} is not installed: make setup") from error
    if installed.version not in pin.specifier:
        raise SystemExit(f"{pin} is pinned, {installed.version} installed: make setup")
    licence, field = licence_of(installed.metadata)
    return f"| `{canonicalize_name(pin.name)}` | {version_of(pin)} | {licence} | {field} |"


def page() -> str:
    """Returns the page."""
    rows = [row(pin) for pin in pins() if applies(pin)]
    others = [
        f"| `{canonicalize_name(pin.name)}` | {version_of(pin)} | `{pin.marker}` |"
        for pin in pins()
        if not applies(pin)
    ]
    return HEAD + "\n".join(rows) + "\n" + ELSEWHERE + "\n".join(others) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
