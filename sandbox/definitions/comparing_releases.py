"""Compiles `other_releases.json`: `python -m sandbox.definitions.comparing_releases` (needs
fhir.resources).

What STU3, R4B and R5 have and R4 lacks, types and JSON properties, from the models of the package
`fhir.resources`.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from importlib.metadata import version
from types import ModuleType
from typing import Any, get_args

from sandbox.definitions.r4 import resource_types
from sandbox.definitions.releases import TABLE
from sandbox.definitions.store import core_definitions
from sandbox.definitions.types import TypeCatalogue

MODELS = {"STU3": "fhir.resources.STU3", "R4B": "fhir.resources.R4B", "R5": "fhir.resources"}


def main() -> None:
    """Writes the table; the same version of the package gives the same bytes."""
    TABLE.write_text(
        json.dumps(compare(), separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8"
    )


def compare() -> dict[str, Any]:
    """Returns, by release, the types that R4 lacks and, by type or path, the properties that R4
    lacks there.
    """
    r4 = TypeCatalogue(core_definitions())
    releases = {}
    for release, package in MODELS.items():
        types: set[str] = set()
        elements: dict[str, list[str]] = {}
        for model in _models(package):
            name = model.get_resource_type()
            if not r4.knows(name):
                types.add(name)
                continue
            for path, keys in _properties(model, name):
                known = {entry.key for group in r4.members(path).values() for entry in group}
                if known and keys - known:
                    elements[path] = sorted(keys - known)
        releases[release] = {"types": sorted(types - resource_types()), "elements": elements}
    return {"source": f"fhir.resources {version('fhir.resources')}", "releases": releases}


def _models(package: str) -> Iterator[Any]:
    """Yields the model of each resource and data type: the class that has the name of its
    module.
    """
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        # what the package needs for itself: base classes, types, helpers
        if module.ispkg or module.name.startswith(("fhir", "_", "core")):
            continue
        content = importlib.import_module(f"{package}.{module.name}")
        for name, model in vars(content).items():
            is_main = (
                name.lower() == module.name and getattr(model, "__module__", "") == content.__name__
            )
            if (
                is_main
                and hasattr(model, "get_resource_type")
                and hasattr(model, "elements_sequence")
            ):
                yield model


def _properties(
    model: Any, path: str, above: tuple[Any, ...] = ()
) -> Iterator[tuple[str, set[str]]]:
    """Yields the properties of a model, then those of the parts that its own module defines."""
    content = importlib.import_module(model.__module__)
    names = set(model.elements_sequence()) - {"resourceType"}
    yield path, names
    for name, part in _parts(model, content):
        # a part may hold itself, as Questionnaire.item does: one level says it all
        if name in names and part not in above:
            yield from _properties(part, f"{path}.{name}", (*above, model, part))


def _parts(model: Any, content: ModuleType) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        part = getattr(content, _type_name(field.annotation).removesuffix("Type"), None)
        if (
            part is not None
            and part is not model
            and getattr(part, "__module__", "") == content.__name__
        ):
            yield field.alias or name, part


def _type_name(annotation: Any) -> str:
    """Returns the name of the last type in an annotation such as `List[abc.BundleEntryType] |
    None`.
    """
    inner = [argument for argument in get_args(annotation) if argument is not type(None)]
    return (
        _type_name(inner[0])
        if inner
        else str(getattr(annotation, "__name__", annotation)).rpartition(".")[2]
    )


if __name__ == "__main__":
    main()
