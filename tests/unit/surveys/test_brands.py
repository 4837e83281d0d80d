"""A brand that could harm a page is refused, and its colour can be read whatever it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.surveys.brands import BrandError, default_brand, load_brand, shades
from app.surveys.contrast import SHAPE, TEXT, contrast

colours = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


def test_the_known_contrasts():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    assert contrast("#777777", "#777777") == 1


@given(colours, st.sampled_from(["#ffffff", "#15171b", "#1b1e23"]))
def test_any_colour_ends_in_a_button_that_can_be_read_and_seen(colour, ground):
    used = shades(colour, ground)
    assert contrast(used.accent, used.on_accent) >= TEXT
    assert contrast(used.edge, ground) >= SHAPE


def test_a_pale_colour_keeps_its_hue_on_white():
    assert shades("#ffd400", "#ffffff").accent == "#ffd400"
    assert shades("#0b4f6c", "#ffffff").edge == "#0b4f6c"


def test_the_default_brand_is_usable():
    assert default_brand().sender_address.endswith(".example")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": " "}, "name is empty"),
        ({"name": "Halden\r\nBcc: x"}, "name should be one line"),
        ({"postal_address": ""}, "postal_address is empty"),
        ({"sender_address": "nobody"}, "sender_address should be a mail address"),
        ({"reply_to": "a@b>\r\nBcc: c@d"}, "reply_to should be a mail address"),
        ({"colour": "red;}</style>"}, "colour should be #"),
        ({"colour": "#0B4F6C"}, "lower-case"),
        ({"privacy_url": "javascript:alert(1)"}, "privacy_url should start with https"),
        ({"logo": "https://halden.example/logo.png"}, "logo should be a PNG"),
        ({"logo": "data:text/html;base64,AAAA"}, "logo should be a PNG"),
        ({"logo": "data:image/png;base64," + "A" * 100_000}, "logo is too large"),
    ],
)
def test_an_unusable_brand_is_refused(brand, change, problem):
    with pytest.raises(BrandError, match=problem):
        replace(brand, **change)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: [a]\n", "should hold texts named name, sender_name"),
        ("nmae: Halden\n", "should hold texts named name, sender_name"),
        ("- a\n", "should hold texts"),
        ("name: Halden\n", "not complete.*sender_name"),
        ("name: [\n", "line 2: is not YAML"),
    ],
)
def test_an_unusable_brand_file_is_refused_by_its_name(tmp_path, text, problem):
    (tmp_path / "brand.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BrandError, match=rf"(?s)brand\.yaml.*{problem}"):
        load_brand(tmp_path / "brand.yaml")
