"""The verbs of the test bench, as somebody types them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.course.connection import start_server
from tests.sandbox.api.test_peers import a_recipient

pytestmark = pytest.mark.slow


def typed(*words: str, exits: int = 0) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == exits, (done.output, done.exception)
    return done.output


def test_a_run_against_the_bundled_server_and_its_evidence_again(tmp_path: Path) -> None:
    said = typed("run", "mhd.recipient", "--system", "sandbox", "--test", "RCP-09", "--lang", "pt")
    assert "Recusa um envio sem SubmissionSet: passou" in said
    run = said.rstrip().rpartition("\n")[2].split()[0]

    assert run in typed("status")
    assert "RCP-09" in typed("status", run, "--lang", "es")
    assert typed("recheck", run).startswith("1 ")
    assert run in typed("matrix")
    assert typed("matrix", "--csv").count("\n") == 2
    assert typed("export", run).startswith("<?xml")
    target = tmp_path / "evidence.zip"
    typed("export", run, "--as", "evidence", "--to", str(target))
    assert target.read_bytes()[:2] == b"PK"


def test_the_requests_of_a_run_are_written_to_be_sent_again() -> None:
    run = run_of(typed("run", "mhd.recipient", "--system", "sandbox", "--test", "RCP-09"))
    commands = typed("export", run, "--as", "curl")
    requests = typed("export", run, "--as", "http")
    assert commands.count("curl -sS") == requests.count("### ") > 0
    assert "-X POST" in commands
    assert "\nPOST http" in requests


def test_a_run_whose_tests_were_all_skipped_is_no_success() -> None:
    # it asks for a patient, and none is named
    words = ("run", "ips.server", "--system", "sandbox", "--test", "IPS-01", "--lang", "en")
    assert "skip" in typed(*words, exits=4).splitlines()[-1]


def test_a_run_against_a_registered_system(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = str(tmp_path_factory.mktemp("server"))
    server = start_server({"CONNECTATHON_DATA": folder, "CONNECTATHON_SEED": "none"})
    try:
        typed(
            "systems",
            "add",
            "ministry",
            f"{server.connection.url}/fhir",
            "--country",
            "cl",
            "--team",
            "Team 1",
        )
        assert "CL" in typed("systems")
        assert "pass 1" in typed(
            "run", "mhd.recipient", "--system", "ministry", "--test", "RCP-01", "--lang", "en"
        )
    finally:
        server.stop()
    away = typed(
        "run", "mhd.recipient", "--system", "ministry", "--test", "RCP-01", "--lang", "en", exits=4
    )
    assert "inconclusive" in away
    typed("systems", "remove", "ministry")


@pytest.mark.parametrize(
    "words",
    [
        ("run", "mhd.recipiant"),
        ("run", "mhd.source"),
        ("run", "mhd.recipient", "--system", "nobody"),
        ("run", "mhd.recipient", "--test", "RCP-99"),
        ("run", "mhd.recipient", "--input", "patient"),
        ("run", "mhd.recipient", "--input", "colour=blue"),
        ("status", "nothing"),
        ("recheck", "nothing"),
        ("export", "nothing"),
        ("systems", "add"),
        ("systems", "add", "Big", "http://a.test"),
        ("systems", "remove", "nobody"),
        ("tracks", "nothing"),
    ],
)
def test_a_wrong_word_is_told_and_nothing_is_run(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 2 or done.exception is not None
    assert typed("status") == ""


def test_tracks_are_listed_with_number_and_clause() -> None:
    assert "mhd.recipient" in typed("tracks", "--lang", "es")
    assert "RCP-18   No guarda nada si uno de dos documentos está mal" in typed(
        "tracks", "mhd.recipient", "--lang", "es"
    )


def test_all_tracks_of_a_family_run_one_after_the_other() -> None:
    said = typed(
        "run", "mhd", "--system", "sandbox", "--input", "comprehensive=yes", "--lang", "en"
    )
    assert said.count("done, pass") == 4  # those that ask a server; clients need an inbox


def test_a_closed_port_is_inconclusive_and_no_failure() -> None:
    said = typed("run", "mhd", "--system", "http://127.0.0.1:9/fhir", "--lang", "en", exits=4)
    assert "fail 0" in said


def test_a_plan_says_what_is_missing_before_anything_runs() -> None:
    said = typed("plan", "ips.server", "--input", "patient=x", "--lang", "es", exits=4)
    assert "IPS-02" in said
    assert "ruleset" in said
    assert typed("status") == ""
    assert typed("plan", "fhir.basics", exits=0)


def test_failed_tests_run_again_and_the_difference_is_told(tmp_path: Path) -> None:
    with a_recipient(tmp_path, twin="keeps_old_current") as base:
        typed("systems", "add", "ministry", base)
        said = typed("run", "mhd.recipient", "--system", "ministry", "--lang", "en", exits=1)
        first = run_of(said)
        refused = CliRunner().invoke(app, ["resume", first])
        assert getattr(refused.exception, "key", "") == "testbench.has_ended"

        again = run_of(typed("resume", first, "--failed", "--lang", "en", exits=1))
    shown = typed("status", again, exits=1)
    assert "RCP-20" in shown
    assert "RCP-01" not in shown
    said = typed("diff", first, again, "--lang", "en")
    assert "RCP-20" not in said  # it fails as before
    with a_recipient(tmp_path / "right") as base:
        typed("systems", "add", "ministry", base)
        better = run_of(typed("resume", first, "--failed", "--lang", "en"))
    assert (
        "RCP-20   A replacement supersedes the old document: fail → pass  (because of the system)"
        in typed("diff", first, better, "--lang", "en")
    )
    typed("diff", better, first, "--lang", "en", exits=1)  # the other way round it is worse


def run_of(said: str) -> str:
    """The number of the run, from the last line."""
    return said.rstrip().rpartition("\n")[2].split()[0]


def test_a_run_is_one_file_that_needs_nothing_beside_it(tmp_path: Path) -> None:
    run = run_of(typed("run", "mhd.recipient", "--system", "sandbox", "--test", "RCP-09"))
    file = tmp_path / "run.html"
    typed("export", run, "--as", "html", "--to", str(file), "--lang", "es")
    text = file.read_text(encoding="utf-8")
    typed("export", run, "--as", "html", "--to", str(file), "--lang", "es")
    assert file.read_text(encoding="utf-8") == text
    assert "Rechaza un envío sin SubmissionSet" in text
    assert "IHE.MHD.Minimal.ProvideBundle" in text  # what was sent
    assert "<script" not in text
    assert "src=" not in text
    # the text of a standard alone is a link
    assert set(re.findall(r'href="(\w+):', text)) <= {"https"}
    assert text.count("href=") == text.count('href="https:')
    assert "default-src 'none'" in text


def test_old_runs_are_forgotten_with_their_evidence_and_new_ones_stay(tmp_path: Path) -> None:
    typed("systems", "add", "ministry", "http://a.test")
    run = run_of(typed("run", "mhd.recipient", "--system", "sandbox", "--test", "RCP-09"))
    typed("purge", "--days", "1")
    assert run in typed("status")
    typed("purge", "--days", "0")
    assert typed("status") == ""
    assert CliRunner().invoke(app, ["export", run]).exception is not None
    assert "ministry" in typed("systems")


def test_a_known_failure_is_told_and_ends_with_0_until_it_is_known_no_more(tmp_path: Path) -> None:
    until = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    with a_recipient(tmp_path, "keeps_old_current") as base:
        actor = ("--actor", "document-recipient", "--tag", "norte", "--team", "Chile")
        typed("systems", "add", "hospital", base, *actor)
        assert "document-recipient #norte" in typed("systems")
        run = ("run", "mhd.recipient", "--system", "hospital", "--test", "RCP-20", "--lang", "en")
        typed(*run, exits=1)
        known = ("allow", "known", "hospital", "RCP-20")
        assert "known failure of hospital" in typed(*known, "--reason", "by law", "--until", until)
        assert "by law" in typed("allow")
        assert f"Known failure until {until}: by law" in typed(*run)
        typed(*known, "--end")
        typed(*run, exits=1)
        given = ("10.0.0.7", "--reason", "sala", "--until", until)
        assert "10.0.0.7" in typed("allow", "address", "Chile", *given)
        typed("allow", "address", "Chle", *given, exits=1)
        assert "Chle" not in typed("allow")


def test_the_manifest_of_the_bot_is_printed_and_without_tokens_nothing_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert '"/connectathon"' in typed("bot", "manifest")
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert "SLACK_BOT_TOKEN" in typed("bot", exits=2)
