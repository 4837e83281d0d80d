"""Colours that can be read: contrast as WCAG 2.2 works it out, and the nearest colour that has enough of it.

Pure: the standard library only. Colours are `#rrggbb`.
"""

from __future__ import annotations

TEXT = 4.5  # WCAG 2.2 AA, criterion 1.4.3
SHAPE = 3.0  # criterion 1.4.11: buttons, borders, marks

_STEPS = 50


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def text_on(colour: str) -> str:
    """Return white or black, whichever can be read on `colour`; white where both can."""
    return "#ffffff" if contrast("#ffffff", colour) >= TEXT else "#000000"


def visible_on(ground: str, colour: str, least: float = SHAPE) -> str:
    """Return `colour`, moved towards white or black until it stands out from `ground`."""
    goal = text_on(ground)
    shades = (_mix(colour, goal, step / _STEPS) for step in range(_STEPS + 1))
    return next((shade for shade in shades if contrast(shade, ground) >= least), goal)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _mix(colour: str, goal: str, share: float) -> str:
    mixed = (round(a + (b - a) * share) for a, b in zip(_parts(colour), _parts(goal), strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))
