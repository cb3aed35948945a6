"""Report and certificates as PDF: read back, they say what the report says, in each language."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.event.event_findings import found_in, seen_in
from sandbox.event.event_report import event_report
from sandbox.event.event_sheets import certificates_pdf, participations, report_pdf
from sandbox.event.event_state import EventState
from sandbox.event.published import Published
from sandbox.event.results import RoleResult, role_results
from sandbox.i18n import LANGUAGES, say
from tests.sandbox.event.test_event_findings import line
from tests.sandbox.event.test_event_report import PLAN, ROWS, SYSTEMS

NOW = datetime(2026, 7, 30, 20, tzinfo=UTC)
TITLE = {"en": "A SIMULATION", "es": "Una SIMULACIÓN: año ñandú", "pt": "Uma SIMULAÇÃO: ação"}
EVENT = replace(PLAN, languages=LANGUAGES, title=TITLE, place={"en": "São Paulo"})


def text_of(pdf: bytes) -> str:
    """Returns what stands in a PDF, sheet by sheet: its streams, with the letters of their strings."""
    texts = []
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        content = zlib.decompress(stream)
        strings = re.findall(rb"\(((?:\\.|[^()\\])*)\) ?Tj", content)
        words = [re.sub(rb"\\(.)", rb"\1", text).decode("cp1252") for text in strings]
        texts.append("\n".join(words))
    return "\n".join(texts)


def current() -> EventState:
    lines = [line(f"r{number}", f"s{number}", "mhd.hash", "MHD 3:4.65") for number in range(3)]
    achieved = Published(tuple(role_results(EVENT, ROWS, SYSTEMS)), ())
    report = event_report(EVENT, ROWS, SYSTEMS)
    return EventState(EVENT, ROWS, SYSTEMS, report, achieved, found_in(lines), at=NOW)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_says_its_figures_in_each_language(language: str) -> None:
    pdf = report_pdf(current(), language)
    assert pdf.startswith(b"%PDF-")
    text = text_of(pdf)
    assert TITLE.get(language, TITLE["en"]) in text
    assert "São Paulo" in text
    for key in ("title", "findings", "practice", "by.country", "by.day"):
        assert say(f"event_report.{key}", language) in text, key
    assert say("instances.state.verified", language) in text
    assert "MHD 3:4.65" in text
    day = {"en": "Jul 30, 2026", "es": "30 jul 2026", "pt": "30 de jul. de 2026"}[language]
    assert f"{day}, 15:00" in text  # in the event's zone


def test_to_who_may_see_one_run_it_names_its_system_and_counts_the_others() -> None:
    whole = current()
    text = text_of(report_pdf(replace(whole, found=seen_in(whole.found, {"r1"})), "en"))
    words = text.split("\n")
    everything = text_of(report_pdf(whole, "en"))
    assert "s0, s1, s2" in everything
    assert "by s0" in everything
    assert f"s1, {say('event_report.others', 'en', count=2)}" in " ".join(words)
    for hidden in ("by s0", "s0,", "s2"):
        assert hidden not in text


def test_the_simulated_event_is_named_on_every_sheet() -> None:
    row = RoleResult("s-cl", "Chile", "CL", "1", "document-source", "passed", 1, 1)
    many = replace(current(), achieved=Published((row,) * 150, ()))
    pdf = report_pdf(many, "es")
    sheets = len(re.findall(rb"/Type /Page\b(?!s)", pdf))
    assert sheets > 2
    # once more on the first, as its title
    assert text_of(pdf).count(TITLE["es"]) == sheets + 1


def test_the_report_says_what_an_older_version_has_passed() -> None:
    row = RoleResult("s-cl", "Chile", "CL", "1", "document-source", "passed", 2, 2)
    for older in (0, 1):
        known = replace(current(), achieved=Published((replace(row, older=older),), ()))
        text = text_of(report_pdf(known, "en"))
        assert ("older" in text) == bool(older)


def test_a_certificate_for_each_team_that_took_part_says_what_it_did() -> None:
    teams = participations(current())
    assert [team.team for team in teams] == ["Chile", "Peru"]  # Uruguay has registered alone
    chile = teams[0]
    assert (chile.country, chile.partners) == ("CL", 1)
    assert chile.by_state == {"verified": 3, "partially": 1, "failed": 1, "incomplete": 1}
    assert sum(teams[1].by_state.values()) == 5  # an invitation that was declined is none of Peru's
    text = text_of(certificates_pdf(current(), teams, "es"))
    assert text.count("Certificado de participación") == 2
    assert "Chile (CL)" in text
    assert "No certifica que un producto cumpla con una especificación." in text


def test_letters_that_the_fonts_lack_lose_their_marks_and_break_nothing() -> None:
    named = [
        replace(system, team={"Chile": "Şili 中"}.get(system.team, system.team))
        for system in SYSTEMS
    ]
    teams = participations(replace(current(), systems=named))
    text = text_of(certificates_pdf(current(), teams, "en"))
    assert "Sili ?" in text


def test_the_command_line_writes_the_same_files(tmp_path: Path) -> None:
    for what in ("report", "certificates"):
        out = tmp_path / f"{what}.pdf"
        words = ["event", what, "lacpass-2023", "--data", str(tmp_path / "d"), "--out", str(out)]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, result.output
        assert out.read_bytes().startswith(b"%PDF-")
    kept = CliRunner().invoke(
        app, ["event", "snapshot", "lacpass-2023", "--data", str(tmp_path / "d")]
    )
    assert kept.exit_code == 0
    assert "lacpass-2023" in kept.output
