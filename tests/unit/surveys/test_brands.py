"""A brand that could harm a page is refused, and its colour can be read whatever it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.surveys.brands import (
    NIGHT,
    PAPER,
    BrandError,
    brand_of_texts,
    corrected,
    default_brand,
    load_brand,
    shades,
)
from app.surveys.contrast import SHAPE, TEXT, contrast

GOOD = "name: H\nsender_name: I\nsender_address: a@h.example\npostal_address: Hamburg\n"

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


@given(colours, colours)
def test_a_text_colour_ends_up_readable_and_says_so_only_when_it_was_not(brand, colour, text_colour):
    wanted = replace(brand, colour=colour, text_colour=text_colour)
    kept, note = corrected(wanted)
    assert contrast(kept.text_colour, colour) >= TEXT
    assert (note is None) == (kept == wanted)
    assert corrected(kept) == (kept, None)
    for ground in (PAPER, NIGHT):
        used = kept.shades(ground)
        assert contrast(used.accent, used.on_accent) >= TEXT
    assert kept.shades(PAPER).on_accent == kept.text_colour


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": " "}, "name is empty"),
        ({"name": "Halden\r\nBcc: x"}, "name should be one line"),
        ({"sender_name": "Ines\nBcc: x@evil.example"}, "sender_name should be one line"),
        ({"name": "H" * 81}, "name has 81 characters; there is room for 80"),
        ({"postal_address": ""}, "postal_address is empty"),
        ({"sender_address": "nobody"}, "sender_address should be a mail address"),
        ({"sender_address": "ines@bücher.example"}, "sender_address should be a mail address"),
        ({"sender_address": "ïnes@halden.example"}, "sender_address should be a mail address"),
        ({"reply_to": "a@b>\r\nBcc: c@d"}, "reply_to should be a mail address"),
        ({"colour": "red;}</style>"}, "colour should be #"),
        ({"text_colour": "white"}, "text_colour should be #"),
        ({"colour": "#0B4F6C"}, "lower-case"),
        ({"privacy_url": "javascript:alert(1)"}, "privacy_url should start with https"),
        ({"key": "../default"}, "key should be a lasting key"),
    ],
)
def test_an_unusable_brand_is_refused(brand, change, problem):
    with pytest.raises(BrandError, match=problem) as refusal:
        replace(brand, **change)
    assert list(refusal.value.faults) == list(change)


def test_what_a_person_writes_is_tidied_before_it_is_judged():
    brand = brand_of_texts(
        {
            "name": "  Halden \u202e\n Systems ",
            "sender_name": "Ines\r\nMoor",
            "sender_address": " Feedback@BÜCHER.example",
            "postal_address": "Uferweg 12\r\n20095 Hamburg\x00",
            "colour": "#0B4F6C",
            "privacy_url": " ",
        }
    )
    assert (brand.name, brand.sender_name) == ("Halden Systems", "Ines Moor")
    assert brand.sender_address == brand.reply_to == "feedback@xn--bcher-kva.example"
    assert brand.postal_address == "Uferweg 12\n20095 Hamburg"
    assert (brand.colour, brand.text_colour, brand.privacy_url) == ("#0b4f6c", None, None)


def test_a_form_hears_of_every_fault_at_once():
    with pytest.raises(BrandError) as refusal:
        brand_of_texts({"sender_address": "nobody", "colour": "blue"})
    assert list(refusal.value.faults) == [
        "name",
        "sender_name",
        "sender_address",
        "reply_to",
        "postal_address",
        "colour",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: [a]\n", "should hold texts named name, sender_name"),
        ("nmae: Halden\n", "should hold texts named name, sender_name"),
        ("- a\n", "should hold texts"),
        ("name: Halden\n", "sender_name is empty"),
        (f"{GOOD}logo: https://halden.example/logo.png\n", "logo should be a PNG, JPEG, GIF or WebP"),
        (f"{GOOD}logo: data:image/png;base64,AAAA\n", "logo is not a picture"),
        (f"{GOOD}logo: data:image/svg+xml;base64,PHN2ZyB4bWxucz0=\n", "logo is an SVG"),
        ("name: [\n", "line 2: is not YAML"),
    ],
)
def test_an_unusable_brand_file_is_refused_by_its_name(tmp_path, text, problem):
    (tmp_path / "brand.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BrandError, match=rf"(?s)brand\.yaml.*{problem}"):
        load_brand(tmp_path / "brand.yaml")
