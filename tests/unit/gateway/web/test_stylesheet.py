"""The stylesheet's promises: readable contrast in light and dark, and nothing fetched from elsewhere."""

import re
from pathlib import Path

import pytest

from gateway.web import app

_WEB = Path(app.__file__).parent
_CSS = (_WEB / "static" / "passerelle.css").read_text(encoding="utf-8")
_AA_TEXT = 4.5  # WCAG 2.1, 1.4.3
_AA_GRAPHICS = 3.0  # WCAG 2.1, 1.4.11


def _palette(theme: str) -> dict[str, str]:
    """Return the custom colours of `theme`; the dark one only names what differs."""
    light, dark = (dict(re.findall(r"--(\w[\w-]*): (#[0-9a-f]{3,6});", block)) for block in _roots())
    return light if theme == "light" else light | dark


def _roots() -> list[str]:
    return re.findall(r":root \{(.*?)\}", _CSS, flags=re.DOTALL)[:2]


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "paper"),
        ("ink", "surface"),
        ("ink", "tint"),
        ("muted", "paper"),
        ("muted", "surface"),
        ("muted", "tint"),
        ("accent", "paper"),
        ("accent", "tint"),
        ("accent-ink", "accent"),
        ("alert", "paper"),
        ("alert", "surface"),
    ],
)
def test_text_stands_out_from_its_ground(theme: str, text: str, ground: str) -> None:
    palette = _palette(theme)
    assert _contrast(palette[text], palette[ground]) >= _AA_TEXT


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_focus_ring_stands_out_from_the_page(theme: str) -> None:
    palette = _palette(theme)
    assert _contrast(palette["focus"], palette["paper"]) >= _AA_GRAPHICS


def test_no_page_fetches_anything_from_elsewhere() -> None:
    for file in [*_WEB.glob("templates/*.html"), *_WEB.glob("static/*.css"), *_WEB.glob("static/*.js")]:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"""(src|href|url|import)\s*[=(:]?\s*["']?(https?:)?//""", text), file.name


def test_no_template_carries_what_the_content_policy_forbids() -> None:
    for file in _WEB.glob("templates/*.html"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(
            r"<style|\sstyle=|\son(click|change|error|load|submit)=|<script(?! src=)", text
        ), file.name
