"""QR codes are read as they come from a telephone: turned, tilted, blurred, noisy, badly lit, small, as JPEG."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw, ImageFilter

from sandbox.certificates.qr import NoPicture, png_of, svg_of, texts_in
from tests.sandbox.certificates.making import CONTENTS, signed

TEXT = signed(CONTENTS["ddcc_vs"] | {"identifier": {"value": "48215377-1"}, "sex": "female"}, 3)
Change = Callable[[Image.Image], Image.Image]


def drawn() -> Image.Image:
    """A full DDCC on a page with a margin."""
    code = Image.open(io.BytesIO(png_of(TEXT))).convert("L")
    page = Image.new("L", (code.width + 200, code.height + 200), 235)
    page.paste(code, (100, 100))
    return page


def tilted(picture: Image.Image) -> Image.Image:
    """As held at an angle: the upper edge is shorter than the lower one."""
    width, height = picture.size
    return picture.transform(
        (width, height), Image.Transform.PERSPECTIVE, (1.08, 0.10, -60, 0.02, 1.12, -30, 0.00005, 0.00018),
        resample=Image.Resampling.BICUBIC, fillcolor=200,
    )  # fmt: skip


def noisy(picture: Image.Image) -> Image.Image:
    dice, pixels = random.Random(7), picture.load()
    assert pixels is not None
    for x in range(picture.width):
        for y in range(picture.height):
            level = pixels[x, y]
            assert isinstance(level, int | float)
            pixels[x, y] = max(0, min(255, int(level) + dice.randint(-45, 45)))
    return picture


def shaded(picture: Image.Image) -> Image.Image:
    """As with a lamp at one side: dark on the left, bright on the right."""
    light = Image.linear_gradient("L").rotate(90).resize(picture.size)
    return Image.composite(
        picture,
        Image.new("L", picture.size, 40),
        light.point(lambda level: 90 + level * 165 // 255),
    )


def as_jpeg(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=35)
    return Image.open(io.BytesIO(file.getvalue()))


CHANGES: dict[str, Change] = {
    "turned a little": lambda one: one.rotate(11, expand=True, fillcolor=200, resample=Image.Resampling.BICUBIC),
    "on its head": lambda one: one.rotate(180),
    "tilted": tilted,
    "blurred": lambda one: one.filter(ImageFilter.GaussianBlur(1.4)),
    "noisy": noisy,
    "badly lit": shaded,
    "small": lambda one: one.resize((one.width * 6 // 10, one.height * 6 // 10), Image.Resampling.LANCZOS),
    "a poor JPEG": as_jpeg,
    "large": lambda one: one.resize((one.width * 4, one.height * 4)),
    "all at once": lambda one: as_jpeg(noisy(shaded(tilted(one.rotate(4, fillcolor=200))).filter(ImageFilter.GaussianBlur(0.8)))),
}  # fmt: skip


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("name", CHANGES)
def test_a_code_is_read_as_a_telephone_sees_it(name: str) -> None:
    assert texts_in(png(CHANGES[name](drawn()))) == [TEXT]


def test_a_tenth_of_the_code_may_be_covered_and_half_may_not() -> None:
    page = drawn()
    side = page.width - 200
    for part, is_read in ((0.25, True), (0.75, False)):
        covered = page.copy()
        size = int(side * part)
        corner = 100 + (side - size) // 2
        ImageDraw.Draw(covered).rectangle((corner, corner, corner + size, corner + size), fill=128)
        assert (texts_in(png(covered)) == [TEXT]) is is_read


def test_several_codes_in_one_picture_are_all_read() -> None:
    page, other = drawn(), Image.open(io.BytesIO(png_of("HC1:OTHER"))).convert("L")
    both = Image.new("L", (page.width + other.width, page.height), 235)
    both.paste(page, (0, 0))
    both.paste(other, (page.width, 50))
    assert sorted(texts_in(png(both))) == sorted([TEXT, "HC1:OTHER"])


def test_the_drawing_holds_the_modules_of_the_picture() -> None:
    """The SVG, drawn by hand as squares, is read as the PNG is."""
    drawing = svg_of(TEXT)
    width, height = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', drawing).groups())  # type: ignore[union-attr]
    squares = re.findall(r"M(\d+)[ ,](\d+)h(\d+)v(\d+)", drawing)
    page = Image.new("L", (width * 4, height * 4), 255)
    for x, y, across, down in (map(int, one) for one in squares):
        area = (x * 4, y * 4, (x + across) * 4 - 1, (y + down) * 4 - 1)
        ImageDraw.Draw(page).rectangle(area, fill=0)
    assert texts_in(png(page)) == [TEXT]


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_what_is_no_picture_is_told(content: bytes) -> None:
    with pytest.raises(NoPicture):
        texts_in(content)
