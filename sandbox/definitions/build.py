"""Rebuilds the committed core: `python -m sandbox.definitions.build R4.tgz IPS-2.0.0.tgz THO.tgz
IPS-1.1.0.tgz`.

Recipe: the npm packages `hl7.fhir.r4.examples` 4.0.1, `hl7.fhir.uv.ips` 2.0.0 and
`hl7.terminology.r4` 7.0.1, fetched by hand with `npm pack`, and the package of IPS 1.1.0 as HL7
publishes it (hl7.org/fhir/uv/ips/STU1.1, package.tgz); all CC0-1.0.  Their integrity stands in the
compiled files.  Of THO only the code systems are kept that R4's own copies lack or have with fewer
codes, and the value sets that are named.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox.definitions.compiled import compiled_bytes
from sandbox.definitions.manifests import manifest_of
from sandbox.definitions.packages import integrity_of, read_package
from sandbox.definitions.searching import write_search_parameters
from sandbox.definitions.store import CORE, CORE_PACKAGES, R4_TYPE
from sandbox.definitions.stripping import concept_row, strip
from sandbox.fhir.json import Json

THO = "http://terminology.hl7.org/"


def main(r4: Path, ips: Path, tho: Path, ips_1: Path) -> None:
    """Writes the compiled packages, in the order of CORE_PACKAGES, and the table of search
    parameters.
    """
    content = {place: list(read_package(place)) for place in (r4, ips, tho, ips_1)}
    core = _pared(resource for resource in content[r4] if _is_conformance(resource))
    guide = _pared(content[ips])
    older = _pared(content[ips_1])
    current = _pared(content[tho])
    _correct_standings(core, current)
    terms = _lacking([*guide, *older], core, current)
    CORE.mkdir(exist_ok=True)
    # the order of CORE_PACKAGES, which decides whose version of a canonical is the default
    compiled = (core, guide, terms, older)
    for package, (place, resources), definitions in zip(
        CORE_PACKAGES, content.items(), compiled, strict=True
    ):
        # R4 comes in the package of its examples, under another name
        name, version = package.split("#")
        manifest = replace(
            manifest_of(resources, integrity=integrity_of(place)), name=name, version=version
        )
        (CORE / f"{package}.json.xz").write_bytes(compiled_bytes(manifest, definitions))
    write_search_parameters(r4)


def compile_package(resources: Iterable[Json]) -> list[Json]:
    """Returns the definitions of a package, stripped."""
    return [stripped for stripped in map(strip, resources) if stripped is not None]


def _pared(resources: Iterable[Json]) -> list[Json]:
    """Compiles a package without what the core has no use for.

    No value set of the core filters by a property whose values are at hand. R4's context invariants
    were mended since: that of questionnaire-displayCategory refuses what the extension is for.
    """
    definitions = compile_package(resources)
    for definition in definitions:
        definition.pop("contextInvariant", None)
    for system in _systems(definitions):
        system.pop("property", None)
        for row in _rows(system["concept"]):
            del row[len(("code", "display", "children", "displays", "standing")) :]
            while len(row) > len(("code", "display")) and not row[-1]:
                row.pop()
    return definitions


def _is_conformance(resource: Json) -> bool:
    """The R4 package holds example instances, and example definitions that no judge needs, beside
    the definitions.
    """
    url = str(resource.get("url", ""))
    return (
        url.startswith(("http://hl7.org/fhir/", "http://terminology.hl7.org/", R4_TYPE))
        or "urn:" in url
    )


def _lacking(guide: list[Json], core: list[Json], terms: list[Json]) -> list[Json]:
    """Keeps of the terminology the code systems that R4 lacks or has with fewer codes, and the
    value sets named.
    """
    tables = {
        str(definition["url"]): set(_codes(definition["concept"]))
        for definition in core
        if definition["resourceType"] == "CodeSystem"
    }
    there = {str(definition.get("url")) for definition in (*guide, *core)}
    named = {
        url.partition("|")[0] for definition in (*guide, *core) for url in _value_sets(definition)
    }
    return [
        definition
        for definition in terms
        if (definition["resourceType"] == "ValueSet" and definition["url"] in named - there)
        or (
            definition["resourceType"] == "CodeSystem"
            and set(_codes(definition["concept"])) - tables.get(str(definition["url"]), set())
        )
    ]


def _correct_standings(core: list[Json], terms: list[Json]) -> None:
    """Lets THO say which codes of its systems are abstract, inactive or deprecated.

    R4's copies of the tables of HL7 version 2 call hundreds deprecated that are in use, such as
    v2-0131 CP.
    """
    about = {
        (str(system["url"]), row[0]): _parts(row)[2]
        for system in _systems(terms)
        for row in _rows(system["concept"])
    }
    for definition in _systems(core):
        if str(definition["url"]).startswith(THO):
            for row in _rows(definition["concept"]):
                children, displays, _ = _parts(row)
                row[:] = concept_row(
                    row[0], row[1], children, displays, about.get((definition["url"], row[0]), "")
                )


def _systems(definitions: list[Json]) -> Iterator[Json]:
    return (definition for definition in definitions if definition["resourceType"] == "CodeSystem")


def _parts(row: list[Any]) -> list[Any]:
    """Returns children, displays and standing of a concept."""
    return [*row[2:], *([], {}, "")[len(row) - 2 :]]


def _rows(concepts: list[list[Any]]) -> Iterator[list[Any]]:
    for concept in concepts:
        yield concept
        yield from _rows(concept[2] if len(concept) > 2 else [])


def _codes(concepts: list[list[Any]]) -> Iterator[str]:
    return (row[0] for row in _rows(concepts))


def _value_sets(resource: Json) -> Iterator[str]:
    for element in resource.get("element", []):
        if "binding" in element:
            yield element["binding"]["valueSet"]
    for part in ("include", "exclude"):
        for include in resource.get(part, []):
            yield from include.get("valueSet", [])


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]))
