"""`connectathon validate`: documents against R4 and profiles, with what is wrong, where, and what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.findings import Finding
from sandbox.i18n import Language, as_language, say
from sandbox.sentences import fix_of, text_of

SYMBOLS = {"fatal": "✗", "error": "✗", "warning": "!", "information": "·"}
Judged = tuple[Path, bytes, list[Finding]]


class Format(StrEnum):
    """How the findings are written."""

    text = "text"
    json = "json"
    outcome = "outcome"
    html = "html"


def validate(
    files: Annotated[list[Path], typer.Argument(help=tell("validate.files"))],
    profile: Annotated[list[str] | None, typer.Option(help=tell("validate.profile"))] = None,
    ruleset: Annotated[int | None, typer.Option(help=tell("validate.ruleset"))] = None,
    format: Annotated[Format, typer.Option(help=tell("validate.format"))] = Format.text,
    lang: Annotated[str, typer.Option(help=tell("validate.lang"))] = LANGUAGE,
) -> None:
    """Exit code 0: all valid; 1: some are not; 2: a file, profile or ruleset could not be used."""
    language = as_language(lang)
    profiles = list(profile or ())
    _check_profiles(profiles)
    judged = list(_judge_all(files, profiles, ruleset))
    if format is Format.text:
        for file, _, findings in judged:
            print("\n".join(_lines(file, findings, language)))
    elif format is Format.html:
        print(_page(judged, language))
    else:
        rows = [_as_json(file, findings, language, format) for file, _, findings in judged]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    raise typer.Exit(1 if any(_is_broken(findings) for _, _, findings in judged) else 0)


def _check_profiles(names: list[str]) -> None:
    from sandbox.definitions.rulesets import profile_names, profile_url
    from sandbox.validation import knowledge_at_hand

    for name in names:
        if knowledge_at_hand().profile(profile_url(name)) is None:
            known = ", ".join(profile_names())
            raise typer.BadParameter(tell("validate.no_profile", name=name, known=known), param_hint="--profile")


def _judge_all(files: list[Path], profiles: list[str], year: int | None) -> Iterator[Judged]:
    """Judges the files one by one; a bar on the terminal shows how far it is when there are many."""
    from sandbox.definitions.rulesets import ruleset as ruleset_of
    from sandbox.validation import validate_source

    rules = ruleset_of(year) if year is not None else None
    with typer.progressbar(
        files, label=tell("validate.progress"), file=sys.stderr, hidden=len(files) < 2 or not sys.stderr.isatty()
    ) as shown:
        for file in shown:
            try:
                body = file.read_bytes()
            except OSError as error:
                raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="FILES") from None
            yield file, body, validate_source(body, profiles=profiles, ruleset=rules)


def _is_broken(findings: list[Finding]) -> bool:
    return any(finding.severity in ("error", "fatal") for finding in findings)


def _lines(file: Path, findings: list[Finding], language: Language) -> Iterator[str]:
    errors = sum(1 for finding in findings if finding.severity in ("error", "fatal"))
    verdict = "validate.invalid" if errors else "validate.valid"
    yield f"{'✗' if errors else '✓'} {file}: {say(f'cli.{verdict}', language, errors=errors, all=len(findings))}"
    for finding in findings:
        place = f"{finding.line}:{finding.column} " if finding.line else ""
        yield f"  {SYMBOLS[finding.severity]} {place}{finding.where}: {text_of(finding, language)}"
        yield f"      → {fix_of(finding, language)}" + (f" [{finding.clause}]" if finding.clause else "")


def _as_json(file: Path, findings: list[Finding], language: Language, format: Format) -> Any:
    from sandbox.fhir.outcome import operation_outcome

    if format is Format.outcome:
        return operation_outcome(findings, language)
    return {
        "file": str(file),
        "valid": not _is_broken(findings),
        "findings": [
            {
                "severity": one.severity,
                "key": one.key,
                "where": one.where,
                "line": one.line,
                "column": one.column,
                "text": text_of(one, language),
                "expected": one.expected,
                "found": one.found,
                "fix": fix_of(one, language),
                "clause": one.clause,
            }
            for one in findings
        ],
    }


def _page(judged: list[Judged], language: Language) -> str:
    from sandbox.pages.judgement import judgement_page

    return judgement_page([(str(file), body, findings) for file, body, findings in judged], language)
