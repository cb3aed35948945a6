"""`connectathon validate`: documents against R4 and profiles, with what is wrong, where, and what
to do.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Lang
from sandbox.cli.validating import STDIN, Rules, entry_profiles, expand, judge, read_source, watch
from sandbox.i18n import as_language
from sandbox.reports import AskedReport, Format, Judged, Level, write_report

if TYPE_CHECKING:  # the judge is loaded when there is something to judge
    from sandbox.terminology.asking import Asker


class FailOn(StrEnum):
    """From which severity on the exit code is 1."""

    error = "error"
    warning = "warning"
    information = "information"
    never = "never"


def validate(
    paths: Annotated[list[Path], typer.Argument(help=tell("validate.files"))],
    profile: Annotated[list[str] | None, typer.Option(help=tell("validate.profile"))] = None,
    ruleset: Annotated[int | None, typer.Option(help=tell("validate.ruleset"))] = None,
    bundle: Annotated[list[str] | None, typer.Option(help=tell("validate.bundle"))] = None,
    tx: Annotated[str, typer.Option(help=tell("validate.tx"), envvar="CONNECTATHON_TX")] = "",
    domain: Annotated[
        list[str] | None, typer.Option("--extension-domain", help=tell("validate.domain"))
    ] = None,
    format: Annotated[Format, typer.Option(help=tell("validate.format"))] = Format.text,
    level: Annotated[Level, typer.Option(help=tell("validate.level"))] = Level.information,
    fail_on: Annotated[FailOn, typer.Option(help=tell("validate.fail_on"))] = FailOn.error,
    out: Annotated[Path | None, typer.Option(help=tell("validate.out"))] = None,
    watching: Annotated[bool, typer.Option("--watch", help=tell("validate.watch"))] = False,
    lang: Lang = LANGUAGE,
) -> None:
    """Exit code 0: nothing at or above --fail-on; 1: something; 2: a path, profile or ruleset could
    not be used.
    """
    rules = replace(
        _rules(list(profile or ()), ruleset, list(bundle or ())),
        asker=_asker(tx),
        extension_domains=tuple(domain) if domain else None,
    )
    failing = None if fail_on is FailOn.never else Level(fail_on.value)
    asked = AskedReport(as_language(lang), level, failing)
    if watching:
        if format is not Format.text or out or Path(STDIN) in paths:
            raise typer.BadParameter(tell("validate.watch_alone"), param_hint="--watch")
        documents = _watch(paths, rules, asked)
    else:
        documents, unjudged = _judge_all(list(expand(paths)), rules)
        _write(documents, format, replace(asked, unjudged=unjudged), out)
    has_failed = any(
        asked.fails(finding) for document in documents for finding in document.findings
    )
    raise typer.Exit(1 if has_failed else 0)


def _rules(profiles: list[str], year: int | None, entries: list[str]) -> Rules:
    from sandbox.definitions.rulesets import ruleset

    try:
        of_entries = entry_profiles(entries)
    except ValueError as error:
        raise typer.BadParameter(
            tell("validate.bad_bundle", found=error), param_hint="--bundle"
        ) from None
    _check_profiles([*profiles, *of_entries.values()])
    return Rules(profiles, ruleset(year) if year is not None else None, of_entries)


def _asker(address: str) -> Asker | None:
    if not address:
        return None
    from sandbox.terminology.remote import ask_server
    from sandbox.web.addresses import refuse_userinfo

    if not address.startswith(("http://", "https://")):
        raise typer.BadParameter(tell("validate.bad_tx", found=address), param_hint="--tx")
    refuse_userinfo(address, where="--tx")
    return ask_server(address)


def _check_profiles(names: Iterable[str]) -> None:
    from sandbox.definitions.rulesets import profile_names, profile_url
    from sandbox.validation import knowledge_at_hand

    knowledge = knowledge_at_hand()
    for name in names:
        canonical = profile_url(name)
        if knowledge.profile(canonical) is not None:
            continue
        base, package = knowledge.lacking(canonical)
        if base == canonical:
            reason = tell("validate.no_profile", name=name, known=", ".join(profile_names()))
        else:
            reason = tell("validate.no_base", name=name, base=base, package=package or "–")
        raise typer.BadParameter(reason, param_hint="--profile")


def _judge_all(files: Sequence[tuple[Path, bool]], rules: Rules) -> tuple[list[Judged], int]:
    """Judges file by file; a bar on the terminal shows how far it is when there are many.

    Returns the documents, and how many files of folders were no FHIR.
    """
    documents: list[Judged] = []
    # On stderr, because stdout may be a report for a tool.
    with typer.progressbar(
        files,
        label=tell("validate.progress"),
        file=sys.stderr,
        hidden=len(files) < 2 or not sys.stderr.isatty(),
    ) as shown:
        documents += _judged(shown, rules)
    return documents, len(files) - len(documents)


def _judged(files: Iterable[tuple[Path, bool]], rules: Rules) -> Iterator[Judged]:
    for file, is_chosen in files:
        try:
            source = read_source(file, is_chosen=is_chosen)
        except FileNotFoundError:
            raise typer.BadParameter(tell("data.no_file", file=file), param_hint="PATHS") from None
        except OSError as error:
            reason = tell("file", file=file, reason=error.strerror)
            raise typer.BadParameter(reason, param_hint="PATHS") from None
        if source.is_chosen or source.is_fhir:
            yield judge(source, rules)


def _watch(paths: Sequence[Path], rules: Rules, asked: AskedReport) -> list[Judged]:
    """Says the verdict of each file anew when it changes, until Ctrl-C; returns the last
    verdicts.
    """
    latest: dict[str, Judged] = {}
    try:
        for changed in watch(paths):
            documents = list(_judged(changed, rules))
            latest |= {document.name: document for document in documents}
            print(write_report(documents, asked, format=Format.text), flush=True)
            print(tell("validate.watching"), file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        pass
    return list(latest.values())


def _write(
    documents: Sequence[Judged], format: Format, asked: AskedReport, out: Path | None
) -> None:
    text = (
        _page(documents, asked)
        if format is Format.html
        else write_report(documents, asked, format=format)
    )
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise typer.BadParameter(f"{out}: {error.strerror}", param_hint="--out") from None


def _page(documents: Sequence[Judged], asked: AskedReport) -> str:
    from sandbox.pages.judgement import judgement_page

    return judgement_page(
        [(document.name, document.body, asked.shown(document)) for document in documents],
        asked.language,
    )
