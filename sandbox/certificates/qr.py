"""QR codes: draws text as PNG or SVG, and reads the codes in a picture."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import zxingcpp
from PIL import Image, ImageFilter, UnidentifiedImageError

from sandbox.limits import PICTURE_BYTES, PICTURE_PIXELS, PICTURE_SIDE

LEVEL = "Q"  # of error correction (HCERT 1.1.1 5.1)
SCALE = 4  # pixels of a module
RETRIED = 1600  # pixels of a side, at most, of a picture that is looked at again
SIZE = re.compile(r'width="(\d+)" height="(\d+)"')


class NoPicture(ValueError):
    """Bytes that are no picture which can be read; `reason` is the last part of the key of a
    finding.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def png_of(text: str, *, scale: int = SCALE, level: str = LEVEL) -> bytes:
    """Returns a QR code with its quiet zone as PNG.

    Args:
        text: What the code says.
        scale: Pixels of one module.
        level: Error correction: L, M, Q or H.

    Raises:
        ValueError: The text is too long for one code.
    """
    drawn = _code(text, level).to_image(scale=scale)
    size = drawn.shape[1], drawn.shape[0]
    # a buffer, as its documentation says and its types do not
    pixels = bytes(memoryview(drawn))  # type: ignore[arg-type]
    picture = Image.frombuffer("L", size, pixels, "raw", "L", 0, 1)
    file = io.BytesIO()
    # one bit a pixel: a code has no grey
    picture.convert("1").save(file, "PNG")
    return file.getvalue()


def svg_of(text: str, *, level: str = LEVEL) -> str:
    """Returns a QR code as SVG, which scales to the size at which it is shown."""
    drawn = str(_code(text, level).to_svg())
    return SIZE.sub(r'viewBox="0 0 \1 \2"', drawn[drawn.index("<svg") :], count=1)


@dataclass(frozen=True, slots=True)
class ReadCode:
    """A QR code in a picture: what it says, and its version (1 to 40), 0 where it is not known."""

    text: str
    version: int


def texts_in(picture: bytes) -> list[str]:
    """Returns the texts of the QR codes in a picture; raises NoPicture as `codes_in`."""
    return [code.text for code in codes_in(picture)]


def codes_in(picture: bytes) -> list[ReadCode]:
    """Returns the QR codes in a picture, none where none can be read.

    Raises:
        NoPicture: The bytes are no picture, or one of too many bytes or pixels.
    """
    if len(picture) > PICTURE_BYTES:
        raise NoPicture("picture_too_large")
    try:
        with Image.open(io.BytesIO(picture)) as opened:
            if _is_too_large(opened):
                raise NoPicture("picture_too_large")
            image = opened.convert("L")
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
    ) as error:
        raise NoPicture(
            "picture_too_large" if isinstance(error, NoPicture) else "no_picture"
        ) from None
    for attempt in _attempts(image):
        # looking for QR codes alone takes 1 ms, for all formats 22
        barcodes = zxingcpp.read_barcodes(
            attempt, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
        )
        if barcodes:
            return [ReadCode(barcode.text, _version_of(barcode)) for barcode in barcodes]
    return []


def _version_of(barcode: zxingcpp.Barcode) -> int:
    extra = barcode.extra
    version = str(extra.get("Version", "")) if isinstance(extra, dict) else ""
    return int(version) if version.isdecimal() else 0


def _is_too_large(picture: Image.Image) -> bool:
    """Tells whether a picture has more pixels, or a longer side, than are looked at.

    Resizing keeps memory for each row or column, so a very long side costs what its area hides.
    """
    longest = max(picture.size)
    return longest > PICTURE_SIDE or picture.width * picture.height > PICTURE_PIXELS


def _attempts(image: Image.Image) -> Iterator[Image.Image]:
    """Yields a picture as it is, then made smaller and without the grain of bad light."""
    yield image
    small = image.copy()
    small.thumbnail((RETRIED, RETRIED))
    yield small.filter(ImageFilter.MedianFilter(3))


def _code(text: str, level: str) -> zxingcpp.Barcode:
    return zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
