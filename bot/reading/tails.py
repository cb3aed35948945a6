"""Commands whose end is a person's own words: kept to the letter, as they stand in the record.
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.grammar import VERBS, Wish
from bot.reading.kinds import SEPARATOR, run_in
from bot.reading.nearness import is_near
from bot.reading.phrases import phrases, words_in
from bot.reading.tokens import Token
from bot.words import plain


def tail_of(
    text: str, tokens: Sequence[Token], planned: Sequence[str] = (), *, is_in_thread: bool
) -> tuple[Wish, bool] | None:
    """Returns the command with its words to the letter, and whether it is certain: its own word was
    typed, and not one near it.

    Args:
        text: As it was typed.
        tokens: Its words.
        planned: The numbers of planned tests, one of which may be named in the place of a run.
        is_in_thread: Whether the run is known already.
    """
    small = words_in("words.filler")
    start = next((place for place, token in enumerate(tokens) if token.plain not in small), None)
    if start is None:
        return None
    head = tokens[start]
    words = [phrase for phrase in phrases() if len(phrase.words) == 1 and not phrase.is_hint]
    own = {phrase.words[0]: phrase.verb for phrase in words if VERBS[phrase.verb].tail}
    # below the card of a run a number is part of what is said of it
    numbers = () if is_in_thread else planned
    verb = own.get(head.plain, "")
    if verb:
        wish = _wish(verb, text, tokens[start:], numbers)
        # `anything to verify?` says no more than the word: the whole line is asked
        is_bare = bool(start) and not wish.args
        is_other = is_bare or _is_of_others(wish, tokens[start:], numbers)
        return None if is_other else (wish, True)
    # `conectar` is a word of another command, and no slip in `contestar`
    slips = () if any(head.plain == phrase.words[0] for phrase in words) else own
    near = next((own[word] for word in slips if is_near(head.plain, word)), "")
    follows = tokens[start + 1 : start + 2]
    is_of_run = is_in_thread or any(run_in(token.plain) for token in follows)
    if near and is_of_run and len(head.plain) > 4:
        return _wish(near, text, tokens[start:], numbers), False
    return None


def _is_of_others(wish: Wish, tokens: Sequence[Token], planned: Sequence[str]) -> bool:
    """Tells whether somebody is asked to play: `ask Peru to join us in 2.4` asks no monitor."""
    is_named = "run" in wish.args or "planned" in wish.args
    return wish.verb == "ask" and not is_named and any(word.plain in planned for word in tokens)


def _wish(verb: str, text: str, tokens: Sequence[Token], planned: Sequence[str]) -> Wish:
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
        if run_in(value) and (not key or command.named(key) == "run") and first:
            args["run"] = run_in(value)
            place = first.end
        elif value in planned and (not key or command.named(key) == "planned") and first:
            args["planned"] = value
            place = first.end
        elif verb == "ask" and planned:
            args |= _about(words, planned)
    after = next((word for word in words if word.start >= place), None)
    key, value = (after.named if after else None) or ("", "")
    if after and key and command.named(key) == "seen":
        args["seen"] = "yes"
        place = after.end
    if verb == "ask" and args and place == tokens[0].end:
        behind = SEPARATOR.search(text, _end_of(words, args))
        place = behind.end() if behind else place
    small = words_in("words.filler") | words_in("words.noun") | words_in(f"beside.{verb}")
    if verb == "ask" and all(word.plain in small for word in words if word.start >= place):
        return Wish(verb, args)  # "to the monitors" is nobody's own words
    said = text[place:].lstrip(" \t:,").strip()
    name, equals, value = said.partition("=")
    if equals and command.named(plain(name)) == command.tail:
        said = value.strip("\"'“”«»")
    return Wish(verb, args | ({command.tail: said} if said else {}))


def _about(words: Sequence[Token], planned: Sequence[str]) -> dict[str, str]:
    """Returns the run, or the planned test behind a word for a monitor, that is named within what
    is asked: `ask somebody to look at X, it was the network`; `ask Peru to join 2.4` is another's.
    """
    is_of_monitor = False
    for word in words:
        is_of_monitor = is_of_monitor or word.plain in words_in("words.doer")
        if run_in(word.plain):
            return {"run": run_in(word.plain)}
        if is_of_monitor and word.plain in planned:
            return {"planned": word.plain}
    return {}


def _end_of(words: Sequence[Token], args: Mapping[str, str]) -> int:
    named = set(args.values())
    return next(word.end for word in words if {run_in(word.plain), word.plain} & named)
