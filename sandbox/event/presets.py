"""Presets: the inputs that an event asks of every system, some of them locked; each a file in
datasets/presets.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from sandbox.errors import BadRequest, NotFound
from sandbox.i18n import ENGLISH, Language
from sandbox.shipped import shipped


@dataclass(frozen=True, slots=True)
class Preset:
    """Inputs by name; of those in `locked` a run cannot say otherwise.  Its title stands there in
    some languages.
    """

    name: str
    title: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    locked: tuple[str, ...] = ()

    def title_in(self, language: Language) -> str:
        """Returns its title, in English where it has none in that language."""
        return self.title.get(language) or self.title.get(ENGLISH, self.name)


@cache
def presets() -> dict[str, Preset]:
    """Returns the presets by name."""
    known = {}
    for file in sorted((shipped("datasets") / "presets").glob("*.toml")):
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        known[file.stem] = Preset(
            file.stem, content["title"], content["inputs"], tuple(content.get("locked", ()))
        )
    return known


def with_preset(name: str, given: Mapping[str, str], *, known: set[str]) -> dict[str, str]:
    """Returns the inputs with those of a preset that some test takes; what is given wins, save over
    what is locked.

    Raises NotFound for a preset that is none, BadRequest for an input that says otherwise than a
    locked one.
    """
    if not name:
        return dict(given)
    preset = presets().get(name)
    if preset is None:
        raise NotFound("testbench.no_preset", where=name, name=name, known=", ".join(presets()))
    for input in preset.locked:
        if input in given and given[input] != preset.inputs[input]:
            raise BadRequest(
                "testbench.locked_input",
                where=input,
                name=input,
                preset=name,
                value=preset.inputs[input],
            )
    # a preset is for all tracks of an event: inputs that this one does not take are not meant
    return {word: value for word, value in preset.inputs.items() if word in known} | dict(given)
