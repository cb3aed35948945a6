"""The corpus: kinds of bombs, each with its small or large texts.  Made anew at each run; nothing here is secret."""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import cbor2

from sandbox.certificates import base45
from sandbox.limits import VALUES

FHIR = "application/fhir+json"
XML = "application/fhir+xml"
NAMESPACE = 'xmlns="http://hl7.org/fhir"'
UCUM = "http://unitsofmeasure.org"
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Bomb:
    """One hostile content: of a kind, of a resource type where it has one, with the headers that it needs."""

    kind: str
    content: bytes
    type: str = "Patient"
    media: str = FHIR
    headers: dict[str, str] = field(default_factory=dict)


@cache
def bombs() -> list[Bomb]:
    """Returns all contents that are sent as bodies."""
    makers = (_patterns, _duplicates, _depths, _numbers, _wide, _encodings, _narratives, _units)
    more = (_expressions, _references, _crowds, _xml, _codings, _documents, _notebooks, _packages)
    return [bomb for make in (*makers, *more) for bomb in make()]


def _json(kind: str, resource: dict[str, object]) -> Bomb:
    return Bomb(kind, json.dumps(resource).encode(), str(resource["resourceType"]))


def _patterns() -> Iterator[Bomb]:
    wrapped = ("QUJD" * 19 + "\r\n") * 60 + "QU_D"
    yield _json(
        "pattern",
        {"resourceType": "Binary", "contentType": "text/plain", "data": wrapped},
    )
    spaces = " " * 200_000 + "x"
    for name, value in (("id", "a" * 200_000), ("birthDate", "1" * 200_000), ("gender", spaces)):
        yield _json("pattern", {"resourceType": "Patient", name: value})
    oid = "urn:oid:" + "1.1" * 60_000 + "."
    yield _json("pattern", {"resourceType": "Patient", "identifier": [{"system": oid}]})


def _duplicates() -> Iterator[Bomb]:
    names = ",".join(f'"k{number}":1' for number in range(20_000))
    yield Bomb("duplicate", f'{{"resourceType":"Patient",{names},"k19999":1}}'.encode())


def _depths() -> Iterator[Bomb]:
    for depth in (99, 5_000, 50_000):
        yield Bomb("depth", b'{"resourceType":"Patient","x":' + b"[" * depth + b"]" * depth + b"}")
        opened = b'{"extension":[' * depth
        yield Bomb(
            "depth", b'{"resourceType":"Patient","extension":[' + opened + b"]}" * depth + b"]}"
        )


def _numbers() -> Iterator[Bomb]:
    for number in (
        "1e999999999",
        "-1E-999999999",
        "9" * 100_000,
        "0." + "9" * 100_000,
        "1e99999999999999999999",
        "Infinity",
        "-0",
        "1e400",
    ):
        text = f'{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},"valueQuantity":{{"value":{number},"system":"{UCUM}","code":"kg"}}}}'
        yield Bomb("number", text.encode(), "Observation")


def _wide() -> Iterator[Bomb]:
    extension = {"url": "http://x", "valueString": "x"}
    yield _json("wide", {"resourceType": "Patient", "extension": [extension] * 5_000})
    yield _json("wide", {"resourceType": "Patient", "name": [None] * 100_000})
    yield _json("wide", {"resourceType": "Patient", "language": "x" * 1_500_000})
    coding = {"coding": [{"system": f"urn:s{number}", "code": "x"} for number in range(4_000)]}
    yield _json("wide", {"resourceType": "Observation", "status": "final", "code": coding})


def _encodings() -> Iterator[Bomb]:
    patient = '{"resourceType":"Patient"}'
    for name in ("utf-7", "utf-16", "utf-32", "cp037"):
        yield Bomb("encoding", patient.encode(name), media=f"{FHIR}; charset={name}")
    for content in (b"\xff\xfe" + patient.encode(), b'{"resourceType":"Pat\xe9"}', b"", b"\0" * 9):
        yield Bomb("encoding", content)
    for text in ("\\ud800", "\\u0000", "\\ud83d\\ude00" * 100_000):
        yield Bomb("encoding", f'{{"resourceType":"Patient","language":"{text}"}}'.encode())


