"""Rebuilds the committed core: `python -m sandbox.definitions.build R4.tgz IPS.tgz THO.tgz`.

Recipe: the npm packages `hl7.fhir.r4.examples` 4.0.1, `hl7.fhir.uv.ips` 2.0.0 and `hl7.terminology.r4` 7.0.1, all
CC0-1.0, fetched by hand with `npm pack`.  Their integrity stands in the compiled files.  Of THO
only what IPS bindings reach is kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from sandbox.definitions.packages import integrity, read_package
from sandbox.definitions.searching import write_search_parameters
from sandbox.definitions.store import CORE, CORE_PACKAGES, R4_TYPE, compiled_bytes
from sandbox.definitions.stripping import strip
from sandbox.fhir.json import Json


def main(r4: Path, ips: Path, tho: Path) -> None:
    """Writes the three compiled packages and the table of search parameters."""
    core = compile_package(resource for resource in read_package(r4) if _is_conformance(resource))
    guide = compile_package(read_package(ips))
    terms = _reached(guide, core, compile_package(read_package(tho)))
    CORE.mkdir(exist_ok=True)
    for package, source, resources in zip(CORE_PACKAGES, (r4, ips, tho), (core, guide, terms), strict=True):
        name, version = package.split("#")
        file = CORE / f"{package}.json.xz"
        file.write_bytes(compiled_bytes(name, version, integrity(source), resources))
    write_search_parameters(r4)


def compile_package(resources: Iterable[Json]) -> list[Json]:
    """Returns the definitions of a package, stripped."""
    return [stripped for stripped in map(strip, resources) if stripped is not None]


def _is_conformance(resource: Json) -> bool:
    """The R4 package holds example instances, and example definitions that no judge needs, beside the definitions."""
    url = str(resource.get("url", ""))
    return url.startswith(("http://hl7.org/fhir/", "http://terminology.hl7.org/", R4_TYPE)) or "urn:" in url


def _reached(guide: list[Json], core: list[Json], terms: list[Json]) -> list[Json]:
    """Keeps of the terminology what the guide's bindings name, directly or through value sets, and R4 lacks."""
    by_url: dict[str, list[Json]] = {}
    for resource in (*guide, *core, *terms):
        by_url.setdefault(str(resource.get("url")), []).append(resource)
    waiting = [url for resource in guide for url in _named(resource)]
    seen: set[str] = set()
    while waiting:
        url = waiting.pop().partition("|")[0]
        if url not in seen:
            seen.add(url)
            waiting += [name for resource in by_url.get(url, []) for name in _named(resource)]
    there = {str(resource.get("url")) for resource in core}
    return [resource for resource in terms if resource.get("url") in seen - there]


def _named(resource: Json) -> Iterator[str]:
    for element in resource.get("element", []):
        if "binding" in element:
            yield element["binding"]["valueSet"]
    for part in ("include", "exclude"):
        for include in resource.get(part, []):
            if "system" in include:
                yield include["system"]
            yield from include.get("valueSet", [])


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
