"""What a proxy says of a request."""

import pytest
from starlette.types import Scope

from sandbox.web.proxies import believed

SAID = {
    "x-forwarded-host": "hub.example",
    "x-forwarded-proto": "https",
    "x-forwarded-prefix": "/user/x%40y/sandbox",
    "x-forwarded-for": "203.0.113.9",
}


def asked(said: dict[str, str], *, peer: str = "127.0.0.1") -> Scope:
    headers = [(name.encode(), value.encode()) for name, value in {"host": "a", **said}.items()]
    return {"type": "http", "headers": headers, "client": (peer, 4000)}


def names(scope: Scope) -> set[str]:
    return {name.decode() for name, _ in scope["headers"]}


def test_a_listed_proxy_is_believed() -> None:
    scope = believed(asked(SAID), ("127.0.0.1",))
    assert names(scope) == {"host", *SAID}
    assert scope["client"] == ("203.0.113.9", 4000)


@pytest.mark.parametrize("proxies", [(), ("10.0.0.0/8",)])
def test_nobody_else_is(proxies: tuple[str, ...]) -> None:
    scope = believed(asked(SAID), proxies)
    assert names(scope) == {"host"}
    assert scope["client"] == ("127.0.0.1", 4000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-forwarded-host", 'x");__import__("os").system("id")#'),
        ("x-forwarded-proto", "javascript"),
        ("x-forwarded-prefix", '/"><script>'),
        ("x-forwarded-prefix", "//evil.example"),
        ("x-forwarded-context", "evil.example"),
        ("x-forwarded-unheard-of", "x"),
    ],
)
def test_what_cannot_be_so_is_not_believed_of_a_listed_one_either(name: str, value: str) -> None:
    assert names(believed(asked({**SAID, name: value}), ("*",))) - {name} == (
        {"host", *SAID} - {name}
    )
    assert name not in names(believed(asked({name: value}), ("*",)))


def test_who_asks_is_the_nearest_that_is_no_proxy() -> None:
    """What stands left of it was written by whoever asked."""
    chain = {"x-forwarded-for": "1.1.1.1, 203.0.113.9, 10.0.0.2"}
    scope = believed(asked(chain, peer="10.0.0.1"), ("10.0.0.0/8",))
    assert scope["client"][0] == "203.0.113.9"
