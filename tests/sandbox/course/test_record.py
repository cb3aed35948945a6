from datetime import UTC, datetime
from pathlib import Path

from sandbox.course.record import Record, as_artifact
from sandbox.exchange import Exchange

NOW = datetime(2026, 7, 27, tzinfo=UTC)


def test_damaged_lines_are_left_out(tmp_path: Path) -> None:
    record = Record(tmp_path, team="a", lesson="x")
    record.add("1.1", "check", NOW, answer={"ñ": 1})
    with record.file.open("a", encoding="utf-8") as file:
        file.write('{"exercise": "1.2", "eve\n[1]\nnull\n{"exercise": 3}\n')
        file.write("[" * 100_000 + "\n")
    record.add("1.3", "hint", NOW)
    assert [event["exercise"] for event in record.events()] == ["1.1", "1.3"]


def test_half_a_surrogate_can_be_recorded(tmp_path: Path) -> None:
    record = Record(tmp_path, team="a", lesson="x")
    record.add("1.1", "check", NOW, answer="\ud800")
    assert record.events()[0]["answer"] == "\ud800"


def test_a_team_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    assert (
        Record(tmp_path, team="../../etc", lesson="x").file.parent.parent == tmp_path / "progress"
    )


def test_two_teams_never_share_a_record(tmp_path: Path) -> None:
    teams = ("Perú", "Perñ", "Per-", "Costa Rica", "Costa-Rica", "Per\udcfa")
    folders = {Record(tmp_path, team=team, lesson="x").file.parent.name for team in teams}
    assert len(folders) == len(teams)
    assert "Costa-Rica" in folders  # a plain name is its folder


def test_an_answer_becomes_plain_json() -> None:
    exchange = Exchange("GET", "u", (), b"", 200, (), b'{"id": 1.50}')
    assert as_artifact(exchange) == {"id": 1.5}
    assert as_artifact({"a": (1, 2)}) == {"a": [1, 2]}
    assert as_artifact("x" * 300_000) == {"unreadable": "300002 characters"}
    loop: list[object] = []
    loop.append(loop)
    assert as_artifact(loop) == {"unreadable": "list"}
