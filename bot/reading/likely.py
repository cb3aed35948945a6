"""What a line is likely to mean beside what its words say: ranked by its likeness to known lines,
filled in with what it names, and offered.  Pure.

What changes something is never carried out for its likeness alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.grammar import VERBS, Wish
from bot.reading.filling import MOST_OFFERS, Reading, filled, offering
from bot.reading.intents import NOTHING, Guess
from bot.reading.line import Line, args_in
from bot.reading.masking import masked

SURE = 0.5  # of all that speaks for any command: so much outweighs what its words say
CLEAR = 0.15  # more than for the next: so much is carried out, where it only reads
FEW_SAY = ("admin", "announce")  # for few people, who know their words


def weighed(line: Line, reading: Reading, *, is_whole: bool) -> Reading:
    """Returns a reading with what is likely beside it: carried out where both agree, else offered.

    Args:
        line: As it was typed.
        reading: What its words say.
        is_whole: Whether they say all of it.
    """
    guesses = line.rank(masked(line.text, line.tokens, line.known))
    if not guesses or line.known.is_blind:
        return reading
    if reading.wish is not None:
        return _beside_wish(line, reading.wish, guesses, is_whole=is_whole)
    likely = _likely(line, guesses)
    if not reading.offers:
        if likely and _is_clear(guesses) and not VERBS[likely[0].verb].changes and reading.key == "said.no_sense":
            return Reading(likely[0])
        return offering(likely, reading.key, **reading.params) if likely and guesses[0].verb != NOTHING else reading
    return offering([*reading.offers[:2], *likely], reading.key, **reading.params)


def _beside_wish(line: Line, wish: Wish, guesses: Sequence[Guess], *, is_whole: bool) -> Reading:
    first = guesses[0]
    if first.verb == wish.verb or is_whole:
        return Reading(wish)
    if first.verb == NOTHING:
        return offering([wish]) if _is_clear(guesses) else Reading(wish)
    if not _is_clear(guesses):
        return Reading(wish)
    return offering([wish, *_likely(line, guesses)])


def _is_clear(guesses: Sequence[Guess]) -> bool:
    return len(guesses) == 1 or guesses[0].share - guesses[1].share >= CLEAR


def _likely(line: Line, guesses: Sequence[Guess]) -> list[Wish]:
    """Returns the likeliest commands, each filled in with what the line names."""
    verbs = [guess.verb for guess in guesses if guess.verb not in (NOTHING, *FEW_SAY)]
    return [wish for verb in verbs[:MOST_OFFERS] for wish in _filled(line, verb)[:1]]


def _filled(line: Line, verb: str) -> Sequence[Wish]:
    rest = line.rest()
    args = args_in(verb, rest)
    reading = filled(Wish(verb, args), rest, [])
    return [reading.wish] if reading.wish else reading.offers or [Wish(verb, args)]
