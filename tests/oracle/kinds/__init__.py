"""The mutation kinds, a module for each page or topic of R4; importing a module registers its kinds."""

from __future__ import annotations

from tests.oracle.kinds import (
    bundles,
    codings,
    contained,
    datatypes,
    documents,
    extensions,
    json_shapes,
    meta,
    narratives,
    primitives,
    references,
    resources,
)
from tests.oracle.registry import REGISTERED, Kind

KINDS: tuple[Kind, ...] = tuple(REGISTERED.values())
__all__ = [
    "KINDS",
    "bundles",
    "codings",
    "contained",
    "datatypes",
    "documents",
    "extensions",
    "json_shapes",
    "meta",
    "narratives",
    "primitives",
    "references",
    "resources",
]
