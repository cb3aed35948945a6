"""The definitions that both engines judge by, in groups; guides whose canonicals clash stand in groups of their own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sandbox.definitions.build import compile_package
from sandbox.definitions.compiled import Manifest
from sandbox.definitions.packages import read_package
from sandbox.definitions.store import Definitions, core_resources
from sandbox.fhir.json import Json
from sandbox.validation import Knowledge
from tests import corpora
from tests.conftest import VECTORS
from tests.oracle import profiles

CONFORMANCE = ("StructureDefinition", "ValueSet", "CodeSystem")
IPS_1 = VECTORS / "guides" / "hl7.fhir.uv.ips-1.1.0.tgz"
US_CORE = VECTORS / "guides" / "hl7.fhir.us.core-6.1.0.tgz"
MHD = VECTORS / "mhd-4.2.3" / "conformance"
# What every group knows; of two that bring the same canonical the later one counts.
COMMON = (corpora.EXTENSIONS, corpora.R4, corpora.THO)
GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class Group:
    """A name, and the packages or other sources that it knows beside the common ones."""

    name: str
    packages: tuple[Path, ...] = ()
    own: Callable[[], Iterator[Json]] = lambda: iter(())


def _mhd() -> Iterator[Json]:
    for file in sorted(MHD.glob("*.json")):
        if file.name.startswith(CONFORMANCE):
            yield json.loads(file.read_text(encoding="utf-8"))


GROUPS = {
    group.name: group
    for group in (
        Group("core", (corpora.IPS,), _mhd),
        Group("IPS 1.1.0", (IPS_1,)),
        Group("US", (US_CORE, corpora.MCODE)),
        Group("AU", (corpora.AU_BASE,)),
        Group("profiles", own=lambda: profiles.definitions(with_guide=False)),
        Group(GLOBAL, own=lambda: profiles.definitions(with_guide=True)),
    )
}


@cache
def knowledge(name: str) -> Knowledge:
    """Returns what our judge knows in a group: the core as it ships, the common packages, and the group's own."""
    if name == "core":
        return Knowledge(
            _common()
        )  # which holds IPS, and our own rules of MHD in place of the published ones
    group = GROUPS[name]
    packages = [resource for package in group.packages for resource in read_package(package)]
    definitions = Definitions(compile_package([*group.own(), *packages]), below=_common())
    return Knowledge(definitions, guides=tuple(_guides(group.own())))


def _guides(resources: Iterable[Json]) -> Iterator[Manifest]:
    """Yields the guides of a group that ask something of every instance of a type, as if a user had added them."""
    for guide in resources:
        if guide.get("resourceType") == "ImplementationGuide" and "global" in guide:
            rows = tuple((each["type"], each["profile"]) for each in guide["global"])
            yield Manifest(guide["packageId"], guide["version"], globals=rows)


@cache
def _common() -> Definitions:
    packages = (corpora.THO, corpora.EXTENSIONS)
    more = compile_package(resource for package in packages for resource in read_package(package))
    return Definitions([*core_resources(), *more])


def write_folders(name: str, folder: Path) -> list[Path]:
    """Writes what HL7's engine loads in a group, each package once, and returns the folders, the last one strongest."""
    group = GROUPS[name]
    folders = []
    for package in (*COMMON, *group.packages):
        target = folder / package.name.removesuffix(".tgz")
        if not target.is_dir():
            target.mkdir(parents=True)
            for number, content in enumerate(_conformance(package)):
                (target / f"{number:05}.json").write_bytes(content)
        folders.append(target)
    target = folder / f"own of {name}"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for number, resource in enumerate(group.own()):
        (target / f"{number:05}.json").write_text(json.dumps(resource), encoding="utf-8")
    return [*folders, target]


def _conformance(package: Path) -> Iterator[bytes]:
    for name, content in corpora.members(package):
        if name.startswith(tuple(f"{kind}-" for kind in CONFORMANCE)) and not _is_example(
            package, content
        ):
            yield content


def _is_example(package: Path, content: bytes) -> bool:
    """R4's package of examples also holds profiles that are only examples."""
    if package != corpora.R4:
        return False
    resource = json.loads(content)
    is_core = str(resource.get("url")).startswith("http://hl7.org/fhir/")
    return resource["resourceType"] == "StructureDefinition" and not is_core
