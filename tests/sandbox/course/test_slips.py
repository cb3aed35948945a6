"""The names of slips where the answer is what a program happens to write."""

from __future__ import annotations

import pytest

from sandbox.course.comparing import slip_of_bytes
from sandbox.course.record import as_artifact


@pytest.mark.parametrize("hash", [b"ABCDEFGH", b"\x01BCDEFGH", b"\xffBCDEFGH", "ñandúes".encode()])
def test_bytes_of_a_hash_are_told_also_where_they_happen_to_be_a_text(hash: bytes) -> None:
    assert slip_of_bytes(as_artifact(hash), hash) == "raw_bytes"
