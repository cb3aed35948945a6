"""Health links: written and read in every form that is met, files sealed and opened, each fault with its reason."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import OctKey

from sandbox.certificates.judging import judge
from sandbox.certificates.keys import KeyList
from sandbox.certificates.links import (
    Link,
    NotOpened,
    is_link,
    links_in,
    new_key,
    opened,
    read_link,
    sealed,
    written,
)
from tests.sandbox.certificates.making import NOW

KEY = bytes(range(32))
URL = "https://salud.example/shl/abc"
LATER = int(NOW.timestamp()) + 3600
PAYLOAD: dict[str, Any] = {
    "url": URL,
    "key": base64.urlsafe_b64encode(KEY).rstrip(b"=").decode(),
    "exp": LATER,
    "flag": "P",
}


def a_link(*, prefix: str = "shlink:/", padded: bool = False, **changed: Any) -> str:
    held = {name: value for name, value in {**PAYLOAD, **changed}.items() if value is not None}
    encoded = base64.urlsafe_b64encode(json.dumps(held).encode()).decode()
    return prefix + (encoded.rstrip("=") + ("=" if padded else ""))


WRONG = {
    "no address": ({"url": None}, "link_url"),
    "an address of a file": ({"url": "file:///etc/passwd"}, "link_url"),
    "a short key": ({"key": "AAAA"}, "link_key"),
    "no key": ({"key": None}, "link_key"),
    "exp as text": ({"exp": "tomorrow"}, "link_exp"),
    "P and U": ({"flag": "PU"}, "link_flag"),
    "an unknown flag": ({"flag": "X"}, "link_flag"),
    "another version": ({"v": 2}, "link_version"),
    "true for a version": ({"v": True}, "link_version"),
    "a blank in the address": ({"url": "https://salud.example/a b"}, "link_url"),
    "credentials in the address": ({"url": "https://salud.example@evil.example/1"}, "link_url"),
}
ODD = {
    "flags out of order": ({"flag": "PL"}, "link_flag_order"),
    "a long label": ({"label": "x" * 81}, "link_label"),
    "milliseconds": ({"exp": LATER * 1000}, "time_milliseconds"),
    "a padded key": ({"key": PAYLOAD["key"] + "="}, "padded"),
    "no TLS": ({"url": "http://localhost/shl/1"}, "link_http"),
    "a long address": ({"url": "https://salud.example/" + "x" * 128}, "link_long"),
}


def reasons(text: str) -> set[str]:
    return {
        one.id.partition(".")[2]
        for step in read_link(text, at=NOW)[0].steps
        for one in step.findings
    }


@pytest.mark.parametrize(("changed", "reason"), WRONG.values(), ids=WRONG)
def test_what_nobody_can_use_is_no_link(changed: dict[str, Any], reason: str) -> None:
    found, link = read_link(a_link(**changed), at=NOW)
    assert link is None
    assert found.step("schema").status == "fail"
    assert reasons(a_link(**changed)) == {reason}


def test_a_key_in_the_other_alphabet_is_told() -> None:
    odd = base64.b64encode(b"\xfb" * 32).decode().rstrip("=")
    assert reasons(a_link(key=odd)) == {"padded"}
    assert reasons(a_link(key=odd.replace("+", "-").replace("/", "_"))) == set()


@pytest.mark.parametrize(("changed", "reason"), ODD.values(), ids=ODD)
def test_what_is_met_is_read_with_a_warning(changed: dict[str, Any], reason: str) -> None:
    found, link = read_link(a_link(**changed), at=NOW)
    assert link is not None
    assert link.key == KEY
    assert (link.expires, found.verdict, reasons(a_link(**changed))) == (LATER, "link", {reason})


def test_a_right_link_is_read_alone_and_behind_a_viewer() -> None:
    for text in (a_link(), f"https://viewer.example/#{a_link()}", a_link(prefix="vhlink:/")):
        found, link = read_link(text, at=NOW)
        assert (found.verdict, found.form) == ("link", "shlink")
        assert link == Link(URL, KEY, LATER, "P")


def test_deployed_prefix_and_padding_are_warnings() -> None:
    assert reasons(a_link(prefix="shlink://", padded=True)) == {"two_slashes", "padded"}


def test_a_link_that_is_over_says_so() -> None:
    found, link = read_link(a_link(exp=LATER - 7200), at=NOW)
    assert link is not None
    assert (found.verdict, reasons(a_link(exp=LATER - 7200))) == ("not_valid", {"expired"})


@pytest.mark.parametrize(
    "text", ["shlink:/", "shlink:/%%%", "shlink:/e30x", "hello", "shlink:/bnVsbA", ""]
)
def test_what_is_none_is_unreadable(text: str) -> None:
    found, link = read_link(text, at=NOW)
    assert link is None
    assert found.verdict in ("unreadable", "not_conformant")


def test_a_member_that_stands_twice_leads_nowhere() -> None:
    twice = json.dumps(PAYLOAD).replace("{", '{"url": "https://evil.example/1", ', 1)
    body = base64.urlsafe_b64encode(twice.encode()).decode().rstrip("=")
    found, link = read_link(f"shlink:/{body}", at=NOW)
    assert (found.verdict, link) == ("unreadable", None)
    assert reasons(f"shlink:/{body}") == {"link_twice"}


def test_a_link_comes_back_as_it_was_written() -> None:
    link = Link(URL, new_key(), LATER, "LP", "Resumen de Ángela")
    assert read_link(written(link), at=NOW)[1] == link


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    read_link(text)
    read_link("shlink:/" + base64.urlsafe_b64encode(text.encode("utf-8", "replace")).decode())
    assert judge(text, KeyList(), {})


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=2000), st.booleans())
def test_what_is_sealed_is_opened_by_its_key_alone(content: bytes, is_deflated: bool) -> None:
    jwe = sealed(content, KEY, content_type="application/fhir+json", is_deflated=is_deflated)
    assert opened(jwe, KEY) == (content, "application/fhir+json")
    with pytest.raises(NotOpened) as caught:
        opened(jwe, new_key())
    assert caught.value.reason == "wrong_key"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda jwe: jwe.rpartition(".")[0], "no_jwe"),
        (lambda jwe: "e30" + jwe[jwe.index(".") :], "other_algorithm"),
        (lambda jwe: jwe[:-3] + ("AAA" if jwe[-3:] != "AAA" else "BBB"), "wrong_key"),
        (lambda _: "hello", "no_jwe"),
    ],
)
def test_a_file_that_was_changed_is_not_opened(change: Any, reason: str) -> None:
    with pytest.raises(NotOpened) as caught:
        opened(change(sealed(b"{}", KEY, content_type="application/fhir+json")), KEY)
    assert caught.value.reason == reason


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(NotOpened) as caught:
        opened(sealed(b" " * (40 * 1024 * 1024), KEY, content_type="x"), KEY)
    assert caught.value.reason == "too_large"


def test_links_are_found_in_both_forms_of_a_certificate() -> None:
    link = a_link()
    assert (
        links_in({"value": link})
        == links_in({"value": [{"u": link}]})
        == links_in([{"u": link}])
        == [link]
    )
    assert links_in({"value": "no link"}) == links_in(None) == []
    assert is_link(link)


def test_others_open_what_we_seal() -> None:
    key = OctKey.import_key({"kty": "oct", "k": PAYLOAD["key"]})
    text = sealed('{"nombre":"Ángela"}'.encode(), KEY, content_type="application/fhir+json")
    assert jwe.decrypt_compact(text, key).plaintext.decode() == '{"nombre":"Ángela"}'
    theirs = jwe.encrypt_compact(
        {"alg": "dir", "enc": "A256GCM", "zip": "DEF", "cty": "a/b"}, b"hola", key
    )
    assert opened(theirs, KEY) == (b"hola", "a/b")


@pytest.mark.parametrize(
    "url",
    [
        f"https://ehr.example/qr/{'Y9xw' * 10}/m",  # the form of the specification's own example
        f"https://ehr.example/shl?id={'Y9xw' * 10}",
        f"https://ehr.example/shl/{'Y9xw' * 10}/",
        f"https://ehr.example/a/b/{'Y9xw' * 10}?v=1",
    ],
)
def test_what_nobody_can_guess_of_an_address_stands_anywhere_in_it(url: str) -> None:
    assert Link(url, b"").secret == "Y9xw" * 10


def test_a_name_that_is_long_is_no_secret() -> None:
    assert (
        Link("https://a-very-long-name-of-a-host.ministry-of-health.example/m", b"").secret == "m"
    )
