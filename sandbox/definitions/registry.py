"""Adding packages: from a file, a folder, the shared cache `~/.fhir/packages`, or a FHIR package
registry.

The registry is FHIR_PACKAGE_REGISTRY, by default the FHIR community's; what it sends is held
against its stated hash.
"""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import httpx

from sandbox.definitions.installed import Installed
from sandbox.definitions.installing import SPECIFIER, install
from sandbox.definitions.manifests import manifest_of, read_sushi_config
from sandbox.definitions.packages import (
    BadPackage,
    integrity_of,
    read_package,
    read_stream,
    sushi_config,
)
from sandbox.errors import BadRequest, NotFound
from sandbox.limits import PACKAGE_DOWNLOAD_BYTES

REGISTRY = "https://packages.fhir.org"
SECONDS = 60


def add_package(source: str) -> Installed:
    """Adds a package; nothing is left behind when it fails.

    Args:
        source: A file, a folder, or NAME#VERSION.  A folder without package.json, such as SUSHI
            writes, and a JSON file are named by what they hold.

    Raises:
        BadPackage: It is no package, too large, or differs from the hash that the registry states.
        NotFound: The registry has no such version.
        BadRequest: The source is none of the three, or the registry cannot be asked.
    """
    place = Path(source)
    if place.exists():
        return _add_place(place, source)
    specifier = SPECIFIER.match(source)
    if specifier is None:
        raise BadRequest("definitions.no_source", where=source, name=source)
    # filled by SUSHI, the IG publisher and the validator: what they fetched needs no network
    cached = Path.home() / ".fhir" / "packages" / source
    if cached.is_dir():
        return _add_place(cached, source)
    body, checked = _download(specifier["name"], specifier["version"])
    resources = list(read_stream(io.BytesIO(body), source))
    return install(resources, manifest_of(resources, integrity=checked), source=source)


def _add_place(place: Path, source: str) -> Installed:
    resources = list(read_package(place))
    config = sushi_config(place)
    if config and not any(
        resource.get("resourceType") == "ImplementationGuide" for resource in resources
    ):
        resources.append(read_sushi_config(config))
    is_packed = place.is_file() and place.suffix != ".json"
    fallback = "" if is_packed else (config.parent if config else place).resolve().stem
    return install(
        resources,
        manifest_of(resources, integrity=integrity_of(place), fallback=fallback),
        source=source,
    )


def _download(name: str, version: str) -> tuple[bytes, str]:
    """Fetches a package from the registry and checks it against the hash that the registry
    states.
    """
    registry = os.environ.get("FHIR_PACKAGE_REGISTRY", REGISTRY).rstrip("/")
    try:
        with httpx.Client(timeout=SECONDS, follow_redirects=True) as client:
            listing = client.get(f"{registry}/{name}")
            versions = listing.json().get("versions", {}) if listing.status_code == 200 else {}
            if version not in versions:
                known = ", ".join(sorted(versions)[-5:]) or "–"
                raise NotFound(
                    "definitions.no_version",
                    where=registry,
                    registry=registry,
                    name=f"{name}#{version}",
                    known=known,
                )
            dist = versions[version].get("dist", {})
            body = _fetch(client, str(dist.get("tarball") or f"{registry}/{name}/{version}"))
    except (httpx.HTTPError, ValueError) as error:
        raise BadRequest(
            "definitions.no_registry", where=registry, name=registry, reason=str(error)
        ) from None
    # SHA-1 is what npm registries state: it finds a broken download, not a forged one
    stated = str(dist.get("shasum", ""))
    if stated and hashlib.sha1(body, usedforsecurity=False).hexdigest() != stated.lower():
        raise BadPackage("definitions.other_hash", where=registry, name=f"{name}#{version}")
    return body, f"sha1-{stated}" if stated else "unchecked"


def _fetch(client: httpx.Client, url: str) -> bytes:
    body = io.BytesIO()
    with client.stream("GET", url) as reply:
        reply.raise_for_status()
        for chunk in reply.iter_bytes():
            body.write(chunk)
            if body.tell() > PACKAGE_DOWNLOAD_BYTES:
                raise BadPackage("definitions.too_large", where=url, name=url)
    return body.getvalue()