def _narratives() -> Iterator[Bomb]:
    for inner in ("<b>" * 20_000, "<p>x</p>" * 20_000, "&lt;" * 50_000, "<!--" * 20_000):
        div = f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>'
        yield _json("narrative", {"resourceType": "Patient", "text": {"status": "x", "div": div}})


def _units() -> Iterator[Bomb]:
    for unit in ("10*999999999", "m999999999", "(" * 5_000 + "m" + ")" * 5_000, "m.m" * 20_000):
        quantity = {"value": 1, "system": UCUM, "code": unit}
        yield _json(
            "unit",
            {"resourceType": "Observation", "status": "final", "valueQuantity": quantity},
        )


def _expressions() -> Iterator[Bomb]:
    for path in EXPRESSIONS:
        parts = [{"name": "type", "valueCode": "delete"}, {"name": "path", "valueString": path}]
        yield _json(
            "expression",
            {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]},
        )
        invariant = {"key": "x-1", "severity": "error", "human": "x", "expression": path}
        element = {"id": "Patient", "path": "Patient", "constraint": [invariant]}
        yield _json(
            "expression",
            {
                "resourceType": "StructureDefinition",
                "url": "http://x/sd",
                "name": "X",
                "status": "draft",
                "kind": "resource",
                "abstract": False,
                "type": "Patient",
                "derivation": "constraint",
                "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
                "differential": {"element": [element]},
            },
        )


EXPRESSIONS = (
    "'" + "a" * 40 + "b'.matches('(a+)+$')",
    "9.power(9999).power(9999)",
    "(" * 5_000 + "1" + ")" * 5_000,
    "1" + "+1" * 5_000,
    "'x'.replace('', 'y')" + ".replace('y', 'yyyyyyyyyyyyyyyyyyyy')" * 20,
    "(1 | 2).repeat($this + 1)",
    "'a'.indexOf(" * 60 + "'a'" + ")" * 60,
)


def _references() -> Iterator[Bomb]:
    contained = [
        {
            "resourceType": "Patient",
            "id": f"p{number}",
            "link": [{"other": {"reference": f"#p{number - 1}"}}],
        }
        for number in range(3_000)
    ]
    yield _json("reference", {"resourceType": "Patient", "contained": contained})
    yield _json(
        "reference", {"resourceType": "Patient", "link": [{"other": {"reference": "#"}}] * 9_000}
    )
    for kind in ("transaction", "document", "batch", "searchset"):
        entries = [
            {
                "fullUrl": f"urn:uuid:{number % 7}",
                "resource": {"resourceType": "Patient", "id": f"b{number}"},
                "request": {"method": "PUT", "url": f"Patient/b{number % 5}"},
            }
            for number in range(600)
        ]
        yield _json("reference", {"resourceType": "Bundle", "type": kind, "entry": entries})
    yield _json("reference", {"resourceType": "Bundle", "type": "batch", "entry": [{}] * 12_000})


def _crowds() -> Iterator[Bomb]:
    """Values by the hundred thousand, each a hundred times as large in memory."""
    for value in (b"1.5,", b"null,", b"{},"):
        content = b'{"resourceType":"Patient","name":[' + value * (VALUES + 1) + b"{}]}"
        yield Bomb("crowd", content)
    elements = f"<Patient {NAMESPACE}>".encode() + b"<a/>" * VALUES + b"</Patient>"
    yield Bomb("crowd", elements, media="application/fhir+xml")


def _xml() -> Iterator[Bomb]:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    texts = [
        f'<!DOCTYPE x [<!ENTITY l0 "lol">{laughs}]><Patient {NAMESPACE}>&l11;</Patient>',
        f"<Patient {NAMESPACE}>" + "<extension>" * 20_000,
        f"<Patient {NAMESPACE}><id "
        + " ".join(f'a{n}="1"' for n in range(20_000))
        + "/></Patient>",
        f"<Patient {NAMESPACE}>" + '<id value="x"/>' * 20_000 + "</Patient>",
        "<" * 100_000,
        f'<Patient {NAMESPACE}><text><div xmlns="http://www.w3.org/1999/xhtml">' + "<b>" * 20_000,
    ]
    for text in texts:
        yield Bomb("xml", text.encode(), media=XML)
    for name in ("utf-7", "utf-16", "cp037", "x" * 5_000, "iso-8859-1", "base64", "zlib"):
        declared = f'<?xml version="1.0" encoding="{name}"?><Patient {NAMESPACE}/>'
        yield Bomb("xml", declared.encode(), media=XML)


