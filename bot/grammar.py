"""The bot's commands, and the parser that turns a line of text into an intent.

Pure.  The manifest, the help and the parser are all made of COMMANDS and its words in the
catalogues, so none of them says anything else.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from bot.words import LANGUAGES, Language, plain, say


def names_of(name: str) -> frozenset[str]:
    """Returns the words of all languages, without accents, for what follows a command."""
    return frozenset({name, *(plain(say(f"name.{name}", language)) for language in LANGUAGES)})


@dataclass(frozen=True, slots=True)
class Command:
    """A verb and the names of what follows it, of which the first `needed` must be there.

    Its words in each language are `word.VERB` in the catalogue, the names `name.NAME`.
    """

    verb: str
    takes: tuple[str, ...] = ()
    needed: int = 0

    def words(self, language: Language) -> list[str]:
        """Returns the words for it in a language; the first is the one that is written."""
        return [word.strip() for word in say(f"word.{self.verb}", language).split(",")]

    def means(self, word: str) -> bool:
        """Tells whether it has this word in some language."""
        return any(plain(word) in map(plain, self.words(language)) for language in LANGUAGES)

    def usage(self, language: Language = "en") -> str:
        """Returns how it is written in a language, what can be left out in brackets."""
        names = [say(f"name.{name}", language).upper() for name in self.takes]
        optional = [f"[{name}]" for name in names[self.needed :]]
        return " ".join([self.words(language)[0], *names[: self.needed], *optional])


COMMANDS = (
    Command("help", ("about",)),
    Command("link", ("code",), 1),
    Command("register", ("name", "base"), 2),
    Command("systems"),
    Command("tracks", ("track",)),
    Command("run", ("track", "system")),
    Command("rerun", ("run", "which")),
    Command("status", ("run",)),
    Command("cancel", ("run",)),
    Command("explain", ("test", "run"), 1),
    Command("report", ("run",)),
    Command("matrix", ("track",)),
    Command("ask", ("run", "comment")),
    Command("queue"),
    Command("claim", ("run",)),
    Command("verify", ("run", "comment")),
    Command("return", ("run", "comment")),
    Command("subscribe", ("track", "verdict", "team", "hour")),
    Command("subscriptions"),
    Command("unsubscribe", ("number",), 1),
    Command("lesson", ("number",)),
    Command("grade", ("team",)),
    Command("announce", ("text",), 1),
    Command("admin", ("part",)),
    Command("language", ("language",), 1),
)
VERBS = {command.verb: command for command in COMMANDS}


def words_of(language: Language) -> dict[str, Command]:
    """Returns the commands by every word for them; where two languages mean different commands by
    a word, that of `language` counts, then the English one.
    """
    # a later word replaces an earlier one, and LANGUAGES begins with English
    last_wins = [*reversed(LANGUAGES), language]
    return {
        word: command
        for spoken in last_wins
        for command in COMMANDS
        for word in command.words(spoken)
    }


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was said: a channel and the message whose thread it belongs to; `run` is what
    that is about.
    """

    channel: str
    thread: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """What somebody wants: the same from a command, a mention, a button, the command line or a
    test.

    Attributes:
        actor: The person, as the chat names them.
        place: Where it was said.
        verb: One of VERBS.
        args: What follows the verb, by name.
        language: Of the answer.
        key: The same for two deliveries of one message, so that it is carried out once.
    """

    actor: str
    place: Place
    verb: str
    args: Mapping[str, str] = field(default_factory=dict)
    language: Language = "en"
    key: str = ""


class Misunderstood(Exception):
    """Words that are no command.

    Args:
        key: The sentence that says what would be one.
        command: The one that was meant, where that is known.
        lacking: The name of what it still needs.
        params: What else fills the sentence.
    """

    def __init__(
        self, key: str, *, command: Command | None = None, lacking: str = "", **params: str
    ) -> None:
        super().__init__(key)
        self.key = key
        self.params = params
        self._command = command
        self._lacking = lacking

    def params_in(self, language: Language) -> dict[str, str]:
        """Returns what fills the sentence, with the words of a language."""
        params = dict(self.params)
        if self._command is not None:
            params["usage"] = self._command.usage(language)
        if self._lacking:
            params["name"] = say(f"name.{self._lacking}", language)
        return params


def parse(text: str, language: Language = "en") -> tuple[str, dict[str, str]]:
    """Returns the verb, and what follows it by name.

    What follows is in order, or as name=value; the last name takes all that is left, so that a
    comment needs no quotes.

    Args:
        text: The words, of any language; capitals and accents make no difference.
        language: The one of who says it.

    Raises:
        Misunderstood: The words are no command; it names the nearest right word, or what lacks.
    """
    words = _split(text)
    if not words:
        return "help", {}
    known = words_of(language)
    command = {plain(word): command for word, command in known.items()}.get(plain(words[0]))
    if command is None:
        near = get_close_matches(words[0].casefold(), known, n=1, cutoff=0.5)
        raise Misunderstood("said.no_command", word=words[0], near=near[0] if near else "help")
    args = _args_of(command, words[1:])
    lacking = [name for name in command.takes[: command.needed] if not args.get(name)]
    if lacking:
        raise Misunderstood("said.lacks", command=command, lacking=lacking[0])
    return command.verb, args


def _args_of(command: Command, words: Sequence[str]) -> dict[str, str]:
    """Returns what follows a command by name; raises Misunderstood for too much."""
    args: dict[str, str] = {}
    names = {word: name for name in command.takes for word in names_of(name)}
    for word in words:
        key, equals, value = word.partition("=")
        if equals and plain(key) in names:
            args[names[plain(key)]] = value
            continue
        # the last name takes all that is left: a comment needs no quotes
        free = next((name for name in command.takes if name not in args), None)
        if free is None and not command.takes:
            raise Misunderstood("said.too_much", word=word, command=command)
        last = free or command.takes[-1]
        args[last] = f"{args[last]} {word}" if last in args else word
    return args


def line_of(verb: str, args: Mapping[str, str], language: Language) -> str:
    """Returns a command as a line of text, for chats without buttons; `parse` reads it as the same.

    Args:
        verb: One of VERBS.
        args: What follows, by name; quoted where it has blanks.
        language: The one in which the words are written.
    """
    command = VERBS[verb]
    names = [(name, args[name]) for name in command.takes if args.get(name)]
    is_in_order = [name for name, _ in names] == list(command.takes[: len(names)])
    words = [value if is_in_order else f"{name}={value}" for name, value in names]
    return " ".join([command.words(language)[0], *(shlex.quote(word) for word in words)])


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote that nobody closed
        return text.split()
