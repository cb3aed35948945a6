"""The evidence of a run as one zip: the log, every body once by its hash, a manifest, and the
sandbox's signature over that.  The same bytes each time.

Whoever has it can judge the run again elsewhere, and check that nothing was changed (verify.py);
credentials were taken out before anything was stored.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.event.inputs import evident_inputs
from sandbox.event.signing import EvidenceKey
from sandbox.redact import REDACTED as HIDDEN
from sandbox.store.redacting import REDACTED
from sandbox.store.runs import Event, hash_of

# the time of every file, so that the same evidence gives the same bytes
FIRST_DAY = (1980, 1, 1, 0, 0, 0)
MANIFEST = "manifest.json"
SIGNATURE = "manifest.jws"


def evidence(
    events: Sequence[Event], blob: Callable[[str], bytes], key: EvidenceKey | None = None
) -> bytes:
    """Returns the zip of a run; `blob` gives a body by its hash."""
    lines = [
        json.dumps(
            {
                "number": event.number,
                "kind": event.kind,
                "at": event.at,
                "body": shown_body(event),
            },
            sort_keys=True,
        )
        for event in events
    ]
    log = ("\n".join(lines) + "\n").encode()
    redacted = _redacted(events)
    files = {
        "events.ndjson": log,
        **{f"bodies/{hash}": blob(hash) for hash in sorted(set(_hashes(events)) - set(redacted))},
    }
    about: dict[str, object] = {"run": events[0].run}
    if redacted:
        about["redacted"] = {f"bodies/{hash}": reason for hash, reason in redacted.items()}
    return signed(about, files, key)


def signed(
    about: Mapping[str, object], files: Mapping[str, bytes], key: EvidenceKey | None
) -> bytes:
    """Returns a zip of files with a manifest that holds their hashes and what they are about."""
    hashes = {name: hash_of(content) for name, content in files.items()}
    manifest = json.dumps({**about, "files": hashes}, indent=1, sort_keys=True).encode()
    heads = {MANIFEST: manifest} | ({SIGNATURE: key.sign(manifest)} if key else {})
    return packed({**heads, **files})


def packed(files: Mapping[str, bytes]) -> bytes:
    """Returns a zip: the same bytes for the same files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(zipfile.ZipInfo(name, FIRST_DAY), body, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def shown_body(event: Event) -> dict[str, Any]:
    """Returns what a line of a log says, as it may be shown: without secret inputs, and without
    the values that tests have handed on, which may be what let them in.
    """
    body: dict[str, Any] = json.loads(event.body)
    hidden: dict[str, Any] = {}
    if "given" in body:
        hidden["given"] = evident_inputs(body["given"])
    if "produced" in body:
        hidden["produced"] = dict.fromkeys(body["produced"], HIDDEN)
    return body | hidden


def _redacted(events: Sequence[Event]) -> dict[str, str]:
    """Returns the bodies that were taken out, with the reason."""
    lines = [json.loads(event.body) for event in events if event.kind == REDACTED]
    return {hash: line["reason"] for line in lines for hash in line["bodies"]}


def _hashes(events: Sequence[Event]) -> list[str]:
    bodies = [json.loads(event.body) for event in events if event.kind in ("exchange", "captured")]
    return [body[name] for body in bodies for name in ("request_body", "body")]