def _codings() -> Iterator[Bomb]:
    body = b'{"resourceType":"Patient","language":"' + b"x" * (20 << 20) + b'"}'
    for coding, content in (
        ("gzip", gzip.compress(body)),
        ("deflate", zlib.compress(body)),
        ("gzip, gzip, gzip", gzip.compress(gzip.compress(gzip.compress(body)))),
        ("br", b"\x8b\x00\x80" * 100),
        ("gzip", b"no gzip at all"),
        ("gzip", gzip.compress(body)[:2_000]),
        ("identity, x", b"{}"),
        ("\x7f", b"{}"),
    ):
        yield Bomb("coding", content, headers={"Content-Encoding": coding})


def _documents() -> Iterator[Bomb]:
    section: dict[str, object] = {"title": "x"}
    for _ in range(90):
        section = {"title": "x", "section": [section]}
    composition = {"resourceType": "Composition", "id": "c", "section": [section] * 100}
    entry = {"fullUrl": "urn:uuid:1", "resource": composition}
    yield _json("document", {"resourceType": "Bundle", "type": "document", "entry": [entry]})
    wrong = {"resourceType": "Composition", "section": 1, "subject": [], "type": None}
    for value in ([], [None], [1], [{"resource": wrong}], [{"resource": []}], {"resource": {}}):
        yield _json("document", {"resourceType": "Bundle", "type": "document", "entry": value})


def _notebooks() -> Iterator[Bomb]:
    """Yields notebooks where documents are expected: a learner drops the file that is open."""
    bomb = {"output_type": "display_data", "data": {"text/html": "<script>x</script>" * 20_000}}
    cell: dict[str, object] = {"cell_type": "code", "source": ["1"] * 50_000, "outputs": [bomb]}
    for cells in ([cell], [{"cell_type": "code"}] * 30_000, [[]] * 10, {"cells": None}):
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
        yield Bomb("notebook", json.dumps(notebook).encode())
    yield Bomb("notebook", b'{"cells":' * 5_000 + b"{" + b"}" * 5_001)


def _packages() -> Iterator[Bomb]:
    """Yields packages where documents are expected: of great size unpacked, of wrong paths, cut."""
    huge = _tgz({"package/package.json": b"{}", "package/Patient.json": bytes(60 << 20)})
    outside = {"../../../../etc/cron.d/x": b"x", "/package/package.json": b"{}"}
    many = {f"package/{number}.json": b"{}" for number in range(3_000)}
    for content in (huge, _tgz(outside), _tgz(many), huge[:20_000]):
        yield Bomb("package", content, "Binary", "application/gzip")
        wrapped = {"resourceType": "Binary", "contentType": "application/gzip"}
        yield _json("package", {**wrapped, "data": base64.b64encode(content).decode()})


def _tgz(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=9) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def queries() -> list[str]:
    """Returns hostile addresses below `/fhir`."""
    return [
        "Observation?value-quantity=1e999999999",
        "Observation?value-quantity=-1e999999999,ge1e400,apInfinity,NaN",
        f"Observation?value-quantity=1|{UCUM}|10*999999999",
        "Observation?value-quantity=" + "9" * 4_000,
        "Observation?date=9999999999-01-01,0000-00-00,2020-13-45T99:99:99Z",
        "Patient?identifier=" + ",".join(f"s|{number}" for number in range(3_000)),
        "Patient?name=" + "%00" * 100 + "%ff%fe",
        "Patient?_sort=" + ",".join(["birthdate", "gender"] * 500),
        "Patient?_has:" + "Observation:subject:_has:" * 200 + "code=x",
        "Observation?subject." * 300 + "name=x",
        "Patient?_count=999999999999999999999",
        "Patient?_after=" + "A" * 5_000,
        "Patient?birthdate=ge" + "0" * 10_000,
        "Patient?" + "&".join(["name=x"] * 1_500),
        "Patient?name:contains=" + "%25_" * 3_000,
        "ValueSet/$expand?url=" + "x" * 10_000,
        "Patient/" + "a" * 20_000,
        "Patient/x/_history/" + "9" * 5_000,
        "%2e%2e/%2e%2e/etc/passwd",
        "Patient?_elements=" + ",".join(["x"] * 10_000),
        "Patient?_include=" + "*" * 1_000,
    ]


