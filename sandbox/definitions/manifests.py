"""Package manifests, from a package.json, an ImplementationGuide, or a SUSHI configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.definitions.compiled import Dependency, Manifest
from sandbox.fhir.json import Json

CURRENT = "current"


def manifest_of(resources: list[Json], *, integrity: str, fallback: str = "") -> Manifest:
    """Returns the manifest of a package from what it holds.

    Without `fallback` only a package.json names the package; with it, the ImplementationGuide does,
    or the fallback.
    """
    packed: Json = next((resource for resource in resources if "resourceType" not in resource), {})
    guide = _guide_of(resources, str(packed.get("name", "")))
    name = str(packed.get("name", ""))
    version = str(packed.get("version", ""))
    if not packed and fallback:
        name = str(guide.get("packageId") or guide.get("id") or fallback).lower()
        version = str(guide.get("version") or CURRENT)
    return Manifest(
        re.sub(r"[^a-z0-9._-]+", "-", name).strip("-.") if not packed else name,
        version,
        integrity,
        tuple(_dependencies(packed, guide)),
        tuple(_globals(guide)),
    )


def read_sushi_config(file: Path) -> Json:
    """Returns a SUSHI configuration as the ImplementationGuide that it makes."""
    import yaml  # type: ignore[import-untyped]  # it has no types of its own

    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    config: dict[str, Any] = content if isinstance(content, dict) else {}
    guide: Json = {
        "resourceType": "ImplementationGuide",
        "dependsOn": list(_depends_on(config.get("dependencies"))),
    }
    guide |= {name: str(config[name]) for name in ("packageId", "id", "version") if name in config}
    named = config.get("global")
    if isinstance(named, dict):
        guide["global"] = [
            {"type": type, "profile": url}
            for type, urls in named.items()
            for url in (urls if isinstance(urls, list) else [urls])
        ]
    return guide


def _depends_on(dependencies: Any) -> Iterator[Json]:
    for name, entry in dependencies.items() if isinstance(dependencies, dict) else ():
        about = entry if isinstance(entry, dict) else {"version": entry}
        yield {
            "packageId": str(name),
            "version": str(about.get("version", "")),
            "uri": str(about.get("uri", "")),
        }


def _guide_of(resources: list[Json], name: str) -> Json:
    guides = [
        resource for resource in resources if resource.get("resourceType") == "ImplementationGuide"
    ]
    return next(
        (guide for guide in guides if guide.get("packageId") == name), guides[0] if guides else {}
    )


def _dependencies(packed: Json, guide: Json) -> Iterator[Dependency]:
    """Yields each package that is named once, with the base of its canonicals where the guide tells
    it.
    """
    stated = [
        entry
        for entry in guide.get("dependsOn", ())
        if isinstance(entry, dict) and entry.get("packageId")
    ]
    canonicals = {
        entry["packageId"]: str(entry.get("uri", "")).partition("/ImplementationGuide/")[0]
        for entry in stated
    }
    versions = {str(entry["packageId"]): str(entry.get("version", "")) for entry in stated}
    # package.json wins where both name a version: installing goes by it
    named = packed.get("dependencies")
    versions |= (
        {name: str(version) for name, version in named.items()} if isinstance(named, dict) else {}
    )
    for name, version in sorted(versions.items()):
        yield Dependency(name, version, canonicals.get(name, ""))


def _globals(guide: Json) -> Iterator[tuple[str, str]]:
    for entry in guide.get("global", ()):
        if (
            isinstance(entry, dict)
            and isinstance(entry.get("type"), str)
            and isinstance(entry.get("profile"), str)
        ):
            yield entry["type"], entry["profile"]
