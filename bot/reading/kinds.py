"""What follows a command, known by its kind and not by its place: a test number, a run, a system, a
track, an address.  Pure.

Each kind looks for itself among the words that are left and takes those that it knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from bot.grammar import names_of
from bot.reading.dictated import is_spelled_out, numerals, planned_as_typed, test_as_typed
from bot.reading.glossary import asked_of, term_of, terms_by_word
from bot.reading.intents import words_of
from bot.reading.known import Known, name_words
from bot.reading.phrases import is_form, listed, phrases, stems, words_in
from bot.reading.titles import tests_titled
from bot.reading.tokens import Token, tokens_of
from bot.words import LANGUAGES, Language, forms, language_called, plain, say

# as the sandbox spells ids: without letters that are read aloud wrongly
RUN = re.compile(r"[0-9a-hjkmnp-tv-z]{12}")
RUN_PAGE = re.compile(rf"https?://\S+/runs/({RUN.pattern})(?:[/?#]\S*)?")
ADDRESS = re.compile(r"\w+://\S+", re.IGNORECASE)
BARE_ADDRESS = re.compile(r"(?:[\w-]+\.)+[\w-]+(?::\d+)?(?:/\S*)?|[\w.-]+:\d+(?:/\S*)?")
NAME = re.compile(r"[^\W_][\w .-]*")
SERIES = re.compile(
    r"\b([a-z]{3,5})[-–_ .#]?\d{1,3}((?:\s*(?:,|/|\+|&|\by\b|\be\b|\band\b)\s*\d{1,3}\b)+)", re.I
)
CLOCK = re.compile(r"(\d{1,2})(?:[:h](?:00)?)?(am|pm)?")
NOON = 12
SECRET = re.compile(r"\S{8,}")
PLANNED = re.compile(r"\d{1,2}(?:[.\-]\d{1,2}){1,2}")
LONGEST_NAME = 8  # words
VERDICTS = ("pass", "warn", "fail", "skip", "inconclusive", "error")
PARTS = ("outbox", "retry", "people", "audit")


@dataclass(slots=True)
class Rest:
    """The words of a line that no argument has taken yet.

    Attributes:
        text: The whole line.
        language: Of who wrote it.
        words: What is left of it.
        known: What can be named.
        options: Of arguments that several values would fit, by name: those.
        misfits: What was named and does not exist, by the name of the argument.
    """

    text: str
    language: Language
    words: list[Token]
    known: Known
    options: dict[str, list[str]] = field(default_factory=dict)
    misfits: dict[str, str] = field(default_factory=dict)

    def take(self, tokens: Sequence[Token]) -> None:
        """Takes words away."""
        self.words = [word for word in self.words if word not in tokens]

    def spans(self) -> Iterator[list[Token]]:
        """Yields neighbours among the words that are left, the longest first."""
        for length in range(min(LONGEST_NAME, len(self.words)), 0, -1):
            for start in range(len(self.words) - length + 1):
                yield self.words[start : start + length]


Find = Callable[[Rest], str]


def find_test(rest: Rest) -> str:
    """Returns the tests that are named by their numbers, with a dash or without, or dictated."""
    numbers = _more_tests(rest)
    for span in list(rest.spans()):
        typed = "".join(word.text for word in span) if len(span) <= 2 else ""
        known = rest.known
        number = known.test_numbered(typed) or known.test_numbered(test_as_typed(span, rest.text))
        if number and all(word in rest.words for word in span):
            # by the names of its letters it is near, and not certain
            if is_spelled_out(span, rest.text):
                rest.options["test"] = [number]
            rest.take(span)
            numbers.append(number)
    prefixes = {
        number.partition("-")[0] for track in rest.known.tracks.values() for number in track
    }
    for word in rest.words:
        if rest.known.is_number_of(word.text, prefixes):
            rest.misfits["test"] = word.text
    if not numbers and "test" not in rest.misfits:
        numbers = _titled(rest)
    # in the order of the line, which spans of two words have disturbed
    order = plain(rest.text)
    return " ".join(sorted(dict.fromkeys(numbers), key=lambda number: _place(number, order)))


def _titled(rest: Rest) -> list[str]:
    """Returns the test that is told by words of its title, as `options`: not certain."""
    words = [word.plain for word in tokens_of(rest.text)]
    if names_of("test").isdisjoint(words):
        return []
    tracks = [track for track in rest.known.tracks if track in words]
    within = {number for track in tracks for number in rest.known.tracks[track]}
    titles = {
        number: title
        for number, title in rest.known.titles.items()
        if number in within or not within
    }
    said = [word.plain for word in rest.words if word.plain not in tracks]
    numbers = tests_titled(titles, said, least=1 if within else 2)
    if numbers:
        rest.options["test"] = numbers
    return numbers[:1]


def _more_tests(rest: Rest) -> list[str]:
    """Returns the tests of which only digits are said: `RCP-20 and 21`."""
    numbers = []
    for series in SERIES.finditer(rest.text):
        for digits in re.finditer(r"\d+", series[2]):
            number = rest.known.test_numbered(f"{series[1]}{digits[0]}")
            start = series.start(2) + digits.start()
            words = [word for word in rest.words if word.start == start and word.text == digits[0]]
            if number and words:
                rest.take(words)
                numbers.append(number)
    return numbers


def _place(number: str, order: str) -> int:
    letters, _, written = plain(number).partition("-")
    digits = written.lstrip("0")
    match = re.search(rf"{letters}\W?_?0*{digits}\b", order)
    match = match or re.search(rf"\b0*{digits}\b", order)
    return match.start() if match else len(order)


def find_planned(rest: Rest) -> str:
    """Returns the planned test that is named by its number: `2.4`, or `2-4` as some type it."""
    for word in rest.words:
        number = word.plain.replace("-", ".")
        if number in rest.known.planned:
            rest.take([word])
            return number
    for span in rest.spans():
        number = planned_as_typed(span)
        if number in rest.known.planned:
            rest.take(span)
            return number
    for word in rest.words:
        # without an event nothing is planned, and a number with a point is anything
        if PLANNED.fullmatch(word.plain) and rest.known.planned:
            rest.misfits["planned"] = word.text
            rest.take([word])
    return ""


def find_run(rest: Rest) -> str:
    """Returns the run that is named by its id or by the address of its page."""
    return _first(rest, lambda word: run_in(word.plain))


def run_in(word: str) -> str:
    """Returns the id of the run that a word is, or whose page it is the address of."""
    match = RUN_PAGE.fullmatch(word) or RUN.fullmatch(word)
    return match[match.lastindex or 0] if match else ""


def find_system(rest: Rest) -> str:
    """Returns the system that is named."""
    systems = {plain(name): name for name in rest.known.systems}
    return _first(rest, lambda word: systems.get(word.plain, ""))


def find_track(rest: Rest) -> str:
    """Returns the track that is named by its id or a name of any language.

    The beginning of an id is known as `options`: which of them, the command must say.
    """
    ids = {_letters(track): track for track in rest.known.tracks}
    for span in rest.spans():
        whole = name_words(" ".join(word.text for word in span))
        track = ids.get(_letters("".join(word.plain for word in span)), "")
        track = track or rest.known.names.get(whole, "")
        if track:
            rest.take(span)
            return track
    small = words_in("words.filler") if len(rest.words) > 1 else frozenset()
    for word in rest.words:
        # `did` is an auxiliary before it is the beginning of a track
        below = [] if word.plain in small else rest.known.tracks_below(word.text)
        if below:
            rest.take([word])
            rest.options["track"] = below
            return word.plain.rstrip(".*")
    return _track_titled(rest)


def _letters(track: str) -> str:
    """Returns the id of a track as it is said, with any sign between its parts or none."""
    return re.sub(r"[._\-/ ]", "", plain(track))


def _track_titled(rest: Rest) -> str:
    """Returns the only track with a word of the line in its title, as `options`: not certain."""
    small = words_in("words.filler") | words_in("words.noun")
    for word in rest.words:
        tracks = {
            track
            for name, track in rest.known.names.items()
            if word.plain in name or word.plain in plain(track).split(".")
        }
        if len(tracks) == 1 and word.plain not in small:
            rest.take([word])
            rest.options["track"] = sorted(tracks)
            return rest.options["track"][0]
    return ""


def find_verdict(rest: Rest) -> str:
    """Returns the verdict that is named in any language."""
    meanings = {
        word: verdict
        for verdict, language in product(VERDICTS, LANGUAGES)
        for word in (
            verdict,
            plain(say(f"verdict.{verdict}", language)),
            *listed(f"verdict.{verdict}", language),
        )
    }
    known = {stem: verdict for word, verdict in meanings.items() for stem in _stems(word)}
    return _first(
        rest, lambda word: next((known[stem] for stem in _stems(word.plain) if stem in known), "")
    )


def _stems(word: str) -> list[str]:
    return sorted(stems(word, with_past=True), key=len, reverse=True)


def find_which(rest: Rest) -> str:
    """Returns `failed` where only the tests that did not pass are meant."""
    # words of the command may be part of it: `run what failed`
    whole = Rest(rest.text, rest.language, tokens_of(rest.text), rest.known)
    for span in whole.spans():
        if " ".join(word.plain for word in span) in words_in("words.failed"):
            rest.take(span)
            return "failed"
    return "failed" if find_verdict(rest) == "fail" else ""


def find_team(rest: Rest) -> str:
    """Returns the team that is named."""
    teams = {plain(name): name for name in rest.known.teams}
    for span in rest.spans():
        team = teams.get(" ".join(word.plain for word in span), "")
        if team:
            rest.take(span)
            return team
    return ""


def find_hour(rest: Rest) -> str:
    """Returns the hour of a day, as 18, 18:00, 18h or 6pm, or in words."""
    small = words_in("words.filler")
    spoken = {word: hour for word, hour in numerals(rest.language) if word not in small}
    return _first(rest, lambda word: _hour_of(word.plain)) or _first(
        rest, lambda word: _hour_of(spoken.get(word.plain, ""))
    )


def _hour_of(word: str) -> str:
    match = CLOCK.fullmatch(word)
    if match is None or int(match[1]) >= 24:
        return ""
    hour = int(match[1])
    if not match[2]:
        return str(hour)
    # twelve is the first hour of each half
    halved = hour % NOON + (NOON if match[2] == "pm" else 0)
    return str(halved) if 0 < hour <= NOON else ""


def find_number(rest: Rest) -> str:
    """Returns the number that is named, in digits or in words: `half an hour` is 30 minutes."""
    digits = _first(rest, lambda word: word.text if word.text.isdecimal() else "")
    if digits:
        return digits
    spoken = dict(numerals(rest.language))
    for span in rest.spans():
        number = spoken.get(" ".join(word.plain for word in span), "")
        if number:
            rest.take(span)
            return number
    return ""


def find_language(rest: Rest) -> str:
    """Returns the language that is named in any language."""
    called = {word: tag for tag in LANGUAGES for word in words_in(f"language.{tag}")}
    tags = {plain(tag): tag for tag in LANGUAGES}
    named = _first(rest, lambda word: called.get(word.plain, language_called(word.text) or ""))
    # `en` and `es` are words too: by its tag a language is looked for last
    return named or _first(rest, lambda word: tags.get(word.plain, ""))


def find_about(rest: Rest) -> str:
    """Returns the command that is asked about, by any of its words."""
    singles = [
        phrase
        for phrase in phrases()
        if len(phrase.words) == 1 and not phrase.is_hint and phrase.verb != "help"
    ]

    def command_of(word: Token) -> str:
        return next(
            (
                phrase.verb
                for phrase in singles
                if is_form(word.plain, phrase.words[0], with_past=False)
            ),
            "",
        )

    return _first(rest, command_of)


def find_part(rest: Rest) -> str:
    """Returns the part of the administration."""
    called = {word: part for part in PARTS for word in (part, *words_in(f"part.{part}"))}
    return _first(
        rest, lambda word: next((called[stem] for stem in _stems(word.plain) if stem in called), "")
    )


def find_code(rest: Rest) -> str:
    """Returns the code that links a person, to the letter."""

    def code_of(word: Token) -> str:
        raw = rest.text[word.start : word.end].strip("\"'`<>“”«».,;:!?*")
        return raw if SECRET.fullmatch(raw) and plain(raw) not in words_in("words.filler") else ""

    def mixed_code_of(word: Token) -> str:
        code = code_of(word)
        return code if any(map(str.isdecimal, code)) else ""

    # a code has digits among its letters, which words beside it have not
    return _first(rest, mixed_code_of) or _first(rest, code_of)


def find_base(rest: Rest) -> str:
    """Returns the address of a system; one without its scheme is known as `options`."""
    base = _first(rest, lambda word: word.text if ADDRESS.fullmatch(word.text) else "")
    if base:
        scheme, _, place = base.partition("://")
        host = place.partition("/")[0]
        is_good = scheme.casefold() in ("http", "https") and "@" not in host
        if not is_good or host.startswith("169.254."):
            rest.misfits["base"] = f"{scheme}://…" if "@" in host else base
        return base
    bare = _first(rest, lambda word: word.text if BARE_ADDRESS.fullmatch(word.text) else "")
    if bare:
        rest.options["base"] = [f"http://{bare}", f"https://{bare}"]
    return bare


def find_name(rest: Rest) -> str:
    """Returns the name of a system: the words that are left but small ones, or what is quoted.

    Where small words stand between, the name is not certain: it is known as `options`.
    """
    # `alta: registrar laboratorio`: another word of the command is none of the name
    own = {word for word in words_in("heard.register") if " " not in word} | words_of("register")
    small = words_in("words.filler") | words_in("words.noun") | own
    quoted = [word for word in rest.words if word.is_quoted]
    words = quoted[:1] or [word for word in rest.words if word.plain not in small]
    # a system may well be called `ours`, where that is all that is said
    words = words or (rest.words if len(rest.words) == 1 else [])
    if not words:
        return ""
    places = [rest.words.index(word) for word in words]
    between = rest.words[places[0] : places[-1] + 1]
    whole = " ".join(word.text for word in between)
    if not NAME.fullmatch(whole):
        return ""
    if len(between) > len(words):
        rest.options["name"] = [words[-1].text, whole]
    rest.take(between)
    return whole


def find_word(rest: Rest) -> str:
    """Returns the term of the glossary that is asked for, in the language of who asks."""
    known = terms_by_word()
    for span in rest.spans():
        term = term_of(" ".join(word.text for word in span))
        near = [known[name] for name in known if len(span) == 1 and term in name.split()]
        keys = [known[term]] if term in known else near
        if keys:
            rest.take(span)
            return forms(f"term.{keys[0]}", rest.language)[0]
    # what somebody put in quotes is what they ask for, known or not; `what is a …` asks as well
    quoted = _first(rest, lambda word: word.text if word.is_quoted else "")
    asked = quoted or asked_of(rest.text)
    rest.take([word for word in rest.words if not quoted and word.text in asked.split()])
    return asked


FINDERS: dict[str, Find] = {
    "about": find_about,
    "base": find_base,
    "code": find_code,
    "hour": find_hour,
    "language": find_language,
    "name": find_name,
    "number": find_number,
    "part": find_part,
    "planned": find_planned,
    "run": find_run,
    "system": find_system,
    "team": find_team,
    "test": find_test,
    "track": find_track,
    "verdict": find_verdict,
    "which": find_which,
    "word": find_word,
}


def _first(rest: Rest, meaning: Callable[[Token], str]) -> str:
    for word in rest.words:
        value = meaning(word)
        if value:
            rest.take([word])
            return value
    return ""
