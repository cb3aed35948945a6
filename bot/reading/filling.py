"""Completes a command that was read: one's only own system, which of several tracks, what is near a
word that nobody knows.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.grammar import VERBS, Wish
from bot.reading.kinds import VERDICTS
from bot.reading.known import BUNDLED
from bot.reading.nearness import is_near
from bot.reading.rest import Rest
from bot.reading.tokens import Token
from bot.words import LANGUAGES, forms, say

MOST_OFFERS = 3
INSTEAD = {"team": "system"}  # whoever names a system names its team
SLIPS = 2  # in the name of a system or track, which is longer than a word


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line comes to.

    Attributes:
        wish: What is carried out; None where nothing is certain.
        offers: What may be meant, filled in: at most three.
        key: The sentence that says what was not understood.
        params: What fills it.
    """

    wish: Wish | None = None
    offers: tuple[Wish, ...] = ()
    key: str = "said.no_sense"
    params: Mapping[str, str] = field(default_factory=dict)


def offering(wishes: Sequence[Wish], key: str = "said.near", **params: str) -> Reading:
    """Returns a reading that offers some commands, each once.

    Args:
        wishes: What may be meant, the likeliest first.
        key: The sentence above them.
        params: What fills it.
    """
    different = [wish for place, wish in enumerate(wishes) if wish not in wishes[:place]]
    return Reading(None, tuple(different[:MOST_OFFERS]), key, params)


def filled(wish: Wish, rest: Rest, unread: Sequence[Token]) -> Reading:
    """Returns a command as it can be carried out, or what is offered in its place.

    Args:
        wish: The command, with what was found in the line.
        rest: What the line named, and what is known.
        unread: Words of the line that nobody understands.
    """
    if rest.known.is_blind and wish.verb not in ("help", "link", "language"):
        return Reading(wish)  # the sandbox refuses it in words that say who may
    if rest.misfits:
        return _refused(wish, rest)
    if wish.verb == "run":
        return _run(wish, rest, unread)
    command = VERBS[wish.verb]
    lacking = [
        name
        for name in command.takes[: command.needed]
        if not (wish.args.get(name) or wish.args.get(INSTEAD.get(name, "")))
    ]
    if lacking:
        return _lacking(wish, lacking[0], rest, unread)
    open = [name for name in rest.options if name in ("name", "base") and name in wish.args]
    if open:
        name = open[0]
        return offering(
            [Wish(wish.verb, {**wish.args, name: value}) for value in rest.options[name]]
        )
    if unread and command.changes:
        return offering([wish], "said.unknown_word", word=" ".join(word.text for word in unread))
    return Reading(wish)


def _run(wish: Wish, rest: Rest, unread: Sequence[Token]) -> Reading:
    """Returns a run with its system: the one that is named, else the asker's only one; the form
    asks for what is open.
    """
    known = rest.known
    args = dict(wish.args)
    numbers = args.get("test", "").split()
    tracks = {known.track_of(number) for number in numbers}
    if len(tracks) > 1 or (numbers and args.get("track") not in (None, *tracks)):
        return Reading(key="said.two_tracks", params={"tests": " ".join(numbers)})
    if numbers:
        args.pop("track", None)
    below = rest.options.get("track", [])
    if below:
        args.pop("track")
    systems = [args["system"]] if "system" in args else _systems_near(unread, rest)
    if not systems and not unread:
        systems = list(known.own) if len(known.own) == 1 else []
    named = [track for word in unread for track in _tracks_near(word, rest)]
    tracks_meant = named if named and not (numbers or args.get("track")) else below
    left = [
        word for word in unread if not (_tracks_near(word, rest) or _systems_near([word], rest))
    ]
    own = list(known.own) or [BUNDLED]
    if tracks_meant and len(tracks_meant) <= MOST_OFFERS and not left:
        system = (systems or own)[0]
        return offering([_wish(track, system) for track in tracks_meant])
    if left:
        return _without(left, args, systems or own)
    if unread:
        return offering([Wish("run", args | {"system": system}) for system in systems])
    if len(systems) == 1:
        run = Wish("run", args | {"system": systems[0]})
        return offering([run]) if "test" in rest.options else Reading(run)
    if numbers or args.get("track"):
        choices = [*known.own, BUNDLED]
        return offering(
            [Wish("run", args | {"system": system}) for system in choices], "said.which_system"
        )
    return Reading(Wish("run", args))


def _wish(track: str, system: str) -> Wish:
    return Wish("run", {"track": track, "system": system})


def _tracks_near(word: Token, rest: Rest) -> list[str]:
    return [track for track in rest.known.tracks if is_near(word.plain, track, slips=SLIPS)]


def _systems_near(words: Sequence[Token], rest: Rest) -> list[str]:
    return [
        system
        for word in words
        for system in rest.known.systems
        if is_near(word.plain, system, slips=SLIPS if len(system) > 5 else 1)
    ]


def _without(words: Sequence[Token], args: Mapping[str, str], systems: Sequence[str]) -> Reading:
    """Returns the run that a line asks for but for the words that nobody knows."""
    is_whole = "test" in args or "track" in args
    offers = [Wish("run", {**args, "system": system}) for system in systems if is_whole]
    return offering(offers, "said.unknown_word", word=" ".join(word.text for word in words))


def _refused(wish: Wish, rest: Rest) -> Reading:
    name, value = next(iter(rest.misfits.items()))
    key = "said.bad_address" if name == "base" else "said.bad_value"
    params = {
        "name": forms(f"name.{name}", rest.language)[0],
        "value": value,
        "known": ", ".join(_values_of(name, rest)),
    }
    own = {"system": rest.known.own[0]} if wish.verb == "run" and len(rest.known.own) == 1 else {}
    lettered = rest.known.lettered(rest.misfits.get("test", ""))[:MOST_OFFERS]
    offers = tuple(Wish(wish.verb, {**own, **wish.args, "test": number}) for number in lettered)
    return Reading(None, offers, key, params)


def _values_of(name: str, rest: Rest) -> Sequence[str]:
    """Returns what could have been named."""
    if name == "verdict":
        return [say(f"verdict.{verdict}", rest.language) for verdict in VERDICTS]
    if name == "test":
        return [numbers[0] for numbers in rest.known.tracks.values()]
    if name == "planned":
        # of a track of the event, or of what begins so, what can be meant
        below = [number for number in rest.known.planned if number.startswith(rest.misfits[name])]
        return below or rest.known.planned
    values = {"track": [*rest.known.tracks], "system": rest.known.systems, "team": rest.known.teams}
    return values.get(name, ["0–23"] if name == "hour" else [])


def _lacking(wish: Wish, name: str, rest: Rest, unread: Sequence[Token]) -> Reading:
    """Returns what is said where something is missing, or what was named instead is unknown."""
    if wish.verb == "language" and unread:
        return Reading(
            key="said.no_language",
            params={"word": unread[0].text, "languages": ", ".join(LANGUAGES)},
        )
    command = VERBS[wish.verb]
    params = {
        "usage": command.usage(rest.language),
        "name": forms(f"name.{name}", rest.language)[0],
    }
    return Reading(key="said.lacks", params=params)
