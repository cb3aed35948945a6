"""What must not stand in an address that somebody gives."""

import pytest

from sandbox.errors import BadRequest
from sandbox.web.addresses import refuse_userinfo, without_userinfo


@pytest.mark.parametrize(
    "address",
    ["https://ana@a.example", "http://a:b@[::1]:8400/fhir", "http://a:b/c@d.example", " ftp://@x"],
)
def test_userinfo_is_refused(address: str) -> None:
    with pytest.raises(BadRequest) as refused:
        refuse_userinfo(address, where="base")
    assert refused.value.key == "testbench.userinfo"


@pytest.mark.parametrize("address", ["https://a.example/ana@b", "not an address", "http://[", ""])
def test_an_address_without_it_is_none_of_its_business(address: str) -> None:
    refuse_userinfo(address, where="base")


@pytest.mark.parametrize(
    ("address", "without"),
    [
        ("https://ana@a.example/fhir", "https://a.example/fhir"),
        ("http://a:b@[::1]:8400/fhir", "http://[::1]:8400/fhir"),
        ("http://a:b/c@d.example", "http://d.example"),
        ("https://a.example/ana@b", "https://a.example/ana@b"),
        ("ana@a.example", "ana@a.example"),
        ("see https://a.example/x ana@b", "see https://a.example/x ana@b"),
    ],
)
def test_a_form_that_is_shown_again_has_no_password(address: str, without: str) -> None:
    assert without_userinfo(address) == without


def test_a_user_is_found_however_long_the_address_is() -> None:
    host = "http://" + "a" * 10_000
    assert without_userinfo(f"{host}:secret@host/x") == "http://host/x"
    assert without_userinfo(f"http://ana:{'p' * 10_000}@host/x") == "http://host/x"
    assert without_userinfo("http://host/" + "x" * 10_000) == "http://host/" + "x" * 10_000
