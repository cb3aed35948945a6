"""The bot's commands as data, and what somebody wants of it.

Pure.  The manifest, the help and the reader are all made of COMMANDS and its words in the
catalogues, so none of them says anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from bot.words import LANGUAGES, Language, forms, plain


@cache
def names_of(name: str) -> frozenset[str]:
    """Returns the words of all languages, without accents, for what follows a command."""
    words = [word for language in LANGUAGES for word in forms(f"name.{name}", language)]
    return frozenset({name, *map(plain, words)})


@dataclass(frozen=True, slots=True)
class Command:
    """A verb and the names of what follows it.

    Its words in each language are `word.VERB` in the catalogue, the names `name.NAME`.

    Attributes:
        verb: Its name in the code.
        takes: What follows it, as it is written.
        needed: How many of those must be there.
        also: What it takes beside, in the place of another.
        tail: The one that is a person's own words, kept to the letter.
        changes: Whether it changes something, and so is never guessed.
    """

    verb: str
    takes: tuple[str, ...] = ()
    needed: int = 0
    also: tuple[str, ...] = ()
    tail: str = ""
    changes: bool = False

    @property
    def finds(self) -> tuple[str, ...]:
        """What is looked for in a line, what can be known most surely first."""
        return tuple(sorted((*self.takes, *self.also), key=SUREST.index))

    def words(self, language: Language) -> list[str]:
        """Returns the words for it in a language; the first is the one that is written."""
        return forms(f"word.{self.verb}", language)

    def is_said_in(self, text: str) -> bool:
        """Tells whether one of its words stands in a text, in any language."""
        said = set(plain(text).split())
        return any(plain(word) in said for language in LANGUAGES for word in self.words(language))

    def named(self, word: str) -> str | None:
        """Returns which of what follows it has a name in some language; None for none."""
        return next(
            (name for name in (*self.takes, *self.also) if plain(word) in names_of(name)), None
        )

    def usage(self, language: Language = "en") -> str:
        """Returns how it is written in a language, what can be left out in brackets."""
        names = [forms(f"name.{name}", language)[0].upper() for name in self.takes]
        optional = [f"[{name}]" for name in names[self.needed :]]
        return " ".join([self.words(language)[0], *names[: self.needed], *optional])


# a number is also an hour, and any word may be a name: those come last
SUREST = (
    "test", "planned", "run", "base", "language", "part", "about", "track", "system", "which",
    "verdict", "team", "hour", "number", "code", "word", "name", "comment", "text", "document",
    "seen",
)  # fmt: skip
COMMANDS = (
    Command("help", ("about",)),
    Command("link", ("code",), 1, changes=True),
    Command("register", ("name", "base"), 2, changes=True),
    Command("systems"),
    Command("tracks", ("track",)),
    Command("run", ("track", "system"), also=("test",), changes=True),
    Command("rerun", ("run", "which"), changes=True),
    Command("status", ("run",), also=("system", "planned")),
    Command("finish", ("run",), also=("planned",), changes=True),
    Command("cancel", ("run",), also=("planned",), changes=True),
    Command("explain", ("test", "run")),
    Command("report", ("run",)),
    Command("matrix", ("track",)),
    Command("todo", ("system",)),
    Command("partners", ("system",)),
    Command("validate", ("document",)),
    Command("define", ("word",), 1),
    Command("instances", ("planned",), also=("team",)),
    Command("begin", ("planned",), 1, also=("team", "system"), changes=True),
    Command("invite", ("team", "planned"), 2, also=("system",), changes=True),
    Command("accept", ("planned",), also=("team", "run"), changes=True),
    Command("decline", ("planned",), also=("team", "run"), changes=True),
    Command("agenda"),
    Command("remind", ("number",), changes=True),
    Command("unremind", changes=True),
    Command("news"),
    Command("digest"),
    Command("ask", ("run", "comment"), also=("planned",), tail="comment", changes=True),
    Command("contest", ("run", "comment"), also=("planned",), tail="comment", changes=True),
    Command("queue"),
    Command("claim", ("run",), also=("planned",), changes=True),
    Command("verify", ("run", "comment"), also=("planned", "seen"), tail="comment", changes=True),
    Command("return", ("run", "comment"), also=("planned",), tail="comment", changes=True),
    Command("subscribe", ("track", "verdict", "team", "hour"), changes=True),
    Command("subscriptions"),
    Command("unsubscribe", ("number",), 1, changes=True),
    Command("mention", changes=True),
    Command("unmention", changes=True),
    Command("lesson", ("number",)),
    Command("grade", ("team",)),
    Command("announce", ("text",), 1, tail="text", changes=True),
    Command("admin", ("part",), changes=True),
    Command("language", ("language",), 1, changes=True),
)
VERBS = {command.verb: command for command in COMMANDS}


@dataclass(frozen=True, slots=True)
class Wish:
    """A command with what follows it by name."""

    verb: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was said.

    Attributes:
        channel: The one in which it was said.
        thread: The message whose thread it belongs to.
        run: What that is about.
        asker: The person as the chat addresses them, who is answered alone.
        back: An address that takes a private answer for a while, where the chat gives one.
        is_alone: Whether nobody else reads there.
    """

    channel: str
    thread: str = ""
    run: str = ""
    asker: str = ""
    back: str = ""
    is_alone: bool = False


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


def line_of(verb: str, args: Mapping[str, str], language: Language) -> str:
    """Returns a command as a line of text, which the reader takes as the same.

    Args:
        verb: One of VERBS.
        args: What follows, by name; quoted where it has blanks.
        language: The one in which the words are written.
    """
    command = VERBS[verb]
    # a person's own words stand last, whatever is named before them
    heads = [name for name in (*command.takes, *command.also) if name != command.tail]
    names = [(name, args[name]) for name in (*heads, command.tail) if args.get(name)]
    is_in_order = [name for name, _ in names] == list(command.takes[: len(names)])
    words = [command.words(language)[0]]
    for name, value in names:
        # a person's own words need no quotes
        text = value if name == command.tail else _quoted(value)
        words.append(text if is_in_order or name == command.tail else f"{name}={text}")
    return " ".join(words)


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value
