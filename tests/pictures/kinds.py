"""The ways in which a picture of a code is spoiled: each has a strength, at which OpenCV's reader reads fewer than half of them.

`python -m tests.pictures --calibrate` finds the strengths anew, where OpenCV is installed; nothing else needs it.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from sandbox.certificates.base45 import ALPHABET
from sandbox.certificates.qr import png_of

PAPER = 235
TABLE = 200
MARGIN = 60
CODES = 20
FAR = 0.75
"""Of the size of a page: where a whole one would be too easy."""
TILE = 128
GRAIN = 40
Spoil = Callable[[Image.Image, float, random.Random], Image.Image]


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to spoil a picture, and how strongly: what the number means is the way's own."""

    name: str
    spoil: Spoil
    strength: float
    least: float
    most: float

    def picture(self, text: str, number: int, *, strength: float | None = None) -> bytes:
        """Returns a spoiled picture as PNG: the same for the same text and number."""
        dice = random.Random(f"{self.name}/{number}")
        chosen = self.strength if strength is None else strength
        file = io.BytesIO()
        self.spoil(page_of(text), chosen, dice).convert("L").save(file, "PNG")
        return file.getvalue()


def texts() -> list[str]:
    """Returns twenty texts as long as certificates are, from a link to a full DDCC."""
    dice = random.Random(24)
    lengths = [380 + 23 * number for number in range(CODES)]
    return ["HC1:" + "".join(dice.choice(ALPHABET) for _ in range(length)) for length in lengths]


def page_of(text: str) -> Image.Image:
    """Returns a code on a page with a margin."""
    code = Image.open(io.BytesIO(png_of(text))).convert("L")
    page = Image.new("L", (code.width + 2 * MARGIN, code.height + 2 * MARGIN), PAPER)
    page.paste(code, (MARGIN, MARGIN))
    return page


def turned(picture: Image.Image, degrees: float, dice: random.Random) -> Image.Image:
    """As held askew."""
    angle = degrees * dice.choice((-1, 1))
    return picture.rotate(angle, expand=True, fillcolor=TABLE, resample=Image.Resampling.BICUBIC)


def on_its_head(picture: Image.Image, share: float, dice: random.Random) -> Image.Image:
    """Upside down, and from far away."""
    return _smaller(picture.rotate(180), share)


def tilted(picture: Image.Image, lean: float, dice: random.Random) -> Image.Image:
    """As held at an angle: one edge is shorter than the other."""
    width, height = picture.size
    side = dice.choice((-1, 1)) * lean * width
    upper = (0, 0) if side > 0 else (-side, 0)
    lower = (side, height) if side > 0 else (0, height)
    right = (width, height) if side <= 0 else (width - side, height)
    top = (width, 0) if side > 0 else (width + side, 0)
    quad = (*upper, *lower, *right, *top)
    larger = Image.Transform.QUAD
    size = (width, height)
    return picture.transform(size, larger, quad, Image.Resampling.BICUBIC, fillcolor=TABLE)


def blurred(picture: Image.Image, radius: float, dice: random.Random) -> Image.Image:
    """Out of focus."""
    return picture.filter(ImageFilter.GaussianBlur(radius))


def moved(picture: Image.Image, pixels: float, dice: random.Random) -> Image.Image:
    """By a hand that moves: the mean of the picture along a short way."""
    steps = max(2, round(pixels) + 1)
    angle = dice.uniform(0, math.pi)
    mean = picture
    for step in range(1, steps):
        way = pixels * step / (steps - 1)
        across, down = round(way * math.cos(angle)), round(way * math.sin(angle))
        mean = Image.blend(mean, ImageChops.offset(picture, across, down), 1 / (step + 1))
    return mean


def noisy(picture: Image.Image, grain: float, dice: random.Random) -> Image.Image:
    """In bad light with a high sensitivity."""
    # Pillow draws its noise without a seed: ours is the same in every run
    tile = _grain()
    noise = Image.new("L", picture.size)
    for left in range(-dice.randrange(TILE), picture.width, TILE):
        for top in range(-dice.randrange(TILE), picture.height, TILE):
            noise.paste(tile, (left, top))
    scaled = noise.point([round(128 + (level - 128) * grain / GRAIN) for level in range(256)])
    return ImageChops.add(picture, scaled, 1, -128)


@cache
def _grain() -> Image.Image:
    dice = random.Random(GRAIN)
    levels = (min(255, max(0, round(dice.gauss(128, GRAIN)))) for _ in range(TILE * TILE))
    return Image.frombytes("L", (TILE, TILE), bytes(levels))


def dark(picture: Image.Image, loss: float, dice: random.Random) -> Image.Image:
    """With little light: few levels of grey are left, and the grain shows."""
    dim = picture.point([round(20 + level * (1 - loss)) for level in range(256)])
    return noisy(dim, 6, dice)


def shaded(picture: Image.Image, depth: float, dice: random.Random) -> Image.Image:
    """With a lamp at one side: what is dark has grain."""
    light = Image.linear_gradient("L").rotate(90 * dice.randrange(4)).resize(picture.size)
    mask = light.point([round(255 * (1 - depth) + level * depth) for level in range(256)])
    return noisy(Image.composite(picture, Image.new("L", picture.size, 30), mask), 20, dice)


