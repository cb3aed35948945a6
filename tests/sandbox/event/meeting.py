"""A race that is certain: whoever writes to a store waits until all who take part have read and want to write."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, local
from typing import Any, Protocol


class Appending(Protocol):
    """A store to which lines are appended behind those that were read."""

    append: Callable[..., Any]


def meet(stores: list[Appending], *, writers: int) -> None:
    """Has the first write of each thread wait for those of the others.

    Args:
        stores: Openings of one store, each by a writer or several.
        writers: How many threads there are.
    """
    all_have_read = Barrier(writers, timeout=60)
    have_met = local()

    def waiting(write: Callable[..., Any]) -> Callable[..., Any]:
        def append(*given: Any, **named: Any) -> Any:
            if not getattr(have_met, "before", False):
                have_met.before = True
                all_have_read.wait()
            return write(*given, **named)

        return append

    for store in stores:
        store.append = waiting(store.append)
