"""One table of limits: the page tells the same, and every error has its sentence."""

import re

from sandbox.i18n import has_message
from sandbox.limits import LIMITS
from tests.limits import PAGE, page
from tests.places import PROJECT

SCATTERED = re.compile(r"^[A-Z_]+ = [\d_]+ \* 1024(?: \* 1024|\*\*\d)?$", re.MULTILINE)


def test_the_page_is_written_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_error_has_its_sentence() -> None:
    errors = {limit.error for limit in LIMITS} - {""}
    assert [key for key in errors if not has_message(f"{key}.text")] == []


def test_no_module_keeps_a_size_of_its_own() -> None:
    found = (PROJECT / "sandbox").rglob("*.py")
    files = (file for file in found if file.name != "primitives.py")  # what R4 says of a string
    assert [file.name for file in files if SCATTERED.search(file.read_text("utf-8"))] == []
    assert SCATTERED.search("MOST_BYTES = 16 * 1024 * 1024")
