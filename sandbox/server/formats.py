"""JSON or XML: what a request is written in, what its reply is to be written in (FHIR R4
http.html#mime-type).

Pure: bytes and headers in, values out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.definitions.xml import read_xml
from sandbox.definitions.xml_writing import write_xml
from sandbox.errors import NotAcceptable, UnsupportedMediaType
from sandbox.fhir.json import parse_json, write_json
from sandbox.validation import knowledge_at_hand

Format = Literal["json", "xml"]
FHIR_JSON = "application/fhir+json"
FHIR_XML = "application/fhir+xml"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
FORM = "application/x-www-form-urlencoded"
# `json+fhir` and `xml+fhir` are the names of DSTU2, which clients written for it still send.
JSON_TYPES = (FHIR_JSON, "application/json", "text/json", "application/json+fhir")
XML_TYPES = (FHIR_XML, "application/xml", "text/xml", "application/xml+fhir")
# What else a browser or a careless client asks for gets JSON.
OPEN = ("*/*", "application/*", "text/*", "text/html")
_WORDS: dict[str, Format] = {"json": "json", "xml": "xml"}
CLAUSE = "FHIR R4 http.html#mime-type"
VERSION_CLAUSE = "FHIR R4 http.html#version-parameter"
R4 = re.compile(r"4(\.0(\.\d+)?)?")


@dataclass(frozen=True, slots=True)
class ReplyFormat:
    """What the client takes.  `is_explicit`: it asks for JSON or XML by name; `other`: its further
    media types.
    """

    format: Format
    is_explicit: bool
    is_pretty: bool = False
    takes_any: bool = False
    other: tuple[str, ...] = ()


def read_reply_format(asked: str | None, accept: str | None, pretty: str | None) -> ReplyFormat:
    """Reads what format a reply is to have; `_format` overrides Accept (http.html#mime-type).

    Args:
        asked: The value of `_format`.
        accept: The Accept header.
        pretty: The value of `_pretty`; without it only browsers get indented JSON.

    Raises:
        NotAcceptable: `_format` names no format of this server.
    """
    kinds = list(_by_quality(accept or "*/*"))
    # Only browsers ask for a page, so a person is going to read this JSON.
    is_pretty = pretty == "true" if pretty is not None else "text/html" in kinds
    if asked is not None:
        # A `+` in a query arrives as a blank, as in `_format=application/fhir+json`.
        words = [word.strip() for word in asked.replace(" ", "+").split(";")]
        named = words[0].lower()
        chosen = _format_of(named) or _WORDS.get(named)
        if chosen is None or _is_of_another_release(words[1:]):
            raise NotAcceptable("server.format", where="_format", clause=CLAUSE, found=asked)
        return ReplyFormat(chosen, is_explicit=True, is_pretty=is_pretty, takes_any=True)
    ours = [format for format in map(_format_of, kinds) if format]
    others = tuple(kind for kind in kinds if _format_of(kind) is None and kind not in OPEN)
    first = next((kind for kind in kinds if _format_of(kind) or kind in OPEN), "")
    return ReplyFormat(
        _format_of(first) or "json" if first else ours[0] if ours else "json",
        is_explicit=bool(ours),
        is_pretty=is_pretty,
        takes_any=any(kind in OPEN for kind in kinds),
        other=others,
    )


def refuse_unreadable(wanted: ReplyFormat, accept: str | None) -> None:
    """Refuses a client that accepts neither JSON nor XML.

    Raises:
        NotAcceptable: Always for such a client.
    """
    if not (wanted.is_explicit or wanted.takes_any):
        raise NotAcceptable("server.accept", where="Accept", clause=CLAUSE, found=accept or "")


def read_resource(body: bytes, content_type: str) -> object:
    """Returns the JSON value of a request body, which may be XML.

    Raises:
        InvalidContent: The body cannot be parsed.
        UnsupportedMediaType: Its Content-Type is neither JSON, XML nor a patch, or names a release
            other than R4.
    """
    kind = media_type(content_type)
    if _is_of_another_release(content_type.split(";")[1:]):
        raise UnsupportedMediaType(
            "server.content_type",
            where="Content-Type",
            clause=VERSION_CLAUSE,
            found=content_type,
            expected=f"{FHIR_JSON}; fhirVersion=4.0",
        )
    if kind in JSON_TYPES or kind in (JSON_PATCH, MERGE_PATCH):
        return parse_json(body)
    if kind in XML_TYPES:
        return read_xml(body, knowledge_at_hand().types)
    raise UnsupportedMediaType(
        "server.content_type",
        where="Content-Type",
        clause=CLAUSE,
        found=kind or "-",
        expected=FHIR_JSON,
    )


def write_resource(body: object, wanted: ReplyFormat) -> tuple[bytes, str]:
    """Returns the bytes of a resource and their media type; bytes given are the compact JSON of
    one.
    """
    if wanted.format == "xml":
        value = parse_json(body if isinstance(body, bytes) else write_json(body))
        return write_xml(value, knowledge_at_hand().types), f"{FHIR_XML}; charset=utf-8"
    if wanted.is_pretty:
        body = write_json(
            parse_json(body if isinstance(body, bytes) else write_json(body)), pretty=True
        )
    return body if isinstance(body, bytes) else write_json(body), f"{FHIR_JSON}; charset=utf-8"


def media_type(header: str) -> str:
    """Returns a Content-Type without its parameters."""
    return header.split(";")[0].strip().lower()


def _is_of_another_release(parameters: Sequence[str]) -> bool:
    """Tells whether the parameters of a media type ask for FHIR other than R4 (http.html,
    fhirVersion).
    """
    pairs = (parameter.partition("=") for parameter in parameters)
    return any(
        name.strip().lower() == "fhirversion" and not R4.fullmatch(value.strip(' "'))
        for name, _, value in pairs
    )


def _format_of(kind: str) -> Format | None:
    return "json" if kind in JSON_TYPES else "xml" if kind in XML_TYPES else None


def _by_quality(accept: str) -> Iterator[str]:
    """Yields the media types of an Accept header, the most wanted first (RFC 9110 12.5.1), but none
    of a release that is not spoken here.
    """
    wanted = []
    for place, part in enumerate(accept.split(",")):
        kind, *parameters = (word.strip() for word in part.split(";"))
        quality = next((word[2:] for word in parameters if word.startswith("q=")), "1")
        try:
            weight = float(quality)
        except ValueError:
            weight = 0.0
        if weight > 0 and not _is_of_another_release(parameters):
            wanted.append((-weight, place, kind.lower()))
    yield from (kind for _, _, kind in sorted(wanted))
