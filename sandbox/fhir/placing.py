"""Adds line and column in the source text to each place of a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sandbox.fhir.positions import Position, find_positions
from sandbox.findings import Finding, Spot


def placed_findings(body: bytes, findings: Iterable[Finding]) -> list[Finding]:
    """Returns the findings with the lines and columns of a JSON or XML text, where it has their
    places.
    """
    all_of_them = list(findings)
    positions = find_positions(
        body, {spot.where for finding in all_of_them for spot in finding.spots}
    )
    return [_placed(finding, positions) for finding in all_of_them]


def _placed(finding: Finding, positions: Mapping[str, Position]) -> Finding:
    first, *rest = (_placed_spot(spot, positions.get(spot.where)) for spot in finding.spots)
    return replace(finding, line=first.line, column=first.column, also=tuple(rest))


def _placed_spot(spot: Spot, position: Position | None) -> Spot:
    line, column = (position.line, position.column) if position else (0, 0)
    return replace(spot, line=line, column=column)
