"""How tests are spread over workers: what is made once stays together, and what is slow comes first."""

from __future__ import annotations

import pytest

from tests.again import GROUP
from tests.conftest import _group_of, _slow_first


@pytest.fixture(scope="module")
def made_once() -> object:
    return object()


def test_what_a_module_makes_once_is_made_by_one_worker(
    request: pytest.FixtureRequest, made_once: object
) -> None:
    assert _group_of(request.node) == request.node.location[0]


def test_a_test_that_shares_nothing_goes_to_any_worker(request: pytest.FixtureRequest) -> None:
    assert _group_of(request.node) == ""


@pytest.mark.slow
@pytest.mark.xdist_group("named")
def test_a_group_that_is_named_comes_before_that_of_the_module(
    request: pytest.FixtureRequest, made_once: object
) -> None:
    assert _group_of(request.node) == "named"


def test_what_is_slow_comes_first_and_else_the_order_stays(request: pytest.FixtureRequest) -> None:
    own = [item for item in request.session.items if item.path == request.node.path]
    slow = [item for item in own if item.get_closest_marker("slow")]
    assert _slow_first(own) == [*slow, *(item for item in own if item not in slow)]
    assert _slow_first(own[::-1])[: len(slow)] == slow[::-1]


@pytest.mark.parametrize("group", ["", "@browser", "@tests/systems/test_meetings.py"])
@pytest.mark.parametrize("id", ["tests/test_a.py::test_b", "tests/test_a.py::test_b[x@y-1]"])
def test_a_test_is_asked_again_without_its_group(id: str, group: str) -> None:
    assert GROUP.sub("", id + group) == id
