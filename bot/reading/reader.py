"""Finds the command in a line, and what follows it; offers what is near.  Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from bot.grammar import VERBS, Wish
from bot.reading.candidates import (
    Candidate,
    candidate_of,
    candidates_in,
    has_word,
    phrases_of,
    words_of_phrase,
)
from bot.reading.clauses import SHARED, Reader, several_in
from bot.reading.core import Parts, clauses_of, core_in
from bot.reading.correcting import corrected
from bot.reading.courtesy import (
    is_beyond,
    is_thanks,
    tells_what_was_done,
    without_greeting,
)
from bot.reading.documents import document_in
from bot.reading.filling import Reading, filled, offering
from bot.reading.intents import Rank, intents
from bot.reading.kinds import FINDERS
from bot.reading.known import Known
from bot.reading.likely import weighed
from bot.reading.line import Line
from bot.reading.nearness import near_in
from bot.reading.phrases import (
    Phrase,
    denied_in,
    negations,
    phrases,
    phrases_in,
    words_in,
)
from bot.reading.rest import Rest
from bot.reading.tails import tail_of
from bot.reading.tokens import Token, tokens_of
from bot.words import Language

QUOTED = re.compile(r"(?:>[^\n]*\n+)+(?=[^>\s])")  # what others wrote, above what is said of it
STORY = 15  # words: in so many the wish is what comes in the end
MOST_WORDS = 100  # a story or a log is no command, and reading it would hold up all others
# each needs to know of which
OF_RUNS = frozenset({"rerun", "finish", "cancel", "contest", "claim", "verify", "return"})
ALONE = ("test", "run", "track", "system")  # what a line can name without a command


def read(
    text: str,
    language: Language,
    known: Known,
    *,
    is_in_thread: bool = False,
    rank: Rank | None = None,
) -> Reading:
    """Returns what a line comes to.

    Args:
        text: As it was typed, in any language; the chat's own escapes are decoded.
        language: Of who typed it.
        known: What can be named.
        is_in_thread: Whether it stands below the card of a run, which need not be named then.
        rank: Returns the commands that a line's masked words may mean, the likeliest first; by what
            was learned if None.
    """
    text = QUOTED.sub("", text, count=1) if text.startswith(">") else text
    tokens = without_greeting(tokens_of(text))
    line = Line(text, language, known, tokens, rank or intents().ranked, is_in_thread)
    if not line.tokens:
        return Reading(Wish("help"))
    tail = tail_of(text, line.tokens, known.planned, is_in_thread=is_in_thread)
    if tail is not None:
        wish, is_certain = tail
        reading = _as_asked(line, wish) if is_certain else offering([wish])
        return reading if is_in_thread else _unless_pointing(line, reading)
    document = document_in(text)
    if document:
        return Reading(Wish("validate", {"document": document}))
    if len(line.tokens) > MOST_WORDS:
        return Reading()
    meant = corrected(line)
    if meant:
        last = read(meant, language, known, is_in_thread=is_in_thread, rank=rank)
        return offering([last.wish]) if last.wish else last
    reading = _read(line)
    return reading if is_in_thread else _unless_pointing(line, reading)


def _read(line: Line) -> Reading:
    """Returns what the words of a line come to, and what it is likely to mean."""
    candidates = list(candidates_in(line))
    best = max(candidates, key=_rank, default=None)
    is_whole = best is not None and best.is_whole
    several = None if is_whole else _core(line) or _several(line)
    if several is not None:
        return several
    reading = _by_words(line, candidates)
    is_told = tells_what_was_done(line.tokens) or is_thanks(line.tokens) or _denies_an_act(line)
    whole = weighed(line, reading, is_whole=is_whole, is_told=is_told)
    return whole if is_whole else _with_end_of_story(line, whole)


def _with_end_of_story(line: Line, whole: Reading) -> Reading:
    """Returns what all of a line comes to, and before it what its end does where it is a story."""
    end = None if whole.wish and whole.wish.args else _end_of_story(line)
    if end is None or end.wish is not None:
        return end or whole
    rest = [whole.wish] if whole.wish else whole.offers
    return offering([*end.offers[:1], *rest])


def _by_words(line: Line, candidates: Sequence[Candidate]) -> Reading:
    """Returns what the words of a line say, those of commands and those that are near to them."""
    best = max(candidates, key=_rank, default=None)
    if best is not None and (best.reading.wish or best.reading.offers):
        return _beside_an_act(best, candidates) or _if_meant(line, best)
    # a line that lacks something is no command; one that cannot be is answered with why
    if best is not None and best.reading.key not in ("said.lacks", "said.unknown_word"):
        return best.reading
    named = _named_alone(line)
    if named is None and is_thanks(line.tokens):
        return Reading()
    near = _near(line) if best is None else None
    if named is not None and near is not None and near.wish and not near.wish.args:
        near = None  # what is named says more than a word that is near to another
    return near or named or (best.reading if best else Reading())


def _unless_pointing(line: Line, reading: Reading) -> Reading:
    """Returns a reading that is offered only where it changes what is pointed at and not named:
    beside no card, `cancel that` may mean anything, and so may `return it`.
    """
    wish = reading.wish
    if wish is None or not VERBS[wish.verb].changes or line.known.is_blind:
        return reading
    if wish.verb in OF_RUNS:
        is_named = bool({"run", "planned"} & set(wish.args))
        # who types the command itself means their own, as its help says
        is_typed = len(line.tokens) <= 1 + len(wish.args) and "comment" not in wish.args
        is_typed = is_typed and VERBS[wish.verb].is_said_in(line.tokens[0].text)
        return reading if is_named or is_typed else offering([wish])
    return offering([wish]) if not wish.args and has_word(line, "words.pointing") else reading


def _rank(candidate: Candidate) -> tuple[int, ...]:
    return candidate.rank


def _beside_an_act(best: Candidate, candidates: Sequence[Candidate]) -> Reading | None:
    """Returns what is offered where a line is read as a question and not all of it is understood,
    though it may be an order about more of what it names; None where it is none.
    """
    asked = best.reading.wish
    if asked is None or best.is_whole or VERBS[asked.verb].changes:
        return None
    orders = [
        wish
        for candidate in sorted(candidates, key=_rank, reverse=True)
        for wish in candidate.reading.offers[:1]
        if VERBS[wish.verb].changes and _named(wish) > _named(asked)
    ]
    return offering([orders[0], asked]) if orders else None


def _named(wish: Wish) -> int:
    """Returns how much a line names of a wish: one's own system is filled in, and named by none."""
    return len(set(wish.args) - {"system"})


