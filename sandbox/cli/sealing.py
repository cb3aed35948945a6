"""What `connectathon systems seal`, `unseal` and `try` do: what lets into a system that is not open
comes from files, so that no list of processes and no history of a shell shows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sandbox.cli import tell
from sandbox.i18n import Language
from sandbox.sentences import fix_of, text_of

if TYPE_CHECKING:
    from sandbox.event.access import Access
    from sandbox.event.systems import System


def seal_system(system: System, access: Access, fields: Sequence[str]) -> None:
    """Keeps fields of a system, and prints which there are."""
    access.seal(system, dict(_field(text) for text in fields))
    _print_held(system, access)


def unseal_system(system: System, access: Access) -> None:
    """Takes all fields of a system away."""
    access.remove(system.name)
    _print_held(system, access)


def _print_held(system: System, access: Access) -> None:
    names = ", ".join(access.held(system.name).fields)
    print(tell("systems.sealed", name=system.name, fields=names or "–"))


def try_system(system: System, access: Access, language: Language) -> None:
    """Asks a system from this machine and prints what came of it; ends with 1 where it does not let
    in.
    """
    from sandbox.event.access_trial import try_entry
    from sandbox.testbench.guard import guarded_from_here

    way = access.way_to(system, guarded_from_here)
    findings = asyncio.run(try_entry(system, way, language))
    for finding in findings:
        print(text_of(finding, language))
        print(f"→ {fix_of(finding, language)}")
    if any(finding.severity != "information" for finding in findings):
        raise typer.Exit(1)


def _field(text: str) -> tuple[str, str]:
    from sandbox.event.access import SECRET

    name, equals, value = text.partition("=")
    is_file = value.startswith("@")
    if not equals or (name in SECRET and value and not is_file):
        raise typer.BadParameter(tell("systems.bad_field", name=name), param_hint="--field")
    if not is_file:
        return name, value
    try:
        return name, Path(value[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(
            tell("run.no_file", file=value[1:], reason=type(error).__name__), param_hint="--field"
        ) from None
