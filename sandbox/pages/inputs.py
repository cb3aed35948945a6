"""Forms of what tests need to know: a field for each declared input, by its kind, with what is
likely in it; and what such a form was filled with.

Fields are named `input.NAME`; what is a document may also come as a file, `file.NAME`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from starlette.requests import Request

from sandbox.api.asking import run_service_of
from sandbox.event.inputs import choices_of
from sandbox.event.systems import HERE, System, all_systems
from sandbox.i18n import Language, has_message, say
from sandbox.pages.patients import patients_like
from sandbox.pages.sharing import patients_of
from sandbox.testbench.inputs import Input, Kind
from sandbox.testbench.tracks import TRACKS, declared_inputs, inputs_of
from sandbox.threads import run_in_threadpool
from sandbox.web.multipart import Form

FIELD = "input."
FILE = "file."
FIND = "find"
"""Names the input for which a form looks for patients, in the place of being sent."""
FOUND = 20
USUAL = ("patient", "document", "certificate")
"""What most people are asked for, and hence first."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field: what stands in it, and what may be chosen, each as value and words.

    Where `is_free` something else may be written, and the choices are proposals.
    """

    name: str
    kind: Kind
    label: str
    value: str
    choices: tuple[tuple[str, str], ...] = ()
    is_free: bool = False
    is_secret: bool = False
    is_sought: bool = False
    """Whether the choices are what was found for the value, which is no id yet."""


@dataclass(frozen=True, slots=True)
class Likely:
    """What a page proposes: patients of the server as id and name, and systems that could be
    partners.
    """

    patients: tuple[tuple[str, str], ...] = ()
    systems: tuple[System, ...] = ()
    sought: str = ""
    """The input for which somebody looks for a patient now: `patients` is what was found."""


async def likely_of(request: Request) -> Likely:
    """Returns what a form may propose: patients of this server, those that somebody looks for if
    they do (`find`), and systems of the event.
    """
    services = request.app.state.services
    systems = tuple(await run_in_threadpool(all_systems, run_service_of(request).store))
    typed = request.state.typed
    sought = typed.get(FIND, "")
    if query := typed.get(f"{FIELD}{sought}", "").strip():
        found = await run_in_threadpool(_found, request, query)
        return Likely(found, systems, sought)
    rows = await run_in_threadpool(patients_of, services)
    # who looks for nobody in particular is shown those that there are
    return Likely(tuple((row["id"], row["name"]) for row in rows), systems, sought)


def _found(request: Request, query: str) -> tuple[tuple[str, str], ...]:
    entries = patients_like(request, query, most=FOUND)
    return tuple((entry.id, f"{entry.title}, {entry.note} ({entry.id})") for entry in entries)


def fields_of(
    names: Iterable[str],
    values: Mapping[str, str],
    language: Language,
    likely: Likely,
) -> list[Field]:
    """Returns the fields of a form, what people are asked for most first.

    Args:
        names: Which inputs.
        values: What stands in them: what somebody typed, else what is registered.
        language: Of the labels.
        likely: What is proposed.
    """
    declared = declared_inputs()
    order = sorted(names, key=lambda name: (name not in USUAL, declared[name].kind, name))
    return [
        Field(
            name,
            declared[name].kind,
            _label(name, language),
            "" if declared[name].is_secret else values.get(name, ""),
            tuple(_choices(name, declared[name], language, likely)),
            is_free=declared[name].kind == "id",
            is_secret=declared[name].is_secret,
            is_sought=name == likely.sought,
        )
        for name in order
    ]


def groups_of(
    tracks: Iterable[str], values: Mapping[str, str], language: Language, likely: Likely
) -> list[tuple[str, list[Field]]]:
    """Returns what lasts of the inputs of tracks, each under the first track that takes it; what
    most people are asked for comes first, under no title.

    Args:
        tracks: Those of a system's actors.
        values: What stands in the fields.
        language: Of the labels.
        likely: What is proposed.
    """
    declared = declared_inputs()
    by_track = {
        track: {name for name in inputs_of(track) if declared[name].kind != "document"}
        for track in tracks
    }
    usual = {name for names in by_track.values() for name in names if name in USUAL}
    seen = set(usual)
    groups = [("", fields_of(usual, values, language, likely))] if usual else []
    for track, names in by_track.items():
        if own := names - seen:
            title = say(f"{TRACKS[track].room}.name", language)
            groups.append((title, fields_of(own, values, language, likely)))
            seen |= own
    return groups


def given_in(form: Form) -> dict[str, str]:
    """Returns the inputs that a form was filled with; a file goes before what was pasted.

    Args:
        form: With or without files.
    """
    pasted = {
        name.removeprefix(FIELD): text
        for name, text in form.fields.items()
        if name.startswith(FIELD) and text.strip()
    }
    files = {
        name.removeprefix(FILE): file.content.decode("utf-8", "replace")
        for name, file in form.files.items()
        if name.startswith(FILE) and file.content
    }
    return pasted | files


def typed_in(fields: Mapping[str, str]) -> dict[str, str]:
    """Returns the inputs of a form as they were typed, to be shown again."""
    return {
        name.removeprefix(FIELD): text for name, text in fields.items() if name.startswith(FIELD)
    }


def said_inputs(names: str, language: Language) -> str:
    """Returns an input as its field is called, or several of which one is enough (`a | b`)."""
    return " / ".join(_label(name, language) for name in names.split(" | "))


def _label(name: str, language: Language) -> str:
    # those that one only affirms have words of their own, without the *yes* that commands take
    key = f"floor.option.{name}"
    words = say(key if has_message(key) else f"testbench.input.{name}", language)
    return words[:1].upper() + words[1:]


def _choices(
    name: str, declared: Input, language: Language, likely: Likely
) -> Iterator[tuple[str, str]]:
    match declared.kind:
        case "yes":
            yield "yes", say("floor.answer.yes", language)
            yield "no", say("floor.answer.no", language)
        case "alias":
            yield HERE, HERE
            for system in likely.systems:
                if _actors_of(name) & set(system.actors):
                    country = f" ({system.country})" if system.country else ""
                    yield system.name, f"{system.name}{country}"
        case "id":
            yield from likely.patients
        case _:
            for choice in choices_of(declared):
                key = f"floor.choice.{name}.{choice}"
                yield choice, say(key, language) if has_message(key) else choice


def _actors_of(input: str) -> set[str]:
    """Returns the actors whose systems an input names, over all tracks."""
    return {peer.actor for track in TRACKS.values() for peer in track.peers if peer.input == input}
