import pytest

from sandbox.fhir.base64binary import read_base64


@pytest.mark.parametrize(("value", "content"), [("YQ==", b"a"), ("Y Q\n==", b"a"), ("", b"")])
def test_base64_is_read_with_its_blanks(value: str, content: bytes) -> None:
    assert read_base64(value) == content


@pytest.mark.parametrize("value", ["?", "YQ", "ñ", "\u202eYQ==", None, 1, ["YQ=="]])
def test_what_is_no_base64_is_none(value: object) -> None:
    assert read_base64(value) is None
