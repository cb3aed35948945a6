"""Reads answers without ever failing: whatever a learner hands in, these return what is judged, or
say that it is of another type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sandbox.course.comparing import as_json, compare, one_of, swapped, wrong
from sandbox.course.exercise import Evidence, Reader
from sandbox.course.slips import artefact_of, shape_of, slip_of, whole_of
from sandbox.fhir.json import Json
from sandbox.fhir.references import Literal, parse_reference
from sandbox.findings import Finding

# what a learner writes instead of a word that the task gives in English
TRANSLATED: dict[str, tuple[str, ...]] = {
    "yes": ("si", "sí", "sim"),
    "no": ("não", "nao"),
    "in": ("adentro", "dentro", "sí"),
    "out": ("afuera", "fuera", "fora"),
    "true": ("verdadero", "verdadeiro", "cierto"),
    "false": ("falso",),
    "not checked": ("no comprobado", "no revisado", "não verificado"),
    "error": ("erro",),
    "warning": ("advertencia", "aviso", "advertência"),
    "nothing": ("nada", "ninguno"),
    "accepted": ("aceptado", "aceito", "aceitado"),
    "signature": ("firma", "assinatura"),
    "trust": ("confianza", "confiança"),
    "validity": ("vigencia", "validez", "validade", "vencimiento"),
    "valid": ("válido", "valido"),
    "where": ("donde", "dónde", "onde"),
    "opens": ("abre",),
    "until": ("hasta", "até"),
    "passcode": ("clave", "contraseña", "senha"),
    "both": ("ambos", "los dos", "os dois"),
    "believed": ("confiable", "creída", "confiável"),
    "no connection": ("sin conexión", "sin conexion", "sem conexão"),
}


def as_object(value: Any) -> Json:
    """Returns a JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Returns a list, or an empty one."""
    return value if isinstance(value, list) else []


def at(value: Any, *path: str | int) -> Any:
    """Returns the value at a path of names and indexes, or None."""
    for step in path:
        if isinstance(step, int):
            value = (
                value[step]
                if isinstance(value, list) and -len(value) <= step < len(value)
                else None
            )
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def unpacked(answer: Any) -> Any:
    """Returns what a text of JSON holds, anything else as it is."""
    if not isinstance(answer, str) or answer.lstrip()[:1] not in ("{", "["):
        return answer
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        return wrong("json_broken", found=answer)


def a_resource(type: str) -> Reader:
    """Returns a reader of one resource.

    Args:
        type: Of the resource, or the name of another object; JSON as text is read, too.
    """

    def read(answer: Any) -> Any:
        value = unpacked(answer)
        whole = whole_of(value)
        if isinstance(value, dict) and (whole in ("", "whole_resource") or type == "Bundle"):
            return value if whole != "server_error" else _other(value, type)
        return value if isinstance(value, Finding) else _other(value, type)

    return read


def _other(value: Any, type: str) -> Finding:
    found = at(value, "resourceType") or as_json(value)
    name = artefact_of(value) or whole_of(value) or slip_of(value, {}) or "shape"
    reason = at(value, "issue", 0, "details", "text")
    shapes = {"given": shape_of(value), "wanted": "object"}
    return wrong(name, expected=f"{type} {{…}}", found=reason or found, **shapes)


# the machine itself: the grader judges on another port than the notebook ran on
HERE = re.compile(r"^https?://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?/(?:\S*?/)?(?=[A-Z])")


def below_base(address: str) -> str:
    """Returns an address of the lesson's own server as the path below its base, any other as it
    is.
    """
    return HERE.sub("", address).lstrip("/")


def a_reference(type: str, *, relative: bool = False) -> Reader:
    """Returns a reader of `Type/id`, which may be a Reference or an absolute address of the same
    server.

    Args:
        type: Of the resource that it leads to.
        relative: Whether an absolute address is another thing than what is asked.
    """

    def read(answer: Any) -> Any:
        value = at(answer, "reference") if isinstance(answer, dict) else answer
        name = _slip_of_reference(answer if value is None else value, type)
        if not name and relative and str(value).startswith("http"):
            name = "absolute"
        if not name:
            return below_base(value)
        shapes = {"given": shape_of(answer), "wanted": "text"}
        return wrong(name, expected=f"{type}/…", found=as_json(answer), **shapes)

    return read


def _slip_of_reference(value: Any, type: str) -> str:
    """Returns what is wrong with a value that should be `Type/id` (FHIR R4
    references.html#literal).
    """
    if isinstance(at(value, "id"), str) and not whole_of(value):
        return "id_only"
    if not isinstance(value, str) or value.lstrip().startswith("{"):
        return whole_of(unpacked(value)) or slip_of(value, "") or "shape"
    if value != value.strip():
        return "spaces"
    if "/_history" in value:
        return "version_place"
    if "?" in value:
        return "a_search"
    literal = parse_reference(value)
    if literal:
        if literal.type == type:
            return ""
        is_spelling = literal.type.rstrip("s") == type or literal.type in LOCAL_TYPES
        return "type_spelling" if is_spelling else "other_type"
    if parse_reference(value.strip("/")):
        return "stray_slash"
    if value.partition("/")[0].lower() == type.lower():
        return "type_spelling"
    if value.startswith("urn:"):
        return "temporary_name"
    return "separator" if value.startswith(type) and value != type else "id_only"


# types as their readers would call them
LOCAL_TYPES = {"Paciente", "Observacion", "Documento", "Resource"}


def a_search(type: str) -> Reader:
    """Returns a reader of a search such as `Patient?name=x`, below the server or with its whole
    address.
    """
    start = re.compile(rf"^(?:https?://\S+/|/)?{type}\?")

    def read(answer: Any) -> Any:
        if isinstance(answer, str) and start.match(answer):
            return below_base(answer)
        return not_a_request(answer, f"{type}?…") or wrong(
            "not_a_search", expected=f"{type}?…", found=answer
        )

    return read


def not_a_request(answer: Any, expected: str) -> Finding | None:
    """Says what is wrong with an answer that should be the text of a request, apart from what it
    asks.
    """
    if not isinstance(answer, str):
        return wrong(
            "search_result" if whole_of(answer) else slip_of(answer, "") or "shape",
            expected=expected,
            found=as_json(answer),
            given=shape_of(answer),
            wanted="text",
        )
    if re.match(r"(?i)^(get|post|put)\s", answer):
        return wrong("method_in_front", expected=expected, found=answer)
    return wrong("spaces", expected=expected, found=answer) if answer != answer.strip() else None


def by_name(*names: str, **readers: Reader) -> Reader:
    """Returns a reader of several values, each under its name.

    Args:
        names: Of values that must be there.
        readers: Readers of values that must be there, too.
    """
    wanted = (*names, *readers)

    def read(answer: Any) -> Any:
        value = unpacked(answer)
        if not isinstance(value, dict):
            name = "list_for_names" if isinstance(value, list) else "not_by_name"
            return wrong(name, expected=", ".join(wanted), found=as_json(answer))
        whole = whole_of(value)
        if whole:
            return wrong(whole, expected=", ".join(wanted), found=as_json(answer))
        for name in wanted:
            if value.get(name) in (None, ""):
                # the name is there and None behind it: a function that returns nothing
                slip = "nothing_returned" if value.get(name, "") is None else "missing_name"
                return wrong(slip, where=name, expected=", ".join(wanted), missing=name)
        read_by_name = {name: reader(value[name]) for name, reader in readers.items()}
        fault = next((part for part in read_by_name.values() if isinstance(part, Finding)), None)
        return fault or value | read_by_name

    return read


def place(value: Any, resource_type: str = "") -> Literal | None:
    """Returns a literal reference such as `Patient/1` in parts, or None when the answer is anything
    else.
    """
    # a version is another thing than the resource: it never changes
    literal = (
        parse_reference(value) if isinstance(value, str) and "/_history" not in value else None
    )
    if literal is None or (resource_type and literal.type != resource_type):
        return None
    return literal


def leads_to(reference: Any, place: Any, evidence: Evidence) -> bool:
    """Tells whether a reference leads to a place of this server.

    Args:
        reference: Relative or absolute (FHIR R4 references.html#literal).
        place: In the same forms.
        evidence: What the server was asked, and so where it is.
    """
    return relative(reference, evidence) == relative(place, evidence) is not None


def relative(reference: Any, evidence: Evidence) -> str | None:
    """Returns a reference to this server as `Type/id`, or None for any other."""
    literal = parse_reference(below_base(reference)) if isinstance(reference, str) else None
    if literal is None:
        return None
    path = f"{literal.type}/{literal.id}"
    bases = {exchange.url.partition("?")[0] for exchange in evidence.values()}
    is_here = not literal.base or any(url.startswith(f"{literal.base}/") for url in bases)
    return path if is_here else None


def handed_in(evidence: Evidence, name: str) -> Json:
    """Returns the resource that an answer named and the server has, or an empty object."""
    exchange = evidence.get(name)
    return as_object(exchange.json) if exchange and exchange.status == 200 else {}


def not_there(evidence: Evidence, name: str, answer: Any) -> Finding | None:
    """Says that the server does not have what was named."""
    exchange = evidence.get(name)
    if exchange and exchange.status == 200:
        return None
    return wrong("not_there", found=f"{answer}: {exchange.status if exchange else '–'}")


def not_all_there(evidence: Evidence, answer: Mapping[str, Any], *names: str) -> Finding | None:
    """Says which of several things that were named the server does not have."""
    faults = (not_there(evidence, name, answer[name]) for name in names)
    return next(filter(None, faults), None)


def wrong_prediction(
    answer: Any, right: Mapping[str, str], words: Collection[str]
) -> Finding | None:
    """Finds the first wrong prediction.

    Args:
        answer: Predictions by name.
        right: The outcomes by name, in the order in which they are judged.
        words: What may be predicted; capitals make no difference, and `_` stands for a blank.

    Returns:
        A finding under the name of the prediction, or one that says that it is none of the words;
        None where all are right.
    """
    choices = list(dict.fromkeys(words))
    given = as_object(answer)
    predicted = {name: _predicted(given.get(name), choices) for name in right}
    for name in right:
        if predicted[name] is None:
            return _not_a_word(given.get(name), right[name], choices, where=name)
    both = swapped(predicted, right)
    if both:
        return both
    odd = next((name for name, outcome in right.items() if predicted[name] != outcome), None)
    return wrong(odd, where=odd, found=as_json(given[odd])) if odd else None


def _predicted(guess: Any, choices: Sequence[str]) -> str | None:
    # `True` is what a learner of Python writes for yes
    if isinstance(guess, bool) and "yes" in choices:
        return "yes" if guess else "no"
    return one_of(guess, choices)


def _not_a_word(guess: Any, right: str, choices: Sequence[str], *, where: str) -> Finding:
    expected = " | ".join(choices)
    text = str(guess).strip().lower()
    meant = next((word for word in choices if text in TRANSLATED.get(word, ())), None)
    if meant:
        return wrong("translated", where=where, expected=meant, found=guess, word=meant)
    if isinstance(guess, list):
        return wrong("list_for_one", where=where, expected=expected, found=as_json(guess))
    artefact = artefact_of(guess)
    if artefact:
        return wrong(artefact, where=where, expected=expected, found=as_json(guess))
    if slip_of(str(guess), right) == "around":
        return wrong("around", where=where, expected=expected, found=as_json(guess))
    return wrong("word", where=where, expected=expected, found=as_json(guess))


def no_type(answer: Any, type: str) -> Finding | None:
    """Says that a resource is of another type."""
    given = at(answer, "resourceType")
    return compare("type", given, type, where=f"{type}.resourceType")


def not_coded(name: str, concept: Any, right: Mapping[str, str], *, where: str) -> Finding | None:
    """Says how the codings of a CodeableConcept differ from the right one; any other may stand
    beside it.

    Args:
        name: The sentence where the code is another one.
        concept: The CodeableConcept.
        right: `system` and `code`.
        where: The element.
    """
    codings = codings_of(concept)
    if any(_is_coding(coding, right) for coding in codings):
        return None
    if not any(coding.get("code") for coding in codings):
        return wrong(name, where=where, expected="system, code", found=as_json(concept))
    nearest = next((c for c in codings if c.get("code") == right["code"]), None)
    coding = nearest or next((c for c in codings if c.get("system") == right["system"]), None)
    if coding is None:
        coding = codings[0] if codings else {}
    return differs_coding(name, coding, right, where=where)


def _is_coding(coding: Json, right: Mapping[str, str]) -> bool:
    return (coding.get("system"), coding.get("code")) == (right["system"], right["code"])


def differs_coding(
    name: str, coding: Json, right: Mapping[str, str], *, where: str
) -> Finding | None:
    """Says how one coding differs: first its code, where the system is right, else its system."""
    from sandbox.course.comparing import compare_system

    both = swapped(coding, right)
    if both:
        return both
    system = compare_system("other_system", coding.get("system"), right["system"], where=where)
    return system or compare(name, coding.get("code"), right["code"], where=where)


def resources_of(bundle: Any) -> list[Json]:
    """Returns the resources of a Bundle's entries."""
    return [as_object(at(entry, "resource")) for entry in as_list(at(bundle, "entry"))]


def codings_of(concept: Any) -> list[Json]:
    """Returns the codings of a CodeableConcept."""
    return [as_object(coding) for coding in as_list(at(concept, "coding"))]
