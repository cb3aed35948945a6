"""Judges whether a DID document is still in force and who may change it (DID 1.0): a list that was
given up, or that somebody outside of the network controls, is believed in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.fhir.json import write_json
from sandbox.findings import Finding
from sandbox.trust.entries import note

DEACTIVATED = "DID 1.0 7.1.2"
CONTROLLER = "DID 1.0 5.1.2"
TYPES = ("JsonWebKey2020", "JsonWebKey")


def judge_control(document: Mapping[str, Any], *names: str, where: str = "") -> Iterator[Finding]:
    """Yields where a document, or one of its methods, was given up or is another's.

    Args:
        document: A DID document, or a verification method of one.
        names: The DIDs that it belongs to: of a method its own and that of its document.
        where: The place of a method; empty for the document itself.
    """
    begin = f"{where}." if where else ""
    # what cannot be read may say that it is over
    if document.get("deactivated", False) is not False:
        found = write_json(document["deactivated"]).decode()[:20]
        place = f"{begin}deactivated"
        yield note("deactivated", "error", where=place, found=found, clause=DEACTIVATED)
    stated = document.get("controller")
    controllers = stated if isinstance(stated, list) else [stated]
    for controller in controllers if stated is not None else ():
        if not any(_is_above(controller, name) for name in names):
            place = f"{begin}controller"
            params = {"expected": names[0], "found": str(controller)[:120]}
            yield note("other_controller", "error", where=place, **params, clause=CONTROLLER)


def judge_type(method: Mapping[str, Any], where: str) -> Iterator[Finding]:
    """Yields where the type of a method is none of those that hold a JWK (GDHCN trust list v2)."""
    type = str(method.get("type") or "–")
    if type not in TYPES:
        yield note("method_type", "warning", where=where, expected=TYPES[0], found=type[:40])


def _is_above(controller: Any, name: str) -> bool:
    """Tells whether a controller is the DID itself, or a list above it: the network's own lists
    are controlled by the list of their participant.
    """
    return isinstance(controller, str) and (controller == name or name.startswith(f"{controller}:"))
