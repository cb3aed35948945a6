"""Coded bodies come out as they were, or are refused before they are held."""

import gzip
import tracemalloc
import zlib

import pytest

from sandbox.errors import InvalidContent, UnsupportedMediaType
from sandbox.web.codings import Decoder, Oversized

MOST = 100_000
TEXT = b'{"resourceType": "Patient"}' * 100


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def decoded(header: str, content: bytes, *, size: int = 7) -> bytes:
    decoder = Decoder(header, most=MOST)
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    found = b"".join(map(decoder.feed, parts))
    decoder.finish()
    return found


@pytest.mark.parametrize(
    ("header", "content"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("X-GZIP", gzip.compress(TEXT, mtime=0)),
        ("gzip", gzip.compress(TEXT[:900], mtime=0) + gzip.compress(TEXT[900:], mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
    ],
)
@pytest.mark.parametrize("size", [7, 1_000_000])
def test_a_coded_body_comes_out_as_it_was(header: str, content: bytes, size: int) -> None:
    assert decoded(header, content, size=size) == TEXT


@pytest.mark.parametrize("header", ["gzip, gzip", "gzip,deflate"])
def test_a_body_coded_twice_is_refused(header: str) -> None:
    with pytest.raises(UnsupportedMediaType) as refused:
        Decoder(header, most=MOST)
    assert refused.value.key == "web.nested_coding"


@pytest.mark.parametrize("header", ["br", "zstd", "compress", "x"])
def test_a_coding_that_is_not_known_is_refused(header: str) -> None:
    with pytest.raises(UnsupportedMediaType) as refused:
        Decoder(header, most=MOST)
    assert refused.value.key == "web.unknown_coding"


@pytest.mark.parametrize("header", ["gzip", "deflate"])
@pytest.mark.parametrize("content", [TEXT, b"\x1f\x8b\x08", gzip.compress(TEXT, mtime=0)[:-9]])
def test_a_body_that_is_not_what_its_header_says_is_refused(header: str, content: bytes) -> None:
    with pytest.raises(InvalidContent):
        decoded(header, content, size=1_000_000)


def test_a_bomb_is_refused_before_it_is_held() -> None:
    bomb = gzip.compress(bytes(200_000_000), mtime=0)
    tracemalloc.start()
    with pytest.raises(Oversized):
        decoded("gzip", bomb, size=1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 10 * MOST
    tracemalloc.stop()
