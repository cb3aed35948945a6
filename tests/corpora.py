"""FHIR packages for development: `make packages` fetches them to `out/packages`; tests that need them skip without."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.places import PROJECT

PACKAGES = PROJECT / "out" / "packages"
R4 = PACKAGES / "hl7.fhir.r4.examples-4.0.1.tgz"
IPS = PACKAGES / "hl7.fhir.uv.ips-2.0.0.tgz"
THO = PACKAGES / "hl7.terminology.r4-7.0.1.tgz"
EXTENSIONS = PACKAGES / "hl7.fhir.uv.extensions.r4-5.3.0-ballot-tc1.tgz"
AU_BASE = PACKAGES / "hl7.fhir.au.base-6.0.0.tgz"
MCODE = PACKAGES / "hl7.fhir.us.mcode-4.0.0.tgz"
PROFILE = "http://hl7.org/fhir/uv/ips/StructureDefinition/"
BUNDLE_IPS = PROFILE + "Bundle-uv-ips"


def are_there() -> bool:
    """Tells whether the packages were fetched."""
    return all(file.is_file() for file in (R4, IPS, THO, EXTENSIONS, AU_BASE, MCODE))


def members(package: Path) -> Iterator[tuple[str, bytes]]:
    """Yields path and content of the JSON files of a package."""
    with tarfile.open(fileobj=io.BytesIO(package.read_bytes())) as archive:
        for member in archive:
            name = member.name.removeprefix("package/")
            stream = (
                archive.extractfile(member) if member.isfile() and name.endswith(".json") else None
            )
            if (
                stream is not None
                and not name.startswith((".", "other/", "openapi/"))
                and name != "package.json"
            ):
                yield name, stream.read()


def ips_examples() -> Iterator[tuple[str, bytes, str]]:
    """Yields name, content and profile of the examples that the IPS package publishes."""
    for name, content in members(IPS):
        if name.startswith("example/") and not name.endswith("/.index.json"):
            resource = json.loads(content)
            profiles = resource.get("meta", {}).get("profile", [])
            is_bundle = resource["resourceType"] == "Bundle"
            yield name.removeprefix("example/"), content, BUNDLE_IPS if is_bundle else profiles[0]


def guide_examples(package: Path) -> Iterator[tuple[str, bytes, str]]:
    """Yields name, content and claimed profile ("" for none) of every example that a guide publishes."""
    for name, content in sorted(members(package)):
        if name.startswith("example/") and not name.endswith("/.index.json"):
            profiles = json.loads(content).get("meta", {}).get("profile", [""])
            yield name.removeprefix("example/"), content, profiles[0]


def mhd_examples(vectors: Path) -> Iterator[tuple[str, bytes, str]]:
    """Yields name, content and profile of IHE's published examples, but for its audit messages."""
    for file in sorted((vectors / "mhd-4.2.3" / "examples").glob("*.json")):
        content = file.read_bytes()
        resource: dict[str, Any] = json.loads(content)
        profiles = resource.get("meta", {}).get("profile", [])
        if profiles and resource["resourceType"] != "AuditEvent":
            yield file.name, content, profiles[0]
