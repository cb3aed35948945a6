"""What people send in place of a resource is named, and what is only damaged is told by its place."""

import gzip
import io
import json
import zipfile

import pytest

from sandbox.errors import InvalidContent
from sandbox.fhir.json import parse_json
from sandbox.validation import validate_source

RESOURCE = '{"resourceType": "Patient", "name": [{"family": "Mu\u00f1oz"}]}'


def an_archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("patient.json", RESOURCE)
    return file.getvalue()


MISTAKEN: list[tuple[str, bytes]] = [
    ("is_gzip", gzip.compress(RESOURCE.encode())),
    ("is_zip", an_archive()),
    ("is_pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
    ("is_picture", b"\x89PNG\r\n\x1a\n\x00"),
    ("is_picture", b"\xff\xd8\xff\xe0\x00\x10JFIF"),
    ("is_utf16", RESOURCE.encode("utf-16")),
    ("is_html", b"<!DOCTYPE html>\n<html><body>Login<br></body></html>"),
    ("is_html", b"\n<HTML><head/></HTML>"),
    ("is_html", b'<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>'),
    ("is_fenced", f"```json\n{RESOURCE}\n```\n".encode()),
    ("is_exchange", f"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{RESOURCE}".encode()),
    ("is_exchange", f"POST /fhir/Patient HTTP/1.1\n\n{RESOURCE}".encode()),
    ("is_exchange", b"curl -X POST http://fhir.salud.test -d @patient.json"),
    ("is_token", b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl\n"),
    ("is_quotes", "{\u201cresourceType\u201d: \u201cPatient\u201d}".encode()),
    ("is_lines", f"{RESOURCE}\n{RESOURCE}\n".encode()),
    ("is_lines", b"\xef\xbb\xbf" + f"\n{RESOURCE}\r\n\r\n{RESOURCE}".encode()),
]
DAMAGED: list[tuple[str, bytes]] = [
    ("bad_utf8", RESOURCE.encode("cp1252")),
    ("broken_json", RESOURCE[:-1].encode()),
    ("broken_json", RESOURCE.replace(", ", ",\n").replace("[", "").encode()),
    ("broken_json", b""),
    ("broken_json", f"{RESOURCE}\n{RESOURCE[:-1]}".encode()),
    ("broken_json", b"resourceType: Patient"),
]


# named by number: what is compressed says when it was, and each process names the same tests
@pytest.mark.parametrize(
    ("key", "body"),
    [
        pytest.param(key, body, id=f"{key}-{number}")
        for number, (key, body) in enumerate([*MISTAKEN, *DAMAGED])
    ],
)
def test_a_body_that_is_no_resource_is_told_by_what_it_is(key: str, body: bytes) -> None:
    (finding,) = validate_source(body)
    assert (finding.severity, finding.key) == ("error", f"server.{key}")


def test_a_byte_order_mark_before_a_resource_is_no_fault() -> None:
    assert parse_json(b"\xef\xbb\xbf" + RESOURCE.encode()) == json.loads(RESOURCE)


@pytest.mark.parametrize(
    "start", [b"", b"{}\n", b"\n" * 1_000_000], ids=["empty", "object", "blank"]
)
def test_of_a_long_body_only_the_start_is_looked_at(start: bytes) -> None:
    with pytest.raises(InvalidContent) as refused:
        parse_json(start + b"a" * 2_000_000 + b"." * 2_000_000)
    assert refused.value.key == "server.broken_json"
