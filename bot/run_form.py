"""The form that starts a run: track, system and test, each narrowed by what is chosen already."""

from __future__ import annotations

from typing import Any

from bot.asking import MOST_ROWS
from bot.cards import Field, Form
from bot.grammar import Intent
from bot.words import Language, say


def run_form(intent: Intent, tracks: Any, systems: Any) -> Form:
    """Returns the form, with what an intent has chosen already.

    A track decides which of its tests are offered, and which systems: those that declare other
    actors are not.

    Args:
        intent: What is chosen so far, and the language of the labels.
        tracks: As `/api/tracks` gives them.
        systems: As `/api/systems` gives them.
    """
    language = intent.language
    track = next((offered for offered in tracks if offered["id"] == intent.args.get("track")), None)
    fields = [
        Field(
            "track",
            say("fact.track", language),
            tuple((offered["id"], offered["id"]) for offered in tracks),
            track["id"] if track else "",
            decides=True,
        ),
        _system_field(track, systems, intent),
    ]
    if track:
        fields.append(_test_field(track, language))
    title, submit, usage = (
        say(key, language) for key in ("form.run", "form.submit", "said.run_usage")
    )
    return Form(title, "run", tuple(fields), submit, usage)


def _system_field(track: Any, systems: Any, intent: Intent) -> Field:
    actor = track["actor"] if track else ""
    fitting = [
        system["name"]
        for system in systems
        if not actor or not system["actors"] or actor in system["actors"]
    ]
    # the bundled server keeps its place, however many systems there are
    names = [*fitting[: MOST_ROWS - 1], "sandbox"]
    options = tuple((name, name) for name in names)
    return Field(
        "system", say("fact.system", intent.language), options, intent.args.get("system", "")
    )


def _test_field(track: Any, language: Language) -> Field:
    tests = tuple((test["number"], f"{test['number']} {test['title']}") for test in track["tests"])
    return Field("test", say("fact.test", language), tests, is_needed=False)
