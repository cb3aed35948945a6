"""Work beside the event loop, so that what it refuses is gone with the refusal.

anyio hands an error over in a future, which stands in the frame that waits for it.  Raised there,
the error holds that frame, the frame the future, and the future the error: a circle, in which all
that a refused request had sent stays until the collector looks.  That counts objects, not bytes:
forty refused bodies of 10 MB left 300 MB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

P = ParamSpec("P")
Result = TypeVar("Result")


@dataclass(slots=True)
class _Outcome(Generic[Result]):
    """What came of work: how it is had, or what it raised."""

    result: Result | None = None
    error: Exception | None = None


async def run_in_threadpool(
    function: Callable[P, Result], *args: P.args, **kwargs: P.kwargs
) -> Result:
    """Calls a function in a thread; what it returns or raises is returned or raised here."""
    return await in_thread(partial(function, *args, **kwargs))


async def in_thread(
    work: Callable[[], Result], *, limiter: CapacityLimiter | None = None
) -> Result:
    """Does work in a thread.

    Args:
        work: What is done there.
        limiter: How much of its kind is done at a time; None for as many as there are threads.

    Returns:
        What it returns; what it raises is raised here.
    """
    outcome = await to_thread.run_sync(_done, work, limiter=limiter)
    try:
        if outcome.error is not None:
            raise outcome.error
        return outcome.result  # type: ignore[return-value]  # of work that raised nothing
    finally:
        del outcome  # the error holds this frame


def _done(work: Callable[[], Result]) -> _Outcome[Result]:
    try:
        return _Outcome(result=work())
    except Exception as error:
        return _Outcome(error=error)
