"""A form with a file is read as browsers write it (RFC 7578), and what is cut off is refused."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import BadRequest
from sandbox.web.multipart import File, read_multipart


def written(data: dict[str, object], files: dict[str, tuple[str, bytes, str]]) -> tuple[str, bytes]:
    """A form as another program writes it."""
    request = httpx.Request("POST", "http://sandbox.test", data=data, files=files)
    return request.headers["content-type"], request.read()


@given(st.binary(max_size=400), st.text(st.characters(codec="utf-8"), max_size=20))
def test_every_byte_of_a_file_and_every_letter_of_a_field_arrive(content: bytes, text: str) -> None:
    form = read_multipart(*written({"name": text}, {"file": ("screen.png", content, "image/png")}))
    assert form.files == {"file": File("screen.png", "image/png", content)}
    assert form.fields == {"name": text}


def test_several_choices_and_names_with_signs_are_read() -> None:
    head, body = written(
        {"ticked": ["0", "2"]}, {"file": ('año "2" ñandú.txt', b"\r\n--x\r\n", "text/plain")}
    )
    form = read_multipart(head, body)
    assert form.fields == {"ticked": "0 2"}
    assert form.files["file"] == File('año "2" ñandú.txt', "text/plain", b"\r\n--x\r\n")


def test_a_field_in_which_nothing_was_chosen_has_no_file() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename=""\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\r\n--b--\r\n"
    )
    assert read_multipart("multipart/form-data; boundary=b", body).files == {}


HEAD, WHOLE = written({"name": "x"}, {"file": ("a.txt", b"abc", "text/plain")})


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (HEAD, WHOLE[:-8]),
        (HEAD, WHOLE[:40]),
        (HEAD, b""),
        ("multipart/form-data", WHOLE),
        ("multipart/form-data; boundary=other", WHOLE),
        ("multipart/form-data; boundary=b", b"--b\r\nno blank line\r\n--b--\r\n"),
    ],
    # the boundary is of chance, and tests are named alike in every process
    ids=["end cut off", "cut in a head", "empty", "no boundary", "other boundary", "no head"],
)
def test_what_is_no_whole_form_is_refused(head: str, body: bytes) -> None:
    assert read_multipart(HEAD, WHOLE).fields == {"name": "x"}
    with pytest.raises(BadRequest):
        read_multipart(head, body)
