"""What follows a command, known by its kind and not by its place: a test number, a run, a system, a
track, an address.  Pure.

Each kind looks for itself among the words that are left and takes those that it knows.
"""

from __future__ import annotations

import re
from itertools import product

from bot.reading.dictated import numerals
from bot.reading.glossary import asked_of, term_of, terms_by_word
from bot.reading.intents import words_of
from bot.reading.known import name_words
from bot.reading.phrases import is_form, listed, phrases_in, stems, words_in
from bot.reading.rest import Find, Rest, first_of
from bot.reading.tests_named import PLANNED, find_planned, find_test
from bot.reading.tokens import Token, tokens_of
from bot.words import LANGUAGES, forms, language_called, plain, say

# as the sandbox spells ids: without letters that are read aloud wrongly
RUN = re.compile(r"[0-9a-hjkmnp-tv-z]{12}")
RUN_PAGE = re.compile(rf"https?://\S+/runs/({RUN.pattern})(?:[/?#]\S*)?")
ADDRESS = re.compile(r"\w+://\S+", re.IGNORECASE)
BARE_ADDRESS = re.compile(r"(?:[\w-]+\.)+[\w-]+(?::\d+)?(?:/\S*)?|[\w.-]+:\d+(?:/\S*)?")
NAME = re.compile(r"[^\W_][\w .-]*")
CLOCK = re.compile(r"(\d{1,2})(?:[:h](?:00)?)?(am|pm)?")
NOON = 12
SECRET = re.compile(r"\S{8,}")
SHORT_CODE = re.compile(
    r"(?=\S*\d)(?=\S*[A-Z])[A-Z0-9]+-[A-Z0-9-]+|(?=\S*\d)(?=\S*[A-Z])[A-Z0-9]{5,}"
)
# what a comment is about, and what stands between the two
ABOUT = re.compile(rf"\b{RUN.pattern}\b|\b{PLANNED.pattern}\b")
SEPARATOR = re.compile(r"\s*[:,;]\s+(?=\S{2})|\s+[–—-]+\s+|\s+(?=(?:porque|because|pois|ya que)\b)")
VERDICTS = ("pass", "warn", "fail", "skip", "inconclusive", "error")
PARTS = ("outbox", "retry", "people", "audit")


def find_run(rest: Rest) -> str:
    """Returns the run that is named by its id or by the address of its page."""
    return first_of(rest, lambda word: run_in(word.plain))


def run_in(word: str) -> str:
    """Returns the id of the run that a word is, or whose page it is the address of."""
    match = RUN_PAGE.fullmatch(word) or RUN.fullmatch(word)
    return match[match.lastindex or 0] if match else ""


def find_system(rest: Rest) -> str:
    """Returns the system that is named."""
    systems = {plain(name): name for name in rest.known.systems}
    return first_of(rest, lambda word: systems.get(word.plain, ""))


def find_track(rest: Rest) -> str:
    """Returns the track that is named by its id or a name of any language.

    The beginning of an id is known as `options`: which of them, the command must say.
    """
    ids = {_letters(track): track for track in rest.known.tracks}
    articles = words_in("words.filler")
    for span in rest.spans():
        whole = tuple(word.plain for word in span if word.plain not in articles)
        if any(word.is_quoted for word in span):
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
        tracks = rest.known.tracks_by_word.get(word.plain, frozenset())
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
    return first_of(
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
        said = " ".join(word.plain for word in span)
        team = teams.get(said, "") or teams.get(said.removesuffix("'s"), "")
        if team:
            rest.take(span)
            return team
    return ""


def find_hour(rest: Rest) -> str:
    """Returns the hour of a day, as 18, 18:00, 18h or 6pm, or in words."""
    small = words_in("words.filler")
    spoken = {word: hour for word, hour in numerals(rest.language) if word not in small}
    return first_of(rest, lambda word: _hour_of(word.plain)) or first_of(
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
    digits = first_of(rest, lambda word: word.text if word.text.isdecimal() else "")
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
    named = first_of(rest, lambda word: called.get(word.plain, language_called(word.text) or ""))
    # `en` and `es` are words too: by its tag a language is looked for last
    return named or first_of(rest, lambda word: tags.get(word.plain, ""))


def find_about(rest: Rest) -> str:
    """Returns the command that is asked about, by any of its words."""

    def command_of(word: Token) -> str:
        return next(
            (
                phrase.verb
                for phrase in phrases_in((word.plain,))
                if len(phrase.words) == 1
                and not phrase.is_hint
                and phrase.verb != "help"
                and is_form(word.plain, phrase.words[0], with_past=False)
            ),
            "",
        )

    return first_of(rest, command_of)


def find_part(rest: Rest) -> str:
    """Returns the part of the administration."""
    called = {word: part for part in PARTS for word in (part, *words_in(f"part.{part}"))}
    return first_of(
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

    def short_code_of(word: Token) -> str:
        code = rest.text[word.start : word.end].strip("\"'`<>“”«».,;:!?*")
        return code if SHORT_CODE.fullmatch(code) else ""

    # a code has digits among its letters, which words beside it have not
    return first_of(rest, mixed_code_of) or first_of(rest, short_code_of) or first_of(rest, code_of)


def find_base(rest: Rest) -> str:
    """Returns the address of a system; one without its scheme is known as `options`."""
    base = first_of(rest, lambda word: word.text if ADDRESS.fullmatch(word.text) else "")
    if base:
        scheme, _, place = base.partition("://")
        host = place.partition("/")[0]
        is_good = scheme.casefold() in ("http", "https") and "@" not in host
        if not is_good or host.startswith("169.254."):
            rest.misfits["base"] = f"{scheme}://…" if "@" in host else base
        return base
    bare = first_of(rest, lambda word: word.text if BARE_ADDRESS.fullmatch(word.text) else "")
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
    if any(rest.known.test_numbered(word.text) for word in tokens_of(rest.text)):
        return ""  # what it means that a test fails is in no glossary
    # what somebody put in quotes is what they ask for, known or not; `what is a …` asks as well
    asked = asked_of(rest.text) or first_of(rest, lambda word: word.text if word.is_quoted else "")
    rest.take([word for word in rest.words if word.text in asked.split()])
    return asked


def find_comment(rest: Rest) -> str:
    """Returns what somebody wrote behind what it is about, to the letter: `send X back to them, the
    narrative is missing`.
    """
    named = max((match.end() for match in ABOUT.finditer(rest.text)), default=0)
    behind = SEPARATOR.search(rest.text, named)
    if not named or behind is None:
        return ""
    rest.take([word for word in rest.words if word.start >= behind.end()])
    return rest.text[behind.end() :].strip()


def find_text(rest: Rest) -> str:
    """Returns what is to be told to all: what stands behind a colon, to the letter."""
    _, colon, text = rest.text.partition(": ")
    rest.take([word for word in rest.words if colon and word.start > rest.text.index(": ")])
    return text.strip()


FINDERS: dict[str, Find] = {
    "about": find_about,
    "base": find_base,
    "code": find_code,
    "comment": find_comment,
    "hour": find_hour,
    "language": find_language,
    "name": find_name,
    "number": find_number,
    "part": find_part,
    "planned": find_planned,
    "run": find_run,
    "system": find_system,
    "team": find_team,
    "text": find_text,
    "test": find_test,
    "track": find_track,
    "verdict": find_verdict,
    "which": find_which,
    "word": find_word,
}
