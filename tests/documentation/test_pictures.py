# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation's pictures are small, and show what is shown today."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from documentation.blocks import DOCSITE
from documentation.drawings import steps
from pictures import declared, draw

AGAIN = "Look at what has changed, then: make pictures"


def test_pictures_are_small() -> None:
    assert {picture.suffix for picture in draw.IMAGES.iterdir()} == {".png", ".svg"}
    for picture in draw.IMAGES.iterdir():
        assert picture.stat().st_size < 150_000


def test_the_picture_of_a_report_is_current() -> None:
    assert draw.DIGEST.read_text(encoding="ascii").strip() == draw.digest(), AGAIN


def test_the_picture_of_a_difference_is_current() -> None:
    shown = [line for line in declared.TRANSCRIPT.read_text(encoding="utf-8").splitlines() if line[:1] in ("+", "-")]
    assert [line for line in shown if not line.startswith(("+++", "---"))] == declared.lines(), AGAIN


@pytest.mark.parametrize("name", steps.DRAWINGS)
def test_the_drawing_of_steps_is_current_and_described(name: str) -> None:
    title, boxes = steps.DRAWINGS[name]
    assert (draw.IMAGES / name).read_text(encoding="utf-8") == steps.draw(title, boxes), AGAIN
    guide = (DOCSITE / "rst" / f"guide_{name.partition('_')[0]}.rst").read_text(encoding="utf-8")
    (alternative,) = re.findall(rf"^\.\. image:: \.\./images/{name}\n   :alt: (.*)$", guide, re.MULTILINE)
    assert [box.name for box in boxes if box.name.lower() not in alternative.lower()] == []


def test_drawings_are_sound_and_load_nothing() -> None:
    for drawing in draw.IMAGES.glob("*.svg"):
        text = drawing.read_text(encoding="utf-8")
        assert ET.fromstring(text).find("{http://www.w3.org/2000/svg}title") is not None
        assert re.findall(r"https?://[^\s\"]+", text) == ["http://www.w3.org/2000/svg"]
