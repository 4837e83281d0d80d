"""Logos as strangers upload them, turned into small PNGs that pages and mails can show without harm.

What a file is, its content says: neither its name nor the type a browser claims. It is drawn anew, so that nothing of
the file itself (places in EXIF, comments, whatever was hidden behind the picture) reaches a customer.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from PIL import Image, ImageDraw, ImageOps, ImageStat

from app.core.errors import QuorumError
from app.surveys.contrast import contrast

LARGEST_FILE = 1024 * 1024
"""Bytes of an upload."""
LARGEST_PNG = 5 * 1024
"""Bytes of a kept logo: it travels inside every survey page, which is to stay one small request."""
WIDEST, HIGHEST = 240, 40
"""The most room, in CSS pixels, a logo takes on a page or in a mail; kept at up to twice that, for fine screens."""

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_MOST_PIXELS = 10_000_000  # decoded, that is 40 MB
_LEAST_SIDE = 12
_FAINT = 1.25  # contrast with white below which a drawing is lost on paper
_PLATE, _MARGIN = (27, 30, 35, 255), 10


class LogoError(QuorumError, ValueError):
    """A file that cannot be a logo; the message says what would be right."""


@dataclass(frozen=True)
class Logo:
    """A logo that was drawn by `read_logo`: its PNG and the size at which it is shown, in CSS pixels."""

    png: bytes
    width: int
    height: int

    @cached_property
    def digest(self) -> str:
        """The name of exactly this picture, 32 hexadecimal digits."""
        return hashlib.sha256(self.png).hexdigest()[:32]

    @cached_property
    def uri(self) -> str:
        """The picture as a data URI, for pages that fetch nothing."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"


def read_logo(content: bytes) -> Logo:
    """Return the logo in the bytes of a PNG, JPEG, GIF or WebP file; LogoError says why there is none.

    A transparent drawing too pale for white paper is laid on a dark plate.
    """
    if len(content) > LARGEST_FILE:
        raise LogoError(f"is larger than 1 MB; {2 * HIGHEST} pixels of height are enough")
    if content.lstrip()[:5].lower() in (b"<svg ", b"<?xml", b"<!doc"):
        raise LogoError(f"is an SVG, which mail programs do not show; export it as a PNG, {2 * HIGHEST} pixels high")
    picture = _decoded(content)
    alpha = picture.getchannel("A")
    box = alpha.getbbox()
    if box is None:
        raise LogoError("is quite transparent: there is nothing to see on it")
    if alpha.getextrema() != (255, 255):
        picture = picture.crop(box)
        picture = _on_a_plate(picture) if _is_faint(picture) else picture
    return kept_logo(next(png for png in _drawn(picture) if len(png) <= LARGEST_PNG))


def kept_logo(png: bytes) -> Logo:
    """Return the logo in a PNG that `read_logo` drew."""
    with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
        width, height = picture.size
    shrink = max(1, width / WIDEST, height / HIGHEST)
    return Logo(png, max(round(width / shrink), 1), max(round(height / shrink), 1))


def _decoded(content: bytes) -> Image.Image:
    too_large = f"has more than {_MOST_PIXELS // 1_000_000} million pixels; {2 * HIGHEST} pixels of height are enough"
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
            size = opened.size
            if size[0] * size[1] <= _MOST_PIXELS:
                picture = ImageOps.exif_transpose(opened).convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise LogoError(too_large) from error
    except Exception as error:  # decoders raise whatever a broken file makes them
        raise LogoError("is not a picture we can read; a PNG, JPEG, GIF or WebP file is right") from error
    if size[0] * size[1] > _MOST_PIXELS:
        raise LogoError(too_large)
    if min(size) < _LEAST_SIDE:
        raise LogoError(f"is only {size[0]} × {size[1]} pixels; {2 * HIGHEST} pixels of height look sharp")
    return picture


def _is_faint(picture: Image.Image) -> bool:
    solid = picture.getchannel("A").point([255 * (alpha > 127) for alpha in range(256)])
    if solid.getbbox() is None:
        return False
    red, green, blue = (round(part) for part in ImageStat.Stat(picture.convert("RGB"), mask=solid).mean)
    return contrast(f"#{red:02x}{green:02x}{blue:02x}", "#ffffff") < _FAINT


def _on_a_plate(picture: Image.Image) -> Image.Image:
    small = _fitted(picture, 2 * WIDEST - 2 * _MARGIN, 2 * HIGHEST - 2 * _MARGIN)
    size = small.width + 2 * _MARGIN, small.height + 2 * _MARGIN
    plate = Image.new("RGBA", size)
    ImageDraw.Draw(plate).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius=_MARGIN, fill=_PLATE)
    plate.alpha_composite(small, (_MARGIN, _MARGIN))
    return plate


def _drawn(picture: Image.Image) -> Iterator[bytes]:
    """Yield the picture as PNG, each time a smaller file; the last holds at most 4 bits for each of 9,600 pixels."""
    for scale, colours in ((2, None), (2, 256), (2, 64), (1, None), (1, 256), (1, 64), (1, 16)):
        small = _fitted(picture, scale * WIDEST, scale * HIGHEST)
        file = io.BytesIO()
        (small.quantize(colours, Image.Quantize.FASTOCTREE) if colours else small).save(file, "PNG", optimize=True)
        yield file.getvalue()


def _fitted(picture: Image.Image, width: int, height: int) -> Image.Image:
    shrink = max(1, picture.width / width, picture.height / height)
    size = max(round(picture.width / shrink), 1), max(round(picture.height / shrink), 1)
    return picture.resize(size, Image.Resampling.LANCZOS) if shrink > 1 else picture
