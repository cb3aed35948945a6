"""The tables of verdicts that were argued for servers by others; `make systems` holds the servers against them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.testbench.tracks import TRACKS
from tests.systems import agreement
from tests.systems.agreement import AT_LEAST, argued, disagreements
from tests.systems.starting import ALL, System

TABLES = {system.table.parent.name: argued(system.table) for system in ALL}
PAIRS = [(table, track) for table, argued_of in TABLES.items() for track in argued_of.tracks]


@pytest.mark.parametrize(("table", "track"), PAIRS)
def test_every_test_of_a_track_has_a_row_with_its_argument(table: str, track: str) -> None:
    rows = TABLES[table].tracks[track]
    assert set(rows) == {test.number for test in TRACKS[track].tests}
    assert all(len(why) > 20 for _, why in rows.values())


def test_a_row_of_a_family_is_of_each_that_has_no_row_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "expected.toml"
    file.write_text("""
row = [
    { track = "mhd.recipient", tests = ["RCP-16b"], verdict = "pass", why = "looks at documents" },
    { track = "mhd.recipient", tests = ["RCP-16*"], verdict = "fail", why = "looks at nothing" },
]
""")
    found = {
        number: verdict for number, (verdict, _) in argued(file).tracks["mhd.recipient"].items()
    }
    assert found == {"RCP-16": "fail", "RCP-16b": "pass", "RCP-16c": "fail"}


@pytest.mark.parametrize("table", TABLES)
def test_a_third_of_the_rows_or_more_are_of_what_is_not_right(table: str) -> None:
    tracks = TABLES[table].tracks.values()
    verdicts = [verdict for rows in tracks for verdict, _ in rows.values()]
    assert sum(verdict != "pass" for verdict in verdicts) * 3 >= len(verdicts)


def test_half_of_all_rows_are_of_what_is_not_right() -> None:
    tracks = [rows for table in TABLES.values() for rows in table.tracks.values()]
    verdicts = [verdict for rows in tracks for verdict, _ in rows.values()]
    assert sum(verdict != "pass" for verdict in verdicts) * 2 >= len(verdicts)


def test_a_verdict_that_was_not_argued_is_told_with_its_argument() -> None:
    rows = {"X-01": ("pass", "taken"), "X-02": ("fail", "refused")}
    missed = disagreements(rows, {"X-01": "pass", "X-02": "pass", "X-03": "warn"})
    assert [(each.number, each.argued, each.found) for each in missed] == [
        ("X-02", "fail", "pass"), ("X-03", "–", "warn"),
    ]  # fmt: skip
    assert missed[0].why == "refused"


SAID = """\
ABC-01 Takes it: pass
ABC-02 Refuses it: inconclusive
  ???? http://127.0.0.1:9: There was no answer.
       → Run the test again. [X 1]
ABC-03 Looks: warning
  warn here: odd
"""


def test_what_the_run_found_is_told_beside_a_verdict_that_was_not_argued() -> None:
    assert agreement.verdicts(SAID) == {
        "ABC-01": "pass",
        "ABC-02": "inconclusive",
        "ABC-03": "warn",
    }
    lines = [
        "  ???? http://127.0.0.1:9: There was no answer.",
        "       → Run the test again. [X 1]",
    ]
    assert agreement.reasons(SAID, "ABC-02") == lines
    assert agreement.reasons(SAID, "ABC-01") == []


def test_fewer_than_five_foreign_systems_are_too_few(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(ALL) >= AT_LEAST
    absent = System("nobody", "nowhere/at/all", Path("absent"), ALL[0].start)
    monkeypatch.setattr(agreement, "ALL", (absent,))
    assert agreement.main(()) == 1
    assert "0 foreign systems ran, 5 are asked for" in capsys.readouterr().out