def with_glare(picture: Image.Image, share: float, dice: random.Random) -> Image.Image:
    """With the reflection of a lamp: a bright spot that fades to its edge."""
    size = round(picture.width * share)
    # white in the middle, and nothing at the edge
    spot = ImageOps.invert(Image.radial_gradient("L")).resize((size, size))
    light = Image.new("L", picture.size, 0)
    middle = [round(side * dice.uniform(0.4, 0.6)) - size // 2 for side in picture.size]
    light.paste(spot.point([min(255, level * 2) for level in range(256)]), (middle[0], middle[1]))
    return _smaller(ImageChops.screen(picture, light), FAR)


def of_a_screen(picture: Image.Image, depth: float, dice: random.Random) -> Image.Image:
    """Of a screen: its lines beat with the pixels of the camera (moiré)."""
    width, height = picture.size
    period = dice.uniform(5.2, 6.8)
    rows = bytes(
        round(255 - depth * 127 * (1 + math.sin(2 * math.pi * row / period)))
        for row in range(height)
    )
    lines = Image.frombytes("L", (1, height), rows).resize((width, height))
    turn = lines.rotate(dice.uniform(3, 9), resample=Image.Resampling.BICUBIC, fillcolor=255)
    beaten = ImageChops.multiply(
        ImageChops.multiply(picture, turn), lines.rotate(90).resize((width, height))
    )
    return _smaller(beaten, FAR)


def as_jpeg(picture: Image.Image, loss: float, dice: random.Random) -> Image.Image:
    """As messengers pass it on: smaller, and a poor JPEG."""
    file = io.BytesIO()
    _smaller(picture, 0.6).save(file, "JPEG", quality=max(1, round(100 - loss)))
    return Image.open(io.BytesIO(file.getvalue()))


def small(picture: Image.Image, share: float, dice: random.Random) -> Image.Image:
    """From far away: a module has few pixels."""
    return _smaller(picture, share)


def cropped(picture: Image.Image, modules: float, dice: random.Random) -> Image.Image:
    """Cut close: of the four modules of the quiet zone some are gone, and something dark is beside it."""
    edge = MARGIN + round(4 * modules)
    inner = picture.crop((edge, edge, picture.width - edge, picture.height - edge))
    wall = Image.new("L", (inner.width + 80, inner.height + 80), 40)
    wall.paste(inner, (40, 40))
    return _smaller(wall, FAR)


def inverted(picture: Image.Image, share: float, dice: random.Random) -> Image.Image:
    """White on black, as a screen in the dark shows it, from some way off."""
    return ImageOps.invert(_smaller(picture, share))


def faded(picture: Image.Image, share: float, dice: random.Random) -> Image.Image:
    """Printed by a tired printer: pale, with white stripes."""
    pale = picture.point([round(255 - (255 - level) * 0.35) for level in range(256)])
    draw = ImageDraw.Draw(pale)
    for _ in range(round(share * 40)):
        row = dice.randrange(pale.height)
        draw.line((0, row, pale.width, row), fill=PAPER)
    return pale


def bent(picture: Image.Image, depth: float, dice: random.Random) -> Image.Image:
    """On a bottle: the page bends away at both sides."""
    width, height = picture.size
    strips = 40
    mesh = []
    for number in range(strips):
        left, right = (round(width * part / strips) for part in (number, number + 1))
        first, last = (_bend(x / width, depth) * height for x in (left, right))
        source = (left, -first, left, height - first, right, height - last, right, -last)
        mesh.append(((left, 0, right, height), source))
    size = (width, height)
    return picture.transform(
        size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC, fillcolor=TABLE
    )


def _bend(place: float, depth: float) -> float:
    return depth * (2 * place - 1) ** 2


def _smaller(picture: Image.Image, share: float) -> Image.Image:
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    return picture.resize(size, Image.Resampling.LANCZOS)


# OpenCV 5.0.0 reads between none and 45 of 100 at each of these
KINDS = (
    Kind("turned", turned, 11, 2, 44),
    Kind("on its head", on_its_head, 0.6, 1, 0.3),
    Kind("tilted", tilted, 0.1, 0.02, 0.3),
    Kind("blurred", blurred, 1.4, 0.4, 3),
    Kind("moved", moved, 3, 1, 9),
    Kind("noisy", noisy, 70, 5, 90),
    Kind("dark", dark, 0.91, 0.4, 0.97),
    Kind("badly lit", shaded, 0.88, 0.2, 1),
    Kind("glare", with_glare, 0.3, 0.05, 0.6),
    Kind("of a screen", of_a_screen, 0.28, 0.1, 1),
    Kind("a poor JPEG", as_jpeg, 65, 20, 98),
    Kind("small", small, 0.6, 1, 0.25),
    Kind("cut close", cropped, 3, 0, 4),
    Kind("inverted", inverted, 0.6, 1, 0.3),
    Kind("faded", faded, 0.25, 0, 1),
    Kind("bent", bent, 0.05, 0.01, 0.3),
)
