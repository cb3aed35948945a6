"""What can be said: the words of all languages and what follows them, the same in help, manifest, docs and reader."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.grammar import COMMANDS, Wish, line_of, names_of
from bot.reading import Known, read
from bot.reading.phrases import beginnings, phrases, phrases_in
from bot.service import Service
from bot.settings import NoToken, read_settings
from bot.slack.manifest import as_json, manifest, scopes
from sandbox.i18n import LANGUAGES, load_room
from tests.languages import a_language
from tests.places import PROJECT
from tests.utterances.reacting import world


def test_no_name_of_what_follows_a_command_means_two_things() -> None:
    for command in COMMANDS:
        words = [word for name in command.takes for word in names_of(name)]
        assert len(set(words)) == len(words), command.verb


def test_every_command_has_its_work_its_help_and_in_each_language_words_of_its_own() -> None:
    verbs = {command.verb for command in COMMANDS}
    sentences = load_room("en", "bot")
    for part in ("word", "help"):
        assert {key.partition(".")[2] for key in sentences if key.startswith(f"{part}.")} == verbs
    names = {key.partition(".")[2] for key in sentences if key.startswith("name.")}
    assert names == {name for command in COMMANDS for name in (*command.takes, *command.also)}
    for command in COMMANDS:
        assert hasattr(Service, f"on_{command.verb}")
        for language in LANGUAGES:
            for word in command.words(language):
                reading = read(word, language, Known(is_blind=True))
                is_lacking = reading.key == "said.lacks" and reading.wish is None
                assert is_lacking or (reading.wish and reading.wish.verb == command.verb), word


def forget_phrases() -> None:
    """Lets what was read of the languages be read anew."""
    for read_once in (phrases, beginnings, phrases_in):
        read_once.cache_clear()


def test_a_word_of_two_languages_means_what_the_one_who_asks_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up = a_language(tmp_path, "qaa", bot='word.matrix = "status, ayuda"')
    monkeypatch.setitem(LANGUAGES, "qaa", made_up)
    forget_phrases()
    try:
        for text, language, verb in [
            ("status", "qaa", "matrix"), ("ayuda", "qaa", "matrix"), ("status", "es", "status"),
            ("ayuda", "es", "help"), ("run mhd.recipient", "qaa", "run"),
        ]:  # fmt: skip
            wish = read(text, language, world()).wish
            assert wish is not None
            assert wish.verb == verb
    finally:
        forget_phrases()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_command_that_is_written_out_is_read_as_the_same(language: str) -> None:
    known = world()
    for verb, args in [
        ("run", {"track": "mhd.recipient", "system": "hospital"}),
        ("run", {"test": "BAS-01 BAS-02", "system": "hospital"}),
        ("rerun", {"run": "cwq8s5srh4cx", "which": "failed"}),
        ("explain", {"test": "RCP-20", "run": "cwq8s5srh4cx"}),
        ("verify", {"run": "cwq8s5srh4cx", "comment": "Team's \"hash\" isn't right"}),
        ("return", {"run": "cwq8s5srh4cx", "comment": "falta el hash"}),
        ("finish", {"run": "cwq8s5srh4cx"}),
        ("contest", {"run": "cwq8s5srh4cx", "comment": "Team's hash isn't wrong"}),
        ("verify", {"run": "cwq8s5srh4cx", "seen": "yes", "comment": '2.4 isn\'t "late"'}),
        ("invite", {"team": "Perú", "planned": "2.4"}),
        ("begin", {"planned": "2.4", "team": "Perú"}),
        ("remind", {"number": "30"}),
        ("unremind", {}),
        ("unmention", {}),
        ("register", {"name": "North Clinic", "base": "https://fhir.example.org/r4"}),
        ("subscribe", {"track": "mhd", "verdict": "fail", "hour": "18"}),
        ("announce", {"text": "Lunch is served"}),
    ]:
        line = line_of(verb, args, language)
        assert read(line, language, known).wish == Wish(verb, args), line


def test_every_sentence_is_said_somewhere() -> None:
    code = "".join(
        file.read_text(encoding="utf-8")
        for file in (PROJECT / "bot").rglob("*")
        if file.suffix in (".py", ".html")
    )
    built = (
        "handed_in.",
        "help.",
        "state.",
        "verdict.",
        "standing.",
        "role.",
        "fact.",
        "word.",
        "name.",
        "term.",
        "meaning.",
        "part.",
        "moment.",
        "instance.",
    )  # their names come from verbs and the API
    unsaid = {
        key for key in load_room("en", "bot") if not key.startswith(built) and key not in code
    }
    assert unsaid == set()


def test_the_manifest_is_the_one_that_is_committed() -> None:
    committed = (PROJECT / "bot" / "slack" / "manifest.json").read_text(encoding="utf-8")
    assert as_json() == committed
    hints = [one["usage_hint"] for one in manifest()["features"]["slash_commands"]]
    assert all(command.words("en")[0] in hints[0] for command in COMMANDS)
    assert json.loads(committed)["settings"]["socket_mode_enabled"] is True


def test_the_bot_reads_in_no_channel_unless_it_is_asked_for_and_each_scope_has_its_reason() -> None:
    asked, more = set(scopes()), set(scopes(reads=True)) - set(scopes())
    assert {scope for scope in asked if scope.endswith(":history")} == {"im:history"}
    assert more == {"channels:history", "groups:history"}
    text = (PROJECT / "docs" / "slack.md").read_text(encoding="utf-8")
    first, second = text.split("| scope | why |\n")[1:]
    for table, named in ((first, asked), (second, more)):
        rows = table.partition("\n\n")[0]
        cells = re.findall(r"^\| (`[a-z_:`, ]+`) \| \S", rows, re.MULTILINE)
        assert {scope for cell in cells for scope in re.findall(r"[a-z_]+:?[a-z]*", cell)} == named
    assert "channels:history" in as_json(reads=True)
    tokens = {"SLACK_CLIENT_ID": "1", "SLACK_CLIENT_SECRET": "s", "SLACK_SIGNING_SECRET": "s"}
    for value, reads in (("", False), ("yes", True)):
        given = {**tokens, "SLACK_READS_CHANNELS": value}
        settings = read_settings(
            given, sandbox="http://a", folder=PROJECT, language="es", is_http=True
        )
        assert settings.reads is reads


def test_the_page_about_slack_has_every_word() -> None:
    text = (PROJECT / "docs" / "slack.md").read_text(encoding="utf-8")
    translated = [tag for tag, one in LANGUAGES.items() if one.is_complete and tag != "en"]
    for command in COMMANDS:
        columns = [f"`{'`, `'.join(command.words(language))}`" for language in translated]
        assert f"| {' | '.join([f'`{command.usage()}`', *columns])} |" in text


def test_a_token_that_is_missing_is_named() -> None:
    tokens = {"SLACK_BOT_TOKEN": "xoxb-t", "SLACK_APP_TOKEN": "xapp-t", "SLACK_SIGNING_SECRET": "s"}
    for is_http, needed in ((False, "SLACK_APP_TOKEN"), (True, "SLACK_SIGNING_SECRET")):
        for name in ("SLACK_BOT_TOKEN", needed):
            held = {key: value for key, value in tokens.items() if key != name}
            with pytest.raises(NoToken) as told:
                read_settings(
                    held, sandbox="http://a", folder=PROJECT, language="es-CL", is_http=is_http
                )
            assert str(told.value) == name
    assert (
        read_settings(tokens, sandbox="http://a", folder=PROJECT, language="es-CL").language == "es"
    )
