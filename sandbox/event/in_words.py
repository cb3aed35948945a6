"""What a message names of a planned test, in each language: roles, evidence and checks by what
people call them, and never by the names that files and programs have for them.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sandbox.event.plan import PlannedTest, words_in
from sandbox.i18n import LANGUAGES, Language, say
from sandbox.sentences import Sentence, public_text_of, text_of
from sandbox.testbench.tracks import TRACKS

if TYPE_CHECKING:  # they read instances, which say things in these words
    from sandbox.event.bench_proof import BenchResult
    from sandbox.event.failed_checks import OpenCheck
    from sandbox.event.required import Why

NAMED = 3
"""Failed checks that a sentence names; of those behind them it says how many they are."""
InWords = dict[Language, str]
"""What stands in a sentence, by the language of the sentence."""


def in_words(told: Callable[[Language], str]) -> InWords:
    """Returns a text in every language; `told` says it in one."""
    return {language: told(language) for language in LANGUAGES}


def roles_in_words(test: PlannedTest, names: Iterable[str]) -> InWords:
    """Returns roles of a planned test by their titles."""
    chosen = set(names)
    roles = [role for role in test.roles if role.name in chosen]
    return in_words(lambda language: ", ".join(words_in(role.title, language) for role in roles))


def evidence_in_words(test: PlannedTest, names: Iterable[str]) -> InWords:
    """Returns what people add to an instance by its titles."""
    chosen = set(names)
    kinds = [piece for piece in test.evidence if piece.name in chosen]
    return in_words(lambda language: "; ".join(words_in(piece.title, language) for piece in kinds))


def tracks_in_words(test: PlannedTest, results: Sequence[BenchResult]) -> InWords:
    """Returns what the bench tests, as the track and the role of the system."""

    def told(language: Language) -> str:
        return "; ".join(
            f"{say(f'{TRACKS[result.track].room}.name', language)}"
            f" ({words_in(test.role(result.role).title, language)})"
            for result in results
        )

    return in_words(told)


def left_in_words(results: Sequence[BenchResult], why: Why) -> InWords:
    """Returns the checks that runs have left out for one reason, by number and title."""
    checks = [
        (TRACKS[result.track], left.test)
        for result in results
        for left in result.left_out
        if left.why == why
    ]
    tests = [(track, test) for track, id in checks for test in track.tests if test.id == id]
    return in_words(
        lambda language: "; ".join(
            f"{test.number} {say(track.title_of(test), language)}" for track, test in tests
        )
    )


def failed_in_words(checks: Sequence[OpenCheck]) -> dict[str, Any]:
    """Returns what a refusal tells of the checks that runs have failed: by number and title with
    what was found, and as `public_failed` without a value of what a system sent, for a chat in
    which others read along.
    """
    return {
        "failed": _failed_in_words(checks, text_of),
        "public_failed": _failed_in_words(checks, public_text_of),
    }


def _failed_in_words(checks: Sequence[OpenCheck], what_is_wrong: Sentence) -> InWords:

    def told(language: Language) -> str:
        said = []
        for failed in checks[:NAMED]:
            track = TRACKS[failed.track]
            test = next(test for test in track.tests if test.id == failed.test)
            found = f": {what_is_wrong(failed.finding, language)}" if failed.finding else "."
            said.append(f"{test.number} {say(track.title_of(test), language)}{found}")
        if len(checks) > NAMED:
            said.append(say("instances.more_failed", language, count=len(checks) - NAMED))
        return " ".join(said)

    return in_words(told)


def inputs_in_words(results: Sequence[BenchResult]) -> InWords:
    """Returns what the checks lack that runs have left out, as forms call it."""
    names = dict.fromkeys(
        name for result in results for left in result.left_out for name in left.inputs
    )
    return in_words(
        lambda language: "; ".join(say(f"testbench.input.{name}", language) for name in names)
    )
