"""What can be said: the words of all languages, what follows them, and the nearest right word for a wrong one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.grammar import COMMANDS, Misunderstood, names_of, parse, words_of
from bot.service import Service
from bot.settings import NoToken, read_settings
from bot.slack.manifest import as_json, manifest
from sandbox.i18n import LANGUAGES, load_room
from tests.languages import a_language
from tests.places import PROJECT


@pytest.mark.parametrize(
    ("text", "verb", "args"),
    [
        ("", "help", {}),
        ("run mhd.recipient ours", "run", {"track": "mhd.recipient", "system": "ours"}),
        ("Correr mhd.recipient system=ours", "run", {"track": "mhd.recipient", "system": "ours"}),
        ("executar system=ours track=RCP-01", "run", {"track": "RCP-01", "system": "ours"}),
        ("ayuda", "help", {}),
        (
            "correr sistema=ours serie=mhd.recipient",
            "run",
            {"track": "mhd.recipient", "system": "ours"},
        ),
        ("inscrever trilha=mhd hora=18", "subscribe", {"track": "mhd", "hour": "18"}),
        (
            "verify r1 Todo bien, salvo RCP-20",
            "verify",
            {"run": "r1", "comment": "Todo bien, salvo RCP-20"},
        ),
        (
            'devolver r1 comment="falta el hash"',
            "return",
            {"run": "r1", "comment": "falta el hash"},
        ),
        ("explain RCP-20", "explain", {"test": "RCP-20"}),
        (
            "register ours http://a.test/fhir?x=1",
            "register",
            {"name": "ours", "base": "http://a.test/fhir?x=1"},
        ),
        ("status 'never closed", "status", {"run": "'never closed"}),
    ],
)
def test_a_line_is_read(text: str, verb: str, args: dict[str, str]) -> None:
    assert parse(text) == (verb, args)


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [("rnu x", "said.no_command", "run"), ("corer x", "said.no_command", "correr"), ("qqqqq", "said.no_command", "help"),
     ("link", "said.lacks", "link CODE"), ("queue now", "said.too_much", "queue")],
)  # fmt: skip
def test_a_wrong_line_is_told_with_what_would_be_right(text: str, key: str, says: str) -> None:
    with pytest.raises(Misunderstood) as told:
        parse(text)
    assert told.value.key == key
    assert says in told.value.params_in("en").values()


def test_what_is_missing_is_named_in_the_language_of_the_asker() -> None:
    with pytest.raises(Misunderstood) as told:
        parse("vincular")
    assert told.value.params_in("es") == {"usage": "vincular CÓDIGO", "name": "código"}
    for command in COMMANDS:
        words = [word for name in command.takes for word in names_of(name)]
        assert len(set(words)) == len(words), command.verb  # no word names two things


def test_every_command_has_its_work_its_help_and_in_each_language_words_of_its_own() -> None:
    verbs = {command.verb for command in COMMANDS}
    sentences = load_room("en", "bot")
    for part in ("word", "help"):
        assert {key.partition(".")[2] for key in sentences if key.startswith(f"{part}.")} == verbs
    names = {key.partition(".")[2] for key in sentences if key.startswith("name.")}
    assert names == {name for command in COMMANDS for name in command.takes}
    for command in COMMANDS:
        assert hasattr(Service, f"on_{command.verb}")
        for language in LANGUAGES:
            known = words_of(language)
            assert all(known[word] == command for word in command.words(language))


def test_a_word_of_two_languages_means_what_the_one_who_asks_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up = a_language(tmp_path, "qaa", bot='word.matrix = "status, ayuda"')
    monkeypatch.setitem(LANGUAGES, "qaa", made_up)
    assert parse("status", "qaa")[0] == parse("ayuda", "qaa")[0] == "matrix"
    assert parse("status", "es")[0] == "status"
    assert parse("ayuda", "es")[0] == "help"
    assert parse("run x", "qaa")[0] == "run"  # it has no word of its own


def test_every_sentence_is_said_somewhere() -> None:
    code = "".join(
        file.read_text(encoding="utf-8")
        for file in (PROJECT / "bot").rglob("*")
        if file.suffix in (".py", ".html")
    )
    built = (
        "help.",
        "state.",
        "verdict.",
        "standing.",
        "role.",
        "fact.",
        "word.",
        "name.",
    )  # their names come from verbs and the API
    unsaid = {
        key for key in load_room("en", "bot") if not key.startswith(built) and key not in code
    }
    assert unsaid == set()


def test_the_manifest_is_the_one_that_is_committed() -> None:
    committed = (PROJECT / "bot" / "slack" / "manifest.json").read_text(encoding="utf-8")
    assert as_json() == committed
    hints = [one["usage_hint"] for one in manifest()["features"]["slash_commands"]]
    assert all(command.verb in hints[0] for command in COMMANDS)
    assert json.loads(committed)["settings"]["socket_mode_enabled"] is True


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