def _if_meant(line: Line, best: Candidate) -> Reading:
    """Returns a reading, which is none where somebody only thanks, and only offered where what is
    asked for is nothing that can be had.
    """
    wish = best.reading.wish
    if wish is None or best.is_whole or VERBS[wish.verb].changes:
        return best.reading
    is_said_only = "?" not in line.text and not wish.args
    is_no_wish = is_thanks(line.tokens) or tells_what_was_done(line.tokens) or _denies_an_act(line)
    if is_said_only and is_no_wish:
        return Reading()
    return offering([wish]) if is_beyond(line.tokens) else best.reading


def _denies_an_act(line: Line) -> bool:
    """Tells whether a line says that something shall not be done."""
    changing = (phrase for phrase in phrases_of(line) if VERBS[phrase.verb].changes)
    used = ((phrase, words_of_phrase(phrase, line.tokens)) for phrase in changing)
    return any(
        token.plain in denied_in(phrase, line.language)
        for phrase, words in used
        if words
        for token in line.tokens
        if token not in words
    )


def _core(line: Line) -> Reading | None:
    """Returns what the one clause of a message that asks for something comes to."""

    def whole(text: str) -> Wish | None:
        clause = replace(line, text=text, tokens=without_greeting(tokens_of(text)))
        best = max(candidates_in(clause), key=_rank, default=None)
        return best.reading.wish if best is not None and best.is_whole else None

    def has_command(text: str) -> bool:
        return any(
            VERBS[phrase.verb].changes or len(words) > 1 for phrase, words in _commands_in(text)
        )

    naming = _naming(line, (*SHARED, "which"))
    return core_in(line.text, Parts(whole, naming, has_command, line.language))


