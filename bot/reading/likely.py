"""What a line is likely to mean beside what its words say: ranked by what was learned from known
lines, filled in with what it names, and offered.  Pure.

What changes something is never carried out for being likely alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.grammar import VERBS, Wish
from bot.reading.filling import MOST_OFFERS, Reading, filled, offering
from bot.reading.intents import NOTHING, Guess, words_of
from bot.reading.kinds import FINDERS
from bot.reading.line import Line, args_in
from bot.reading.masking import masked
from bot.reading.phrases import words_in
from bot.reading.tokens import tokens_of

# how likely a command is at least, by lines of people who had not seen the bot
SURE = 0.6  # where words say nothing, it is answered if it only reads
SURER = 0.8  # where words only hint at something, or seem to say another question
TALK = 0.8  # that nothing is asked for: nothing is offered then
UNLIKELY = 0.05  # what words seem to say, and is asked back
LEAST = 0.01  # what is less likely is not offered
SENTENCES = re.compile(r"[;\n]+|[.!?…]+(?=\s)")
KINDS = ("test", "planned", "run")  # what tells which commands can be meant
TERM = re.compile(r"\w[A-Z0-9]")
FEW_SAY = ("admin", "announce")  # for few people: offered only where nothing is likelier
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
    guesses = _fitting(line, _guesses(line))
    if not guesses:
        return reading
    if reading.wish is not None:
        return _beside_wish(line, reading.wish, guesses, is_whole=is_whole)
    likely = _likely(line, guesses)
    if not likely or (guesses[0].verb == NOTHING and guesses[0].share >= TALK):
        return reading
    verb = likely[0].verb
    is_read = verb == guesses[0].verb and not VERBS[verb].changes and _is_complete(likely[0])
    is_read = is_read and not _misfits(line)
    if is_read and not is_told and guesses[0].share >= (SURER if reading.offers else SURE):
        return Reading(likely[0])
    return offering(_woven(reading.offers, likely), reading.key, **reading.params)


def _misfits(line: Line) -> bool:
    """Tells whether a line names a test that is not there: what is near it is offered."""
    rest = line.rest()
    FINDERS["test"](rest)
    return bool(rest.misfits)


def _fitting(line: Line, guesses: Sequence[Guess]) -> Sequence[Guess]:
    """Returns the guesses that have a use for what a line names for sure: a run is neither begun
    nor counted, a test is run or explained.  Where none has, all of them are.
    """
    rest = line.rest()
    named = {kind for kind in KINDS if FINDERS[kind](rest) and kind not in rest.options}
    fitting = [
        guess for guess in guesses if guess.verb == NOTHING or named <= {*_taken_by(guess.verb)}
    ]
    return fitting if any(guess.verb != NOTHING for guess in fitting) else guesses


def _taken_by(verb: str) -> Sequence[str]:
    return (*VERBS[verb].takes, *VERBS[verb].also)


def _guesses(line: Line) -> Sequence[Guess]:
    """Returns what a line may mean: as a whole, or the sentence of it that means something most
    surely, since a wish may stand behind a story.
    """
    texts = [line.text, *(part for part in SENTENCES.split(line.text) if part.strip())]
    ranked = [_ranked(line, text) for text in (texts if len(texts) > 2 else texts[:1])]
    meant = [guesses for guesses in ranked if guesses and guesses[0].verb != NOTHING]
    return max(meant, key=_first_share, default=ranked[0])


def _ranked(line: Line, text: str) -> Sequence[Guess]:
    tokens = line.tokens if text is line.text else tokens_of(text)
    return line.rank(masked(text, tokens, line.known))


def _first_share(guesses: Sequence[Guess]) -> float:
    return guesses[0].share


def _beside_wish(line: Line, wish: Wish, guesses: Sequence[Guess], *, is_whole: bool) -> Reading:
    helped = _helped(line, wish)
    if helped:
        return offering([*helped, wish])
    first = guesses[0]
    share = next((guess.share for guess in guesses if guess.verb == wish.verb), 0.0)
    # below a card it is clear what is spoken of
    is_sure = is_whole or bool(wish.args) or line.is_in_thread or share >= SURE
    if wish.verb == first.verb:
        return Reading(wish) if is_sure or VERBS[wish.verb].changes else offering([wish])
    is_written = VERBS[wish.verb].changes or VERBS[wish.verb].is_said_in(line.tokens[0].text)
    is_outweighed = not is_written and first.share >= SURER and first.verb != NOTHING
    if (is_whole and not is_outweighed) or (wish.args and share >= UNLIKELY):
        return Reading(wish)
    if first.verb == NOTHING:
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
