"""What the issuers of this sandbox have issued and taken back, below the data folder.

credentials/CL/issued.txt     the places in the status lists that are taken, one a line
credentials/CL/taken.txt      place and value, in the order in which things happened

Both are appended to and never changed: whoever issues at the same time loses nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from sandbox.credentials.status.bits import LEAST_ENTRIES, Bits, Order, empty
from sandbox.errors import BadRequest

Record = Callable[..., None]
REVOKED = 1


class CredentialFolder:
    """Reads and writes the places of one country's status lists."""

    def __init__(self, folder: Path, *, record: Record) -> None:
        self._folder = folder
        self._record = record

    def new_place(self) -> int:
        """Returns a place that no credential has, by chance: neighbours would tell who came
        after whom.

        Raises:
            BadRequest: The list is full.
        """
        taken = set(self._numbers("issued.txt"))
        if len(taken) >= LEAST_ENTRIES * 3 // 4:
            raise BadRequest("credentials.list_full", where="status", found=str(len(taken)))
        place = secrets.randbelow(LEAST_ENTRIES)
        while place in taken:
            place = secrets.randbelow(LEAST_ENTRIES)
        self._append("issued.txt", str(place))
        self._record("certificate.issued", id=f"status:{place}")
        return place

    def take_back(self, place: int) -> None:
        """Takes the credential at a place back.

        Raises:
            BadRequest: Nothing was issued there.
        """
        if place not in self._numbers("issued.txt"):
            raise BadRequest("credentials.not_issued_here", where="status", found=str(place))
        self._append("taken.txt", f"{place} {REVOKED}")
        self._record("certificate.revoked", id=f"status:{place}")

    def bits(self, order: Order) -> Bits:
        """Returns the list as it is now; `order` is that of W3C (`most`) or IETF (`least`)."""
        bits = empty(order)
        numbers = self._numbers("taken.txt")
        for place, value in zip(numbers[::2], numbers[1::2], strict=True):
            bits[place] = value
        return bits

    def _numbers(self, name: str) -> list[int]:
        file = self._folder / name
        return [int(word) for word in file.read_text("utf-8").split()] if file.exists() else []

    def _append(self, name: str, line: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / name).open("a", encoding="utf-8") as opened:
            opened.write(f"{line}\n")
