"""`connectathon validate`: documents against R4 and profiles, with what is wrong, where, and what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.findings import Finding
from sandbox.i18n import Language, as_language, say

PROFILES = {"ips": "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"}
SYMBOLS = {"fatal": "✗", "error": "✗", "warning": "!", "information": "·"}


class Format(StrEnum):
    """How the findings are written."""

    text = "text"
    json = "json"
    outcome = "outcome"


def validate(
    files: Annotated[list[Path], typer.Argument(help=tell("validate.files"))],
    profile: Annotated[list[str] | None, typer.Option(help=tell("validate.profile"))] = None,
    format: Annotated[Format, typer.Option(help=tell("validate.format"))] = Format.text,
    lang: Annotated[str, typer.Option(help=tell("validate.lang"))] = LANGUAGE,
) -> None:
    """Exit code 0: all valid; 1: some are not; 2: a file or profile could not be used."""
    language = as_language(lang)
    profiles = [PROFILES.get(name, name) for name in profile or ()]
    _check_profiles(profiles)
    broken = False
    results = []
    for file in files:
        findings = _judge(file, profiles)
        broken = broken or any(finding.severity in ("error", "fatal") for finding in findings)
        if format is Format.text:
            print("\n".join(_lines(file, findings, language)))
        else:
            results.append(_as_json(file, findings, language, format))
    if format is not Format.text:
        print(json.dumps(results, ensure_ascii=False, indent=1))
    raise typer.Exit(1 if broken else 0)


def _check_profiles(profiles: list[str]) -> None:
    from sandbox.validation import core_knowledge

    for url in profiles:
        if core_knowledge().profile(url) is None:
            raise typer.BadParameter(
                tell("validate.no_profile", name=url, known=", ".join(PROFILES)), param_hint="--profile"
            )


def _judge(file: Path, profiles: list[str]) -> list[Finding]:
    from sandbox.definitions.xml import read_xml
    from sandbox.errors import SandboxError
    from sandbox.fhir.json import parse_json
    from sandbox.validation import core_knowledge
    from sandbox.validation import validate as judge

    try:
        body = file.read_bytes()
        is_xml = body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        return judge(read_xml(body, core_knowledge().types) if is_xml else parse_json(body), profiles=profiles)
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="FILES") from None
    except SandboxError as error:
        return [error.as_finding()]


def _lines(file: Path, findings: list[Finding], language: Language) -> Iterator[str]:
    errors = sum(1 for finding in findings if finding.severity in ("error", "fatal"))
    verdict = "validate.invalid" if errors else "validate.valid"
    yield f"{'✗' if errors else '✓'} {file}: {say(f'cli.{verdict}', language, errors=errors, all=len(findings))}"
    for finding in findings:
        text, fix = (say(f"{finding.key}.{part}", language, **finding.values) for part in ("text", "fix"))
        yield f"  {SYMBOLS[finding.severity]} {finding.where}: {text}"
        yield f"      → {fix}" + (f" [{finding.clause}]" if finding.clause else "")


def _as_json(file: Path, findings: list[Finding], language: Language, format: Format) -> Any:
    from sandbox.fhir.outcome import operation_outcome

    if format is Format.outcome:
        return operation_outcome(findings, language)
    rows = [
        {
            "severity": one.severity,
            "key": one.key,
            "where": one.where,
            "text": say(f"{one.key}.text", language, **one.values),
            "fix": say(f"{one.key}.fix", language, **one.values),
            "clause": one.clause,
        }
        for one in findings
    ]
    return {
        "file": str(file),
        "valid": not any(row["severity"] in ("error", "fatal") for row in rows),
        "findings": rows,
    }
