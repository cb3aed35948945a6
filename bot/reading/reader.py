"""Finds the command in a line, and what follows it; offers what is near.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.grammar import VERBS, Wish
from bot.reading.documents import document_in
from bot.reading.filling import Reading, filled, offering
from bot.reading.kinds import FINDERS, Rest
from bot.reading.known import Known
from bot.reading.nearness import is_near
from bot.reading.phrases import (
    Phrase,
    denied_in,
    is_form,
    negations,
    phrases,
    words_in,
)
from bot.reading.tails import tail_of
from bot.reading.tokens import Token, tokens_of
from bot.words import Language

ALONE = ("test", "run", "track", "system")  # what a line can name without a command


@dataclass(frozen=True, slots=True)
class Line:
    """A line with who says it and what can be named.

    Attributes:
        text: As it was typed.
        language: Of who typed it.
        known: What can be named.
        tokens: Its words.
    """

    text: str
    language: Language
    known: Known
    tokens: tuple[Token, ...]

    def rest(self, used: Sequence[Token] = ()) -> Rest:
        """Returns the words beside those of a command."""
        left = [token for token in self.tokens if token not in used]
        return Rest(self.text, self.language, left, self.known)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A command that a line may mean; `rank` is higher the more of the line it explains."""

    reading: Reading
    rank: tuple[int, ...]


def read(text: str, language: Language, known: Known, *, is_in_thread: bool = False) -> Reading:
    """Returns what a line comes to.

    Args:
        text: As it was typed, in any language; the chat's own escapes are decoded.
        language: Of who typed it.
        known: What can be named.
        is_in_thread: Whether it stands below the card of a run, which need not be named then.
    """
    line = Line(text, language, known, tuple(tokens_of(text)))
    if not line.tokens:
        return Reading(Wish("help"))
    tail = tail_of(text, line.tokens, is_in_thread=is_in_thread)
    if tail is not None:
        wish, is_certain = tail
        return _as_asked(line, wish) if is_certain else offering([wish])
    document = document_in(text)
    if document:
        return Reading(Wish("validate", {"document": document}))
    candidates = list(_candidates(line))
    best = max(candidates, key=lambda candidate: candidate.rank).reading if candidates else None
    if best is not None and (best.wish or best.offers):
        return best
    # a line that lacks something is no command; one that cannot be is answered with why
    if best is not None and best.key != "said.lacks":
        return best
    return (_near(line) if best is None else None) or _named_alone(line) or best or Reading()


def _as_asked(line: Line, wish: Wish) -> Reading:
    return filled(wish, line.rest(line.tokens), [])


def _candidates(line: Line) -> Iterator[Candidate]:
    for phrase in phrases():
        used = _words_of(phrase, line.tokens)
        if used is None:
            continue
        denials = denied_in(phrase, line.language)
        is_denied = any(token.plain in denials for token in line.tokens if token not in used)
        if not (is_denied and VERBS[phrase.verb].changes):
            yield _candidate(line, phrase, used)
    yield from _asked_how(line)


def _candidate(line: Line, phrase: Phrase, used: Sequence[Token]) -> Candidate:
    """Returns what a command makes of the words beside its phrase."""
    command = VERBS[phrase.verb]
    rest = line.rest(used)
    args = _args_in(phrase.verb, rest)
    small = words_in("words.filler") | words_in("words.noun") | denied_in(phrase, line.language)
    unread = [word for word in rest.words if word.plain not in small]
    reading = filled(Wish(phrase.verb, args), rest, unread)
    is_certain = not (unread and command.changes) or line.known.is_blind
    if reading.wish is not None and (phrase.is_hint or not is_certain):
        reading = offering([reading.wish])
    is_whole = reading.wish is not None and not unread
    # where no command explains all of a line, one that only reads is the safer guess
    is_safer = not (is_whole or command.changes)
    # a word of two languages means what the one who speaks says
    is_own = line.language in phrase.languages
    rank = (is_whole, not unread, is_safer, len(used), len(args), is_own, -used[0].start)
    return Candidate(reading, tuple(map(int, rank)))


def _args_in(verb: str, rest: Rest) -> dict[str, str]:
    """Returns what follows a command: what was named, then what is known by its kind."""
    command = VERBS[verb]
    args: dict[str, str] = {}
    for token in list(rest.words):
        key, value = token.named or ("", "")
        name = command.named(key) if key else None
        if name is None:
            continue
        rest.take([token])
        inner = Rest(value, rest.language, tokens_of(value), rest.known)
        finder = FINDERS.get(name)
        found = finder(inner) if finder and not rest.known.is_blind else value
        rest.options |= inner.options
        rest.misfits |= inner.misfits if found else {name: value}
        args[name] = found
    for name in command.finds:
        value = FINDERS[name](rest) if name in FINDERS and name not in args else ""
        if value:
            args[name] = value
    return args


def _words_of(phrase: Phrase, tokens: Sequence[Token]) -> list[Token] | None:
    """Returns the words that a phrase has in a line, in its order; None where it lacks one."""
    used: list[Token] = []
    left = iter(token for token in tokens if not token.is_quoted)
    with_past = not VERBS[phrase.verb].changes
    for word in phrase.words:
        token = next(
            (token for token in left if is_form(token.plain, word, with_past=with_past)), None
        )
        if token is None:
            return None
        used.append(token)
    return used


def _asked_how(line: Line) -> Iterator[Candidate]:
    """Yields help about the command of which somebody asks how it is done."""
    small = words_in("words.filler")
    first = next((token.plain for token in line.tokens if token.plain not in small), "")
    if first in words_in("words.how"):
        about = FINDERS["about"](line.rest())
        if about:
            yield Candidate(Reading(Wish("help", {"about": about})), (0, 2))


def _near(line: Line) -> Reading | None:
    """Returns the commands with a word that is near to one of a line.

    One that only reads is carried out where no other is as near; all others are offered.
    """
    small = words_in("words.filler")
    singles = [phrase for phrase in phrases() if len(phrase.words) == 1 and not phrase.is_hint]
    for token in line.tokens:
        if token.is_quoted or token.plain in small:
            continue
        near = [
            _candidate(line, phrase, [token])
            for phrase in singles
            if is_near(token.plain, phrase.words[0])
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


def _named_alone(line: Line) -> Reading | None:
    """Returns what can be done with what a line names, where it names no command."""
    if any(token.plain in negations(frozenset({line.language})) for token in line.tokens):
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