def _end_of_story(line: Line) -> Reading | None:
    """Returns what somebody who tells a story comes to in the end, where only one clause of it, or
    the last, may ask for something; what it would change is offered.
    """
    clauses = clauses_of(line.text, line.language)
    if len(line.tokens) < STORY or len(clauses) < 2:
        return None
    naming = _naming(line, SHARED)
    about = [clause for clause in clauses if naming(clause.text)]
    if len(about) > 1:
        return None
    asks = (*about, clauses[-1])[0]
    told = replace(line, text=asks.text, tokens=without_greeting(asks.tokens))
    reading = _read(told) if told.tokens else Reading()
    wish = reading.wish
    if wish is not None and VERBS[wish.verb].changes:
        return offering([wish])
    is_asked = wish is not None and (bool(wish.args) or line.text.rstrip().endswith("?"))
    return reading if is_asked or (wish is None and reading.offers) else None


def _commands_in(text: str) -> Iterator[tuple[Phrase, Sequence[Token]]]:
    """Yields the commands that stand in a text, each with its words."""
    words = tokens_of(text)
    for phrase in phrases_in(tuple(token.plain for token in words)):
        used = None if phrase.is_hint else words_of_phrase(phrase, words)
        if used:
            yield phrase, used


def _naming(line: Line, kinds: Sequence[str]) -> Callable[[str], Mapping[str, str]]:
    """Returns what tells what a text of a line's author names, by its kind."""

    def named_in(text: str) -> Mapping[str, str]:
        rest = Rest(text, line.language, tokens_of(text), line.known)
        return {kind: value for kind in kinds if (value := FINDERS[kind](rest))}

    return named_in


def _several(line: Line) -> Reading | None:
    """Returns what is offered where a message asks for several things: one command is one act."""

    def read_clause(text: str) -> Reading:
        clause = replace(line, text=text, tokens=without_greeting(tokens_of(text)))
        return _by_words(clause, list(candidates_in(clause)))

    def words_of_command(text: str) -> Sequence[Token]:
        return max((used for _, used in _commands_in(text)), key=len, default=())

    return several_in(line.text, Reader(read_clause, words_of_command, _naming(line, SHARED)))


def _as_asked(line: Line, wish: Wish) -> Reading:
    return filled(wish, line.rest(line.tokens), [])


def _near(line: Line) -> Reading | None:
    """Returns the commands with a word that is near to one of a line.

    One that only reads is carried out where no other is as near; all others are offered.
    """
    small = words_in("words.filler")
    for token in line.tokens:
        if token.is_quoted or token.plain in small | words_in("words.not"):
            continue
        meant = near_in(token.plain, frozenset(_singles()))
        near = [
            candidate_of(line, phrase, [token])
            for word in sorted(meant)
            for phrase in _singles()[word]
        ]
        near.sort(key=lambda candidate: candidate.rank, reverse=True)
        wishes = [
            wish
            for candidate in near
            for wish in (candidate.reading.wish, *candidate.reading.offers)
            if wish is not None
        ]
        verbs = {wish.verb for wish in wishes}
        if len(verbs) == 1 and not VERBS[wishes[0].verb].changes:
            return Reading(wishes[0])
        if wishes:
            return offering(wishes)
    return None


@cache
def _singles() -> dict[str, list[Phrase]]:
    """Returns the commands that one word says, by that word."""
    singles: dict[str, list[Phrase]] = {}
    for phrase in phrases():
        if len(phrase.words) == 1 and not phrase.is_hint:
            singles.setdefault(phrase.words[0], []).append(phrase)
    return singles


def _named_alone(line: Line) -> Reading | None:
    """Returns what can be done with what a line names, where it names no command."""
    denials = negations(frozenset({line.language}))
    if any(token.plain in denials for token in line.tokens) or tells_what_was_done(line.tokens):
        return None
    rest = line.rest()
    args = {name: value for name in ALONE if (value := FINDERS[name](rest))}
    if "test" in args:
        return Reading(Wish("explain", {name: args[name] for name in ALONE[:2] if name in args}))
    if "run" in args:
        return Reading(Wish("status", {"run": args["run"]}))
    if "track" in args:
        run = filled(Wish("run", args), rest, [])
        wishes = [wish for wish in (run.wish, *run.offers[:2]) if wish is not None]
        return offering([*wishes, Wish("tracks", {"track": args["track"]})])
    if "system" in args:
        return offering([Wish("status", args), Wish("run", args)])
    return None
