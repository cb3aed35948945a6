"""The commands that a line may mean by their words, each with what it makes of the words beside
them.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.grammar import VERBS, Wish
from bot.reading.courtesy import is_no_order, is_told_as_done
from bot.reading.doubts import denies, is_doubtful
from bot.reading.filling import Reading, filled, offering
from bot.reading.intents import common_words, words_of
from bot.reading.kinds import FINDERS
from bot.reading.line import Line, args_in
from bot.reading.nearness import near_in
from bot.reading.phrases import Phrase, denied_in, is_form, phrases_in, said_in, words_in
from bot.reading.tokens import Token
from bot.words import plain

WATCH = "subscribe"  # what it waits for is often said as a sentence of its own


@dataclass(frozen=True, slots=True)
class Candidate:
    """A command that a line may mean; `rank` is higher the more of the line it explains."""

    reading: Reading
    rank: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every word of the line is understood by it, and it can be carried out."""
        return bool(self.rank[0])


def phrases_of(line: Line) -> tuple[Phrase, ...]:
    """Returns the phrases of commands that may stand in a line."""
    return phrases_in(tuple(token.plain for token in line.tokens))


def candidates_in(line: Line) -> Iterator[Candidate]:
    """Yields the commands that the words of a line may mean; none of what is denied or done."""
    for phrase in phrases_of(line):
        used = words_of_phrase(phrase, line.tokens)
        if used is None or _is_noun(line, phrase, used):
            continue
        denials = denied_in(phrase, line.language)
        is_denied = any(token.plain in denials for token in line.tokens if token not in used)
        is_told = any(is_told_as_done(token) for token in used)
        if not ((is_denied or is_told) and VERBS[phrase.verb].changes):
            yield candidate_of(line, phrase, used)
    yield from _asked_how(line)


def _is_noun(line: Line, phrase: Phrase, used: Sequence[Token]) -> bool:
    """Tells whether all of a line is a noun that only in another form would change something:
    `teste`.
    """
    command = VERBS[phrase.verb]
    is_written = used[0].plain in map(plain, command.words(line.language))
    is_all = len(line.tokens) == len(used) == 1
    is_noun = used[0].plain in said_in("words.noun", line.language)
    return is_all and is_noun and command.changes and not is_written


def candidate_of(line: Line, phrase: Phrase, used: Sequence[Token]) -> Candidate:
    """Returns what a command makes of the words beside its phrase."""
    command = VERBS[phrase.verb]
    rest = line.rest(used)
    args = args_in(phrase.verb, rest)
    small = words_in("words.filler") | words_in("words.noun") | denied_in(phrase, line.language)
    # words that say nothing more beside this command, and much beside others
    small |= words_in(f"beside.{phrase.verb}")
    unread = [word for word in rest.words if word.plain not in small]
    unread = _unread(line, phrase, used, unread)
    reading = filled(Wish(phrase.verb, args), rest, unread)
    is_doubtful = bool(unread) or is_no_order(line.tokens, used[0])
    if command.changes and not is_doubtful:
        is_doubtful = _is_part(line, used, args)
    is_certain = not (is_doubtful and command.changes) or line.known.is_blind
    if reading.wish is not None and (phrase.is_hint or not is_certain):
        reading = offering([reading.wish])
    is_whole = reading.wish is not None and not unread
    # where no command explains all of a line, one that only reads is the safer guess
    is_safer = not (is_whole or command.changes)
    # a word of two languages means what the one who speaks says
    is_own = line.language in phrase.languages
    is_watch = phrase.verb == WATCH and has_word(line, "words.whenever")
    is_watch = is_watch or (phrase.verb == "unsubscribe" and "number" in args)
    is_lacking = reading.key == "said.lacks"
    rank = (
        is_whole,
        not is_lacking,
        not unread,
        is_watch,
        is_safer,
        len(used),
        len(args),
        is_own,
        # `termina` is an order and `terminó` a question, which are forms of one word
        all(token.plain == word for token, word in zip(used, phrase.words, strict=False)),
        -used[0].start,
    )
    return Candidate(reading, tuple(map(int, rank)))


def _unread(line: Line, phrase: Phrase, used: Sequence[Token], words: list[Token]) -> list[Token]:
    """Returns the words beside a command of which nobody knows what they mean there."""
    is_order = VERBS[phrase.verb].changes and not phrase.is_hint
    is_order = is_order and not _says_another(phrase, [t for t in line.tokens if t not in used])
    return [] if words and is_order and _is_talk_beside(line, phrase, words) else words


def _is_talk_beside(line: Line, phrase: Phrase, unread: Sequence[Token]) -> bool:
    """Tells whether the words beside an order, none of which its command takes, are such as people
    say with it or with anything: `go ahead and`, `fazendo favor`; never a condition, a denial, or a
    word that nobody has said so before, as an unknown name is.
    """
    said = common_words() | words_of(phrase.verb)
    names = frozenset({*line.known.tracks_by_word, *map(plain, line.known.systems)})
    return (
        all(word.plain in said and word.plain.isalpha() for word in unread)
        and not any(near_in(word.plain, names) for word in unread)
        and not denies(line.tokens, line.language)
        and not is_doubtful(line.tokens, line.language)
        and [guess.verb for guess in line.guesses[:1]] == [phrase.verb]
    )


def _says_another(phrase: Phrase, words: Sequence[Token]) -> bool:
    """Tells whether words beside a command say another one."""
    said = phrases_in(tuple(word.plain for word in words))
    return any(other.verb != phrase.verb and words_of_phrase(other, words) for other in said)


def _is_part(line: Line, used: Sequence[Token], args: Mapping[str, str]) -> bool:
    """Tells whether a command that names nothing is a word of what hints at another: `try again`
    is no `try`.
    """
    if set(args) - {"system"}:
        return False
    longer = [
        phrase for phrase in phrases_of(line) if phrase.is_hint and len(phrase.words) > len(used)
    ]
    hints = [words_of_phrase(phrase, line.tokens) for phrase in longer]
    return any(set(used) < set(hint) for hint in hints if hint)


def has_word(line: Line, key: str) -> bool:
    """Tells whether a line has one of the words of a key."""
    return any(token.plain in words_in(key) for token in line.tokens)


def words_of_phrase(phrase: Phrase, tokens: Sequence[Token]) -> list[Token] | None:
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
    place = next((place for place, token in enumerate(line.tokens) if token.plain not in small), 0)
    is_polite = place > 0 and line.tokens[place - 1].plain in words_in("words.possible")
    asked = [token.plain for token in line.tokens[place : place + 2]]
    is_how = (
        bool(asked)
        and asked[0] in words_in("words.how")
        and asked[-1] not in words_in("words.amount")
    )
    if is_how and not is_polite:
        about = FINDERS["about"](line.rest())
        if about:
            yield Candidate(Reading(Wish("help", {"about": about})), (0, 2))
