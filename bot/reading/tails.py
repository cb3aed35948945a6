"""Commands whose end is a person's own words: kept to the letter, as they stand in the record.
Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.grammar import VERBS, Wish
from bot.reading.kinds import RUN
from bot.reading.nearness import is_near
from bot.reading.phrases import phrases, words_in
from bot.reading.tokens import Token
from bot.words import plain


def tail_of(text: str, tokens: Sequence[Token], *, is_in_thread: bool) -> tuple[Wish, bool] | None:
    """Returns the command with its words to the letter, and whether it is certain: its own word was
    typed, and not one near it.

    Args:
        text: As it was typed.
        tokens: Its words.
        is_in_thread: Whether the run is known already.
    """
    small = words_in("words.filler")
    start = next((place for place, token in enumerate(tokens) if token.plain not in small), None)
    if start is None:
        return None
    head = tokens[start]
    own = {
        phrase.words[0]: phrase.verb
        for phrase in phrases()
        if VERBS[phrase.verb].tail and len(phrase.words) == 1 and not phrase.is_hint
    }
    verb = own.get(head.plain, "")
    if verb:
        return _wish(verb, text, tokens[start:]), True
    near = next((own[word] for word in own if is_near(head.plain, word)), "")
    follows = tokens[start + 1 : start + 2]
    is_of_run = is_in_thread or any(RUN.fullmatch(token.plain) for token in follows)
    if near and is_of_run and len(head.plain) > 4:
        return _wish(near, text, tokens[start:]), False
    return None


def _wish(verb: str, text: str, tokens: Sequence[Token]) -> Wish:
    command = VERBS[verb]
    words = list(tokens[1:])
    args: dict[str, str] = {}
    place = tokens[0].end
    if "run" in command.takes:
        small = words_in("words.filler") | words_in("words.noun")
        first = next((word for word in words if word.plain not in small), None)
        if first is None and verb == "ask":  # "ask for a monitor" has no words of one's own
            return Wish(verb)
        key, value = (first.named if first else None) or ("", first.plain if first else "")
        if RUN.fullmatch(value) and (not key or command.named(key) == "run") and first:
            args["run"] = value
            place = first.end
    said = text[place:].lstrip(" \t:,").strip()
    name, equals, value = said.partition("=")
    if equals and command.named(plain(name)) == command.tail:
        said = value.strip("\"'“”«»")
    return Wish(verb, args | ({command.tail: said} if said else {}))
