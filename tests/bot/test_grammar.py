"""What can be said: words in three languages, what follows them, and the nearest right word for a wrong one."""

from __future__ import annotations

import json

import pytest

from bot.grammar import COMMANDS, ENGLISH, NAMES, WORDS, Misunderstood, parse
from bot.service import Service
from bot.settings import NoToken, read_settings
from bot.slack.manifest import as_json, manifest
from bot.words import FOLDER, LANGUAGES, catalogue


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
    assert {name for command in COMMANDS for name in command.takes} == set(NAMES)
    for name, words in NAMES.items():
        assert all(ENGLISH[word] == name for word in words)  # no word names two things


def test_every_command_has_words_of_its_own_work_and_help_in_three_languages() -> None:
    assert len(WORDS) == sum(len(one.words) for one in COMMANDS)  # no word stands for two
    for command in COMMANDS:
        assert hasattr(Service, f"on_{command.verb}")
        for language in LANGUAGES:
            assert f"help.{command.verb}" in catalogue(language)


def test_catalogues_agree() -> None:
    first = catalogue("en")
    for language in ("es", "pt"):
        other = catalogue(language)  # type: ignore[arg-type]  # one of the languages
        assert list(other) == list(first)
        for key, text in other.items():
            assert text.count("{") == first[key].count("{"), key
    assert {file.stem for file in FOLDER.glob("*.toml")} == set(LANGUAGES)


def test_every_sentence_is_said_somewhere() -> None:
    code = "".join(
        file.read_text(encoding="utf-8")
        for file in FOLDER.parent.rglob("*")
        if file.suffix in (".py", ".html")
    )
    built = (
        "help.",
        "state.",
        "verdict.",
        "standing.",
        "role.",
        "fact.",
    )  # their names come from verbs and the API
    unsaid = {key for key in catalogue("en") if not key.startswith(built) and key not in code}
    assert unsaid == set()


def test_the_manifest_is_the_one_that_is_committed() -> None:
    committed = (FOLDER.parent / "slack" / "manifest.json").read_text(encoding="utf-8")
    assert as_json() == committed
    hints = [one["usage_hint"] for one in manifest()["features"]["slash_commands"]]
    assert all(command.verb in hints[0] for command in COMMANDS)
    assert json.loads(committed)["settings"]["socket_mode_enabled"] is True


def test_the_page_about_slack_has_every_word() -> None:
    text = (FOLDER.parents[1] / "docs" / "slack.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert (
            f"| `{command.usage()}` | `{'`, `'.join(command.es)}` | `{'`, `'.join(command.pt)}` |"
            in text
        )


def test_a_token_that_is_missing_is_named() -> None:
    tokens = {"SLACK_BOT_TOKEN": "xoxb-t", "SLACK_APP_TOKEN": "xapp-t", "SLACK_SIGNING_SECRET": "s"}
    for is_http, needed in ((False, "SLACK_APP_TOKEN"), (True, "SLACK_SIGNING_SECRET")):
        for name in ("SLACK_BOT_TOKEN", needed):
            held = {key: value for key, value in tokens.items() if key != name}
            with pytest.raises(NoToken) as told:
                read_settings(
                    held, sandbox="http://a", folder=FOLDER, language="es-CL", is_http=is_http
                )
            assert str(told.value) == name
    assert (
        read_settings(tokens, sandbox="http://a", folder=FOLDER, language="es-CL").language == "es"
    )
