"""By which names a server is called."""

import pytest

from sandbox.web.hosts import LOOPBACK, answers_to, is_host, is_within


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:8400", "localhost.", "127.0.0.1:8400", "127.9.8.7", "[::1]:8400"],
)
def test_loopback_answers_to_its_own_names(host: str) -> None:
    assert answers_to(host, LOOPBACK)


@pytest.mark.parametrize(
    "host",
    [
        "rebind.evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "128.0.0.1",
        "[::2]",
        "0.0.0.0",
        "",
        "evil.example@localhost",
        "localhost:8400/x",
        'x");__import__("os").system("id")#',
    ],
)
def test_loopback_answers_to_nothing_else(host: str) -> None:
    assert not answers_to(host, LOOPBACK)


def test_a_name_that_is_added_is_answered_whatever_its_port() -> None:
    names = (*LOOPBACK, "sandbox.example")
    assert answers_to("Sandbox.Example:443", names)
    assert not answers_to("a.sandbox.example", names)


@pytest.mark.parametrize("names", [(), (*LOOPBACK, "*")])
def test_without_a_list_any_host_is_answered_that_can_be_one(names: tuple[str, ...]) -> None:
    assert answers_to("anything.example:1", names)
    assert not answers_to('x"y', names)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("a.example", True),
        ("[2001:db8::1]:1", True),
        ("a b", False),
        ("<b>", False),
        ("a,b", False),
    ],
)
def test_a_host_is_a_name_and_a_port(text: str, is_one: bool) -> None:
    assert is_host(text) is is_one


def test_an_address_stands_in_a_network() -> None:
    assert is_within("10.1.2.3", ("10.0.0.0/8",))
    assert is_within("anything", ("*",))
    assert not is_within("11.1.2.3", ("10.0.0.0/8", "::1"))
    assert not is_within("unknown", ("10.0.0.0/8",))