def headers() -> list[dict[str, str]]:
    """Returns hostile headers of a request."""
    return [
        {"Accept": ",".join(f"a/{number};q=0.{number}" for number in range(4_000))},
        {"Accept": "application/fhir+json;q=" + "9" * 5_000},
        {"Accept-Language": ",".join(["es"] * 10_000)},
        {"If-Match": "W/" * 10_000},
        {"If-None-Match": '"' * 20_000},
        {"If-Modified-Since": "Thu, 99 Foo 999999999 99:99:99 GMT"},
        {"If-None-Exist": "identifier=" + "x|y," * 5_000},
        {"Prefer": "return=" + "x" * 20_000},
        {"Content-Type": ";" * 20_000},
        {"X-Forwarded-Host": 'x");__import__("os").system("id")#'},
        {"X-Forwarded-Proto": "javascript", "X-Forwarded-Prefix": "/" * 9_000},
        {"Cookie": "connectathon_session=" + "x" * 20_000},
        {"Authorization": "Bearer " + "x" * 20_000},
        {"Range": "bytes=" + "0-1," * 5_000},
        {"Last-Event-ID": "9" * 9_000},
    ]


def pictures() -> list[bytes]:
    """Returns hostile pictures."""
    sizes = ((40_000_000, 1), (1, 40_000_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1), (0, 0))
    cut = _png(100, 100)[:60]
    return [*(_png(*size) for size in sizes), cut, b"GIF89a" + b"\xff" * 2_000, b"<svg/>", b""]


def _png(width: int, height: int) -> bytes:
    rows = zlib.compress(bytes(min(width // 8 + 1, 6_000_000) * min(height, 4)))
    header = struct.pack(">IIBBBBB", width & 0xFFFFFFFF, height & 0xFFFFFFFF, 1, 0, 0, 0, 0)
    return PNG + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + check


def certificates() -> list[str]:
    """Returns hostile texts of certificates and links."""
    deep = b"\x81" * 100_000 + b"\x01"
    payload = cbor2.dumps(cbor2.CBORTag(18, [b"", {}, b"\xa1" * 5_000, b"x" * 64]))
    shapes = (zlib.compress(bytes(40 << 20)), zlib.compress(deep), zlib.compress(payload), b"x")
    hc1 = ["HC1:" + base45.encode(content) for content in shapes]
    raw = zlib.compressobj(wbits=-15)
    bomb = raw.compress(bytes(30 << 20)) + raw.flush()
    jws = ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=")
        for part in (b'{"zip":"DEF","alg":"ES256","kid":"x"}', bomb[:20_000], b"x" * 64)
    )
    card = "shc:/" + "".join(f"{ord(letter) - 45:02}" for letter in jws)
    link = base64.urlsafe_b64encode(
        json.dumps(
            {"url": "https://x.invalid/" + "a" * 9_000, "key": "k" * 43, "flag": "L" * 999}
        ).encode()
    ).decode()
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("certificate.json", bytes(40 << 20))
    divoc = "B64:" + base64.b64encode(zipped.getvalue()).decode()
    vds = '{"data":' + "[" * 50_000 + ',"sig":{}}'
    return [*hc1, "HC1:" + "A" * 500_000, "HC1:", card, "shc:/" + "9" * 500_000, f"shlink:/{link}",
            "shlink:/" + "A" * 400_000, divoc, "PK\x03\x04" + "x" * 999, vds,
            '{"data":{"hdr":{"t":1,"v":1,"is":2},"msg":{"x":1e999}},"sig":{"alg":"ES256","cer":"AA","sigvl":"AA"}}']  # fmt: skip
