"""How a job and its result pass through a pipe: eight bytes of length, then a pickle.

Both ends are this program; nothing that a stranger sent is ever unpickled as such.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import IO, Any

# bytes: no job is too long for its length
SIZE = 8


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is to do: `data` is the data folder, where packages and added guides stand."""

    function: Any
    arguments: tuple[Any, ...]
    cpu_seconds: int
    memory: int
    data: str


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a job.

    Attributes:
        value: What the function returned.
        error: What it raised.
        resting: The memory that the worker keeps, in bytes; 0 where that is not known.
    """

    value: Any = None
    error: BaseException | None = None
    resting: int = 0


def write_frame(stream: IO[bytes], value: object) -> None:
    """Writes one value; raises OSError where nobody reads any more."""
    content = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(len(content).to_bytes(SIZE) + content)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Any:
    """Reads one value; raises EOFError where the other end is gone."""
    content = _exactly(stream, int.from_bytes(_exactly(stream, SIZE)))
    return pickle.loads(content)  # noqa: S301  # written by our own process


def _exactly(stream: IO[bytes], size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise EOFError
    return content
