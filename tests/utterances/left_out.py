"""`python -m tests.utterances.left_out`: each set by what was learned from all examples but its own
lines, so that the figures tell how strangers fare.

`alone` is the ranking without the words of commands: how often the right command is first, and
among the three that would be offered.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.reading.courtesy import without_greeting
from bot.reading.intents import NOTHING, Intents, Rank, examples, learn
from bot.reading.masking import masked
from bot.reading.tokens import tokens_of
from bot.slack.writing import decoded
from tests.utterances.__main__ import sets
from tests.utterances.reacting import reaction_to, world
from tests.utterances.scoring import MOST_OFFERS, Line, judge

HEAD = """\
| set | lines | right | right or helpful | wrong acts | alone: first | alone: of three |
|---|---|---|---|---|---|---|"""


def words_of(line: Line) -> tuple[str, ...]:
    """Returns the masked words of a line, as an example has them."""
    text = decoded(line.text)
    return masked(text, without_greeting(tokens_of(text)), world())


def without(lines: Sequence[Line]) -> Intents:
    """Returns what is learned from the examples that are none of some lines."""
    left = {words_of(line) for line in lines}
    return learn(example for example in examples() if example.words not in left)


def row(name: str, lines: Sequence[Line]) -> str:
    """Returns one row of the table."""
    rank: Rank = without(lines).ranked  # one object, by which a line is read once
    verdicts = [judge(line, reaction_to(line, rank)) for line in lines]
    right = sum(verdict == "right" for verdict, _ in verdicts)
    met = sum(verdict != "wrong" for verdict, _ in verdicts)
    acts = sum(is_wrong_act for _, is_wrong_act in verdicts)
    meant = [(line, verbs) for line in lines if (verbs := verbs_of(line))]
    first = sum(bool(verbs & set(_ranked(line, rank)[:1])) for line, verbs in meant)
    three = sum(bool(verbs & set(_ranked(line, rank)[:MOST_OFFERS])) for line, verbs in meant)
    figures = f"{right / len(lines):.1%} | {met / len(lines):.1%} | {acts}"
    return f"| {name} | {len(lines)} | {figures} | {first / len(meant):.1%} | {three / len(meant):.1%} |"


def verbs_of(line: Line) -> set[str]:
    """Returns the commands of which each is right; none where nothing is asked for."""
    wishes = [wish for right in line.right for wish in (right.done, *right.offers) if wish]
    return {wish.verb for wish in wishes}


def _ranked(line: Line, rank: Rank) -> list[str]:
    return [guess.verb for guess in rank(words_of(line)) if guess.verb != NOTHING]


def main() -> None:
    """Prints the table."""
    print(HEAD)
    for name, lines in sets().items():
        print(row(name, lines))


if __name__ == "__main__":
    main()
