"""The family of a browser, told by what it says of itself."""

from __future__ import annotations

import pytest

from sandbox.web.agents import browser_of

WEBKIT = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        (WEBKIT, "Chrome"),
        (f"{WEBKIT} Edg/140.0", "Edge"),
        (f"{WEBKIT} OPR/120.0", "Opera"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox"),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1 (KHTML) Version/18.0 Mobile Safari/604.1", "Safari"),
        ("python-httpx/0.28", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_is_known_by_its_family(agent: str, family: str) -> None:
    assert browser_of(agent) == family
