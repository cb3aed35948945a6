"""Forms with files, as browsers send them without scripts: multipart/form-data (RFC 7578).  Pure.

Read whole, since the limit of the body is small, and strictly: browsers write one form of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from sandbox.errors import BadRequest

TYPE = "multipart/form-data"
# RFC 2046 5.1.1: one to seventy characters, of which browsers take letters, digits and few signs
BOUNDARY = re.compile(rb"""boundary="?([0-9A-Za-z'()+_,./:=?-]{1,70})"?""")
PARAMETER = re.compile(r'\b(name|filename)="([^"]*)"')
MOST_PARTS = 200


@dataclass(frozen=True, slots=True)
class File:
    """A file of a form: its name on the sender's machine, its type, and its bytes."""

    name: str
    media: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, several choices of one with a space between, and its files by the name
    of their field; a field without a chosen file has none.
    """

    fields: dict[str, str]
    files: dict[str, File]


def read_multipart(content_type: str, body: bytes) -> Form:
    """Returns what a form holds.

    Args:
        content_type: The header of that name, which tells the boundary.
        body: The whole body.

    Raises:
        BadRequest: It is no such form, or is cut off.
    """
    boundary = BOUNDARY.search(content_type.encode("ascii", "replace"))
    # the delimiter can stand in no part (RFC 2046 5.1.1), so that the parts are what is between
    delimiter = b"\r\n--" + boundary[1] if boundary else b""
    parts = (b"\r\n" + body).split(delimiter, MOST_PARTS + 1) if delimiter else []
    if len(parts) < 2 or len(parts) > MOST_PARTS or not parts[-1].startswith(b"--"):
        raise BadRequest("testbench.bad_request", where="body", name=TYPE)
    form = Form({}, {})
    for part in parts[1:-1]:
        head, blank, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not blank:
            raise BadRequest("testbench.bad_request", where="body", name=TYPE)
        _add(form, _headers(head), content)
    return form


def _add(form: Form, headers: dict[str, str], content: bytes) -> None:
    said = dict(PARAMETER.findall(headers.get("content-disposition", "")))
    # browsers write a quotation mark or a line break in a name as %22, %0D and %0A (RFC 7578 2)
    name = unquote(said.get("name", ""))
    if "filename" in said:
        file = File(
            unquote(said["filename"]), headers.get("content-type", "").partition(";")[0], content
        )
        if file.name or file.content:
            form.files[name] = file
        return
    text = content.decode("utf-8", "replace")
    form.fields[name] = f"{form.fields[name]} {text}" if name in form.fields else text


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("utf-8", "replace").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
