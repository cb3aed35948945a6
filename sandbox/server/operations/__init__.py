"""The FHIR operations, one file each; importing this package registers them all."""

from sandbox.server.operations import (
    code_systems,
    docref,
    document,
    everything,
    expand,
    health_cards,
    health_links,
    ihe_pix,
    lastn,
    match,
    meta,
    summary,
    translate,
    validate,
    validate_code,
)

__all__ = [
    "code_systems",
    "docref",
    "document",
    "everything",
    "expand",
    "health_cards",
    "health_links",
    "ihe_pix",
    "lastn",
    "match",
    "meta",
    "summary",
    "translate",
    "validate",
    "validate_code",
]
