"""What can be said to the bot: the commands with their words in three languages, and a line of text
read as an intent.

Pure.  The manifest, the help and the parser are all made of COMMANDS, so none of them says anything
else.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from bot.words import Language

NAMES: dict[str, tuple[str, str]] = {  # what follows a command: its names in Spanish and Portuguese
    "about": ("sobre", "sobre"),
    "base": ("base", "base"),
    "code": ("código", "código"),
    "comment": ("comentario", "comentário"),
    "hour": ("hora", "hora"),
    "language": ("idioma", "idioma"),
    "name": ("nombre", "nome"),
    "number": ("número", "número"),
    "part": ("parte", "parte"),
    "run": ("corrida", "execução"),
    "system": ("sistema", "sistema"),
    "team": ("equipo", "equipe"),
    "test": ("prueba", "teste"),
    "text": ("texto", "texto"),
    "track": ("serie", "trilha"),
    "verdict": ("veredicto", "veredito"),
    "which": ("cuáles", "quais"),
}
ENGLISH = {word: name for name, words in NAMES.items() for word in (name, *words)}


def name_in(name: str, language: Language) -> str:
    """Returns the name of what follows a command in a language."""
    return {"en": name, "es": NAMES[name][0], "pt": NAMES[name][1]}[language]


@dataclass(frozen=True, slots=True)
class Command:
    """A verb, the Spanish and Portuguese words for it, and the names of what follows it.

    The first `needed` of them must be there.
    """

    verb: str
    es: tuple[str, ...]
    pt: tuple[str, ...]
    takes: tuple[str, ...]
    needed: int

    @property
    def words(self) -> frozenset[str]:
        """Returns all words for it."""
        return frozenset({self.verb, *self.es, *self.pt})

    def usage(self, language: Language = "en") -> str:
        """Returns how it is written in a language, what can be left out in brackets."""
        word = {"en": self.verb, "es": self.es[0], "pt": self.pt[0]}[language]
        names = [name_in(name, language).upper() for name in self.takes]
        return " ".join(
            [
                word,
                *(name if place < self.needed else f"[{name}]" for place, name in enumerate(names)),
            ]
        )


COMMANDS = (
    Command("help", ("ayuda",), ("ajuda",), ("about",), 0),
    Command("link", ("vincular", "conectar"), ("vincular", "conectar"), ("code",), 1),
    Command("register", ("registrar",), ("cadastrar",), ("name", "base"), 2),
    Command("systems", ("sistemas",), ("sistemas",), (), 0),
    Command("tracks", ("series",), ("trilhas",), ("track",), 0),
    Command("run", ("correr", "ejecutar"), ("executar", "rodar"), ("track", "system"), 0),
    Command("rerun", ("repetir",), ("repetir",), ("run", "which"), 0),
    Command("status", ("estado",), ("situação",), ("run",), 0),
    Command("cancel", ("cancelar",), ("cancelar",), ("run",), 0),
    Command("explain", ("explicar", "explica"), ("explicar",), ("test", "run"), 1),
    Command("report", ("informe",), ("relatório", "relatorio"), ("run",), 0),
    Command("matrix", ("matriz", "resultados"), ("matriz", "resultados"), ("track",), 0),
    Command("ask", ("pedir",), ("pedir",), ("run", "comment"), 0),
    Command("queue", ("cola",), ("fila",), (), 0),
    Command("claim", ("tomar",), ("assumir",), ("run",), 0),
    Command("verify", ("verificar",), ("verificar",), ("run", "comment"), 0),
    Command("return", ("devolver",), ("devolver",), ("run", "comment"), 0),
    Command("subscribe", ("suscribir",), ("inscrever",), ("track", "verdict", "team", "hour"), 0),
    Command("subscriptions", ("suscripciones",), ("inscrições", "inscricoes"), (), 0),
    Command("unsubscribe", ("desuscribir",), ("desinscrever",), ("number",), 1),
    Command("lesson", ("lección", "leccion"), ("lição", "licao"), ("number",), 0),
    Command("grade", ("notas",), ("notas",), ("team",), 0),
    Command("announce", ("anunciar",), ("anunciar",), ("text",), 1),
    Command("admin", ("administrar",), ("administrar",), ("part",), 0),
    Command("language", ("idioma", "lengua"), ("idioma",), ("language",), 1),
)
WORDS = {word: command for command in COMMANDS for word in sorted(command.words)}


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

    `actor` names the person in the chat, `key` is what makes two deliveries of one wish the same.
    """

    actor: str
    place: Place
    verb: str
    args: Mapping[str, str] = field(default_factory=dict)
    language: Language = "en"
    key: str = ""


class Misunderstood(Exception):
    """Words that are no command; `key` and `params` name the sentence that says what would be one.

    `command` is the one that was meant, `lacking` what it still needs.
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
        found = dict(self.params)
        if self._command is not None:
            found["usage"] = self._command.usage(language)
        if self._lacking:
            found["name"] = name_in(self._lacking, language)
        return found


def parse(text: str) -> tuple[str, dict[str, str]]:
    """Returns the verb and what follows it by name; raises Misunderstood with the nearest right
    word.

    What follows is in order, or as name=value; the last name takes all that is left, so that a
    comment needs no quotes.
    """
    words = _split(text)
    if not words:
        return "help", {}
    command = WORDS.get(words[0].casefold())
    if command is None:
        near = get_close_matches(words[0].casefold(), WORDS, n=1, cutoff=0.5)
        raise Misunderstood("said.no_command", word=words[0], near=near[0] if near else "help")
    found: dict[str, str] = {}
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if equals and ENGLISH.get(name.casefold()) in command.takes:
            found[ENGLISH[name.casefold()]] = value
        else:
            free = next((name for name in command.takes if name not in found), None)
            if free is None and not command.takes:
                raise Misunderstood("said.too_much", word=word, command=command)
            last = free or command.takes[-1]
            found[last] = f"{found[last]} {word}" if last in found else word
    lacking = [name for name in command.takes[: command.needed] if not found.get(name)]
    if lacking:
        raise Misunderstood("said.lacks", command=command, lacking=lacking[0])
    return command.verb, found


def line_of(verb: str, args: Mapping[str, str], language: Language) -> str:
    """Returns the words that say a wish in a language: what `parse` reads as the same, where there
    are no buttons.
    """
    command = WORDS[verb]
    names = [(name, args[name]) for name in command.takes if args.get(name)]
    is_in_order = [name for name, _ in names] == list(command.takes[: len(names)])
    words = [value if is_in_order else f"{name}={value}" for name, value in names]
    return " ".join([command.usage(language).split()[0], *(shlex.quote(word) for word in words)])


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote that nobody closed
        return text.split()
