"""A file a stranger uploads becomes a small PNG, or a sentence that says what would be right."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from app.surveys.logos import HIGHEST, LARGEST_FILE, LARGEST_PNG, WIDEST, Logo, LogoError, kept_logo, read_logo
from tests.support.logos import heavy_logo, plain_logo

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def written(picture: Image.Image, kind: str = "PNG", **more: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **more)
    return file.getvalue()


def drawn(logo: Logo) -> Image.Image:
    return Image.open(io.BytesIO(logo.png))


def claimed_size(width: int, height: int) -> bytes:
    """A PNG that says it has this size and holds next to nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    packed = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_each_kind_becomes_a_png_that_fits(kind: str) -> None:
    logo = read_logo(written(Image.new("RGB", (1200, 300), "#0b4f6c"), kind))
    assert drawn(logo).format == "PNG"
    assert drawn(logo).size == (320, 80)
    assert (logo.width, logo.height) == (160, 40)
    assert kept_logo(logo.png) == logo
    assert logo.uri.startswith("data:image/png;base64,iVBOR")


def test_a_small_one_is_not_blown_up_and_a_wide_one_keeps_its_shape() -> None:
    small, wide = (read_logo(written(Image.new("RGB", size, "red"))) for size in ((60, 24), (2400, 100)))
    assert (small.width, small.height) == (60, 24)
    assert (wide.width, wide.height) == (240, 10)


def test_nothing_of_the_file_but_the_picture_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "taken at home", 6  # description, lying on its side
    logo = read_logo(written(Image.new("RGB", (40, 400), "red"), "JPEG", exif=exif, comment=b"taken at home"))
    assert b"taken" not in logo.png
    assert (logo.width, logo.height) == (240, 24)
    assert drawn(logo).info == {}


def test_the_heaviest_photograph_still_fits_into_a_page() -> None:
    assert len(heavy_logo().png) <= LARGEST_PNG
    assert heavy_logo().width <= WIDEST
    assert heavy_logo().height <= HIGHEST


def test_clear_margins_are_cut_off_and_clear_ground_stays_clear() -> None:
    picture = Image.new("RGBA", (400, 400))
    ImageDraw.Draw(picture).ellipse((100, 100, 299, 299), fill="#0b4f6c")
    logo = read_logo(written(picture))
    assert (logo.width, logo.height) == (40, 40)
    assert drawn(logo).convert("RGBA").getpixel((0, 0))[3] == 0


def test_white_on_clear_gets_a_dark_plate_to_be_seen_on_paper() -> None:
    picture = Image.new("RGBA", (400, 80))
    ImageDraw.Draw(picture).rectangle((0, 0, 300, 79), fill="#ffffff")
    shown = drawn(read_logo(written(picture))).convert("RGBA")
    assert shown.getpixel((shown.width // 2, shown.height // 2))[:3] == (255, 255, 255)
    assert max(shown.getpixel((shown.width // 2, 2))[:3]) < 50


def test_the_name_of_a_logo_is_its_picture() -> None:
    other = read_logo(written(Image.new("RGB", (80, 80), "red")))
    assert plain_logo().digest == kept_logo(plain_logo().png).digest != other.digest
    assert len(other.digest) == 32


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (SVG, "SVG"),
        (b'\n<?xml version="1.0"?>' + SVG, "SVG"),
        (b"GIF89a", "not a picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "not a picture"),
        (written(Image.new("RGB", (40, 40)), "BMP"), "not a picture"),
        (written(Image.new("RGB", (40, 40)), "TIFF"), "not a picture"),
        (written(Image.new("RGB", (400, 400), "red"), "JPEG")[:300], "not a picture"),
        (claimed_size(20_000, 20_000), "million pixels"),
        (claimed_size(65_000, 65_000), "million pixels"),
        (written(Image.new("1", (4_000, 4_000))), "million pixels"),
        (b"\0" * (LARGEST_FILE + 1), "larger than 1 MB"),
        (written(Image.new("RGB", (400, 8))), "only 400 × 8 pixels"),
        (written(Image.new("RGBA", (40, 40))), "nothing to see"),
        (b"", "not a picture"),
    ],
)
def test_what_cannot_be_a_logo_is_refused_in_a_sentence(content: bytes, problem: str) -> None:
    with pytest.raises(LogoError, match=problem):
        read_logo(content)


@given(st.binary(max_size=200), st.integers(0, 4000), st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]))
@example(b"\xff" * 100, 30, "GIF")
def test_a_broken_file_is_a_logo_or_a_sentence_and_nothing_else(noise: bytes, place: int, kind: str) -> None:
    whole = written(Image.linear_gradient("L").resize((90, 60)), kind)
    place %= len(whole)
    try:
        logo = read_logo(whole[:place] + noise + whole[place + len(noise) :])
    except LogoError:
        return
    assert len(logo.png) <= LARGEST_PNG
