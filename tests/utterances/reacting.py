"""What the bot does with a line, without a chat: the command that it would carry out."""

from __future__ import annotations

from bot.grammar import VERBS, Misunderstood, parse
from tests.utterances.scoring import Line, Reaction, Wish


def reaction_to(line: Line) -> Reaction:
    """Returns what the reader makes of a line."""
    try:
        verb, args = parse(line.text, line.language)
    except Misunderstood as error:
        near = error.params.get("near")
        verbs = [verb for verb, command in VERBS.items() if near and command.means(near)]
        return Reaction(offers=tuple(map(Wish, verbs)))
    if verb == "run" and args:
        args = {"system": "sandbox"} | args
    return Reaction(done=Wish(verb, args))
