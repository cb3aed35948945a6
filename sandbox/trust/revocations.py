"""What was taken back: here, with time and reason and until somebody undid it, and by the lists of
others.

revoked.json            the handles that count now
revocations.ndjson      who reads why: a line for each act, never changed
revocations/NAME.json   what others took back: EU batches, lists of health cards
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sandbox.certificates.revocation import anonymous, handles_in
from sandbox.errors import BadRequest, NotFound

Record = Callable[..., None]
"""Takes the name of an act and its details, as `Audit.record` does."""


def unrecorded(_act: str, **_details: object) -> None:
    """Forgets an act: for who only reads, or rehearses in a folder of their own."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was taken back, or given back: when, by which handles, and why."""

    at: str
    act: Literal["revoked", "restored"]
    handles: tuple[str, ...]
    reason: str = ""


class Revocations:
    """The revocations of a trust folder."""

    def __init__(self, folder: Path, record: Record = unrecorded) -> None:
        self._folder = folder
        self._record = record

    def every(self) -> frozenset[str]:
        """Returns the handles of the certificates that were taken back, here and by others.

        Raises:
            BadRequest: A file is no list of identifiers, no EU batch and no list of a card's key.
        """
        own = self._folder / "revoked.json"
        handles: set[str] = set()
        for file in (own, *sorted(self._folder.glob("revocations/*.json"))):
            if not file.exists():
                continue
            try:
                content = read_json(file)
                if file == own and not isinstance(content, list):
                    raise ValueError(file.name)
                handles |= set(handles_in(content))
            except ValueError:
                raise _bad_file(file) from None
        return frozenset(handles)

    def own(self) -> list[str]:
        """Returns the handles that were taken back here and still count, in order.

        Raises:
            BadRequest: The file is no list: whoever wrote a new one would give back all it held.
        """
        file = self._folder / "revoked.json"
        handles = read_json(file) if file.exists() else []
        if not isinstance(handles, list):
            raise _bad_file(file)
        return sorted(map(str, handles))

    def acts(self) -> list[Act]:
        """Returns what was done here, the oldest first."""
        file = self._folder / "revocations.ndjson"
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        rows = [json.loads(line) for line in lines]
        return [Act(row["at"], row["act"], tuple(row["handles"]), row["reason"]) for row in rows]

    def revoke(self, *handles: str, reason: str = "", at: datetime | None = None) -> None:
        """Takes a certificate back by its handles: UVCI, HCID, or `signature:` and the hash of its
        signature.
        """
        self._write({*self.own(), *handles})
        self._keep(Act(_moment(at), "revoked", tuple(sorted(handles)), reason))
        self._record("certificate.revoked", id=anonymous(handles))

    def restore(self, *handles: str, reason: str, at: datetime | None = None) -> list[str]:
        """Undoes a revocation.

        Args:
            handles: Of the certificate; those that were taken back with one of them go with it.
            reason: Why; whoever reads the list later asks.
            at: When; now where there is none.

        Returns:
            The handles that no longer count.

        Raises:
            BadRequest: No reason is given.
            NotFound: None of the handles was taken back here.
        """
        if not reason.strip():
            raise BadRequest("trust.reason_needed", where="reason")
        own = set(self.own())
        together = {
            handle
            for act in self.acts()
            if act.act == "revoked" and set(act.handles) & set(handles)
            for handle in act.handles
        }
        back = own & {*handles, *together}
        if not back:
            shown = ", ".join(sorted(handles))[:120] or "–"
            raise NotFound("trust.not_revoked", where="id", found=shown)
        self._write(own - back)
        self._keep(Act(_moment(at), "restored", tuple(sorted(back)), reason.strip()))
        self._record("certificate.restored", id=anonymous(back), reason=reason.strip())
        return sorted(back)

    def _write(self, handles: set[str]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / "revoked.json"
        part = file.with_suffix(".part")
        text = json.dumps(sorted(handles), ensure_ascii=False, indent=1) + "\n"
        part.write_text(text, "utf-8")
        # whoever verifies at this moment reads the old list or the new one, never half of one
        part.replace(file)

    def _keep(self, act: Act) -> None:
        line = {"at": act.at, "act": act.act, "handles": act.handles, "reason": act.reason}
        with (self._folder / "revocations.ndjson").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def read_json(file: Path) -> Any:
    """Returns the JSON in a file; None for what is none."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _bad_file(file: Path) -> BadRequest:
    return BadRequest("trust.bad_file", where=str(file), file=file, wanted='["URN:UVCI:…", …]')


def _moment(at: datetime | None) -> str:
    return (at or datetime.now(UTC)).isoformat(timespec="seconds")
