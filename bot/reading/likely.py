"""What a line is likely to mean beside what its words say: ranked by its likeness to known lines,
filled in with what it names, and offered.  Pure.

What changes something is never carried out for its likeness alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.grammar import VERBS, Wish
from bot.reading.filling import MOST_OFFERS, Reading, filled, offering
from bot.reading.intents import NOTHING, Guess, words_of
from bot.reading.kinds import FINDERS
from bot.reading.line import Line, args_in
from bot.reading.phrases import words_in

# how much more speaks for the likeliest command than for the next, by tests/utterances left out:
# from 1.75 on it is right in nine of ten lines
CLEAR = 1.75  # where words say nothing, it is answered if it only reads
CLEARER = 2.5  # where words only hint at something
OUTWEIGHS = 2.0  # where words seem to say all of a question
AS_LIKELY = 1.3  # below it the second is as likely as the first
# likeness below which a line that names nothing is more often talk than a question: by likeness
# alone, and where a word of the command is said
ALIKE = 0.33
ALIKE_SAID = 0.25
LEAST = 0.03  # of all that speaks for any: what has less is not offered
FEW_SAY = ("admin", "announce")  # for few people: offered only where nothing is likelier
KINDS = ("test", "planned", "run")  # what tells which commands can be meant
TERM = re.compile(r"\w[A-Z0-9]")
SAID = frozenset({"test", "track", "run", "planned"})  # what is known for sure where it stands
# what is not understood; every other sentence says why something cannot be, and is the answer
OPEN = ("said.no_sense", "said.near", "said.lacks", "said.unknown_word", "said.which_system")


def weighed(line: Line, reading: Reading, *, is_whole: bool, is_told: bool) -> Reading:
    """Returns a reading with what is likely beside it: carried out where both agree, else offered.

    Args:
        line: As it was typed.
        reading: What its words say.
        is_whole: Whether they say all of it.
        is_told: Whether they tell what was done, or what shall not be, and so ask for nothing.
    """
    if line.known.is_blind or reading.key not in OPEN:
        return reading
    guesses = _fitting(line, line.guesses)
    if not guesses:
        return reading
    if reading.wish is not None:
        return _beside_wish(line, reading.wish, guesses, is_whole=is_whole)
    likely = _likely(line, guesses)
    if not likely or guesses[0].verb == NOTHING:
        return reading
    verb = likely[0].verb
    is_read = verb == guesses[0].verb and not VERBS[verb].changes and _is_complete(likely[0])
    is_read = is_read and not _misfits(line)
    ratio = CLEARER if reading.offers else CLEAR
    is_alike = bool(likely[0].args) or _is_alike(line, guesses[0], ALIKE)
    if is_read and is_alike and not is_told and _is_clear(guesses, ratio):
        return Reading(likely[0])
    return offering(_woven(reading.offers, likely), reading.key, **reading.params)


def _misfits(line: Line) -> bool:
    """Tells whether a line names a test that is not there: what is near it is offered."""
    rest = line.rest()
    FINDERS["test"](rest)
    return bool(rest.misfits)


def _is_alike(line: Line, guess: Guess, least: float) -> bool:
    # below a card it is clear what is spoken of
    return line.is_in_thread or guess.likeness >= least


def _fitting(line: Line, guesses: Sequence[Guess]) -> Sequence[Guess]:
    """Returns the guesses that have a use for what a line names for sure: a run is neither begun
    nor counted, a test is run or explained.  Where none has, all of them are.
    """
    rest = line.rest()
    named = {kind for kind in KINDS if FINDERS[kind](rest) and kind not in rest.options}
    fitting = [
        guess
        for guess in guesses
        if guess.verb in (NOTHING, "help") or named <= {*_taken_by(guess.verb)}
    ]
    return fitting if any(guess.verb not in (NOTHING, "help") for guess in fitting) else guesses


def _taken_by(verb: str) -> Sequence[str]:
    return (*VERBS[verb].takes, *VERBS[verb].also)


def _beside_wish(line: Line, wish: Wish, guesses: Sequence[Guess], *, is_whole: bool) -> Reading:
    helped = _helped(line, wish)
    if helped:
        return offering([*helped, wish])
    verbs = [guess.verb for guess in guesses]
    is_second = wish.verb in verbs[:2] and bool(wish.args) and not _is_clear(guesses, AS_LIKELY)
    is_alike = is_whole or bool(wish.args) or _is_alike(line, guesses[0], ALIKE_SAID)
    if wish.verb == verbs[0] and not is_alike and not VERBS[wish.verb].changes:
        return offering([wish])
    if wish.verb == verbs[0] or is_second:
        return Reading(wish)
    is_written = VERBS[wish.verb].changes or VERBS[wish.verb].is_said_in(line.tokens[0].text)
    is_outweighed = not is_written and _is_clear(guesses, OUTWEIGHS) and verbs[0] != NOTHING
    if is_whole and not is_outweighed:
        return Reading(wish)
    if verbs[0] == NOTHING:
        return offering([wish])
    return offering(_woven([wish], _likely(line, guesses)))


def _helped(line: Line, wish: Wish) -> Sequence[Wish]:
    """Returns the command with which somebody wants help, where the line names what it is about:
    `help me run mhd.source`.
    """
    about = wish.args.get("about", "") if wish.verb == "help" else ""
    if not about:
        return []
    return [likely for likely in _filled(line, about) if not SAID.isdisjoint(likely.args)]


def _is_complete(wish: Wish) -> bool:
    command = VERBS[wish.verb]
    return all(wish.args.get(name) for name in command.takes[: command.needed])


def _woven(said: Sequence[Wish], likely: Sequence[Wish]) -> list[Wish]:
    """Returns what words say and what is likely: of each the first first, then the rest."""
    return [*said[:1], *likely[:1], *said[1:2], *likely[1:], *said[2:]]


def _is_clear(guesses: Sequence[Guess], ratio: float) -> bool:
    return len(guesses) == 1 or guesses[0].share >= ratio * guesses[1].share


def _likely(line: Line, guesses: Sequence[Guess]) -> list[Wish]:
    """Returns the likeliest commands, each filled in with what the line names."""
    verbs = [
        guess.verb
        for place, guess in enumerate(guesses)
        if guess.share >= LEAST and guess.verb != NOTHING and not (guess.verb in FEW_SAY and place)
    ]
    return [wish for verb in verbs[:MOST_OFFERS] for wish in _filled(line, verb)[:1]]


def _filled(line: Line, verb: str) -> Sequence[Wish]:
    rest = line.rest()
    args = args_in(verb, rest)
    if verb == "define" and not args:
        small = words_in("words.filler") | words_in("words.noun") | words_of(verb)
        asked = [word.text for word in rest.words if word.plain not in small]
        # a technical term has capitals or digits within: SubmissionSet, ITI-65
        terms = [word for word in asked if TERM.search(word)] or asked[-1:]
        args = {"word": terms[0]} if terms else {}
    reading = filled(Wish(verb, args), rest, [])
    if reading.wish is not None:
        return [reading.wish]
    return reading.offers or ([Wish(verb, args)] if reading.key in OPEN else [])
