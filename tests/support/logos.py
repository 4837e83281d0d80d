"""A logo as customers' companies have them, and the heaviest one that is kept."""

from __future__ import annotations

import io
import random
from functools import cache

from PIL import Image, ImageDraw

from app.surveys.logos import Logo, read_logo


@cache
def plain_logo() -> Logo:
    """Return a drawn sign with a name beside it, 200 by 40 pixels, on a clear ground."""
    picture = Image.new("RGBA", (400, 80))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((0, 0, 79, 79), fill="#0b4f6c")
    pen.polygon([(20, 58), (40, 16), (60, 58)], fill="#ffffff")
    pen.text((100, 18), "Halden", fill="#16181d", font_size=44)
    return read_logo(_png(picture))


@cache
def heavy_logo() -> Logo:
    """Return what is kept of a photograph: nothing in it compresses."""
    noise = random.Random(7).randbytes(480 * 80 * 3)
    return read_logo(_png(Image.frombytes("RGB", (480, 80), noise)))


def _png(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
