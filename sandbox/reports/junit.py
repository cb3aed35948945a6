"""Findings as JUnit's XML, which continuous integration reads: a suite for each document, a case
for each sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from sandbox.i18n import say
from sandbox.reports.documents import AskedReport, Group, Judged, same_sentences
from sandbox.sentences import cited

NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 2.2


def as_junit(documents: Sequence[Judged], asked: AskedReport) -> str:
    """Returns JUnit's XML: a suite for each document, a case for each finding.

    A finding below `fail_on` is a case that passes, with its sentence as output: a build must not
    fail for what was not asked to fail it.
    """
    suites = [_suite(document, asked) for document in documents]
    every = [group for _, groups in suites for group in groups]
    tests = sum(max(len(groups), 1) for _, groups in suites)
    head = f'<testsuites name="connectathon validate" {_counts(every, asked, tests)}>'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', head]
    for document, groups in suites:
        lines += _lines(document, groups, asked)
    return "\n".join([*lines, "</testsuites>", ""])


def _suite(document: Judged, asked: AskedReport) -> tuple[Judged, list[Group]]:
    return document, same_sentences(asked.shown(document), asked.language)


def _counts(groups: Sequence[Group], asked: AskedReport, tests: int) -> str:
    failures = sum(asked.fails(group.first) for group in groups)
    return f'tests="{tests}" failures="{failures}" errors="0" skipped="0"'


def _lines(document: Judged, groups: Sequence[Group], asked: AskedReport) -> Iterator[str]:
    name = _quoted(document.name)
    yield f"  <testsuite name={name} {_counts(groups, asked, max(len(groups), 1))}>"
    # A document without findings is a case that passes; an empty suite would look as if nothing
    # ran.
    if not groups:
        verdict = say("reports.valid", asked.language, all=0)
        yield f"    <testcase classname={name} name={_quoted(verdict)}/>"
    for group in groups:
        yield from _case(group, name, asked)
    yield "  </testsuite>"


def _case(group: Group, name: str, asked: AskedReport) -> Iterator[str]:
    finding = group.first
    yield f"    <testcase classname={name} name={_quoted(f'{finding.key} {finding.where}')}>"
    places = [
        f"{spot.line}:{spot.column} {spot.where}" if spot.line else spot.where
        for spot in group.spots
    ]
    words = _escaped(
        "\n".join(
            [group.text, f"→ {group.fix}", *places, *filter(None, [cited(finding, asked.language)])]
        )
    )
    if asked.fails(finding):
        head = f"<failure message={_quoted(group.text)} type={_quoted(finding.severity)}>"
        yield f"      {head}{words}</failure>"
    else:
        yield f"      <system-out>{words}</system-out>"
    yield "    </testcase>"


def _quoted(text: str) -> str:
    """A line break in an attribute would be read as a blank (XML 1.0 3.3.3)."""
    return (
        '"'
        + _escaped(text).replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")
        + '"'
    )


def _escaped(text: str) -> str:
    # not by xml.sax.saxutils, which loads an HTTP client: each run of the command would pay for it
    return escape(NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))
