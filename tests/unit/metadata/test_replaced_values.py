# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""XMP documents in which values take the place of others: what goes, and that all else stays."""

from __future__ import annotations

import codecs
from xml.etree import ElementTree

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._metadata.value_types import DC, EXIF, XMP, Xmp, XmpList
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.xmp import TagChange, with_values
from support.collection import UnreadableXmp, keywords_of
from support.photos.jpegs import sidecar_of

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
RATING = f"{XMP} Rating"
NAMES = 'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:o="urn:other"'
FOUR: Xmp = {RATING: "4"}


def document(attributes: str = "", inner: str = "", more: str = "") -> str:
    described = f'<rdf:Description rdf:about="x" {NAMES}{attributes}>{inner}</rdf:Description>{more}'
    return f'<!-- a --><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{described}</rdf:RDF><?b c?>'


def said(content: bytes) -> list[tuple[str, str]]:
    """Each property of a document with its text, sorted."""
    found: list[tuple[str, str]] = []
    for description in ElementTree.fromstring(content).iterfind(RDF + "Description"):
        found += [(name, text) for name, text in description.attrib.items() if name != RDF + "about"]
        found += [(element.tag, "".join(element.itertext()).strip()) for element in description]
    return sorted((name.partition("}")[2], text) for name, text in found)


@pytest.mark.parametrize(
    ("attributes", "inner"),
    [
        ("", ""),
        (' xmp:Rating="2"', ""),
        ("\n xmp:Rating = '2>' o:a='x>\"'", ""),
        (' o:a="1" xmp:Rating="2" o:b="/>"', "<o:c/>"),
        ("", "<xmp:Rating>2</xmp:Rating>"),
        ("", "<xmp:Rating/><o:c>/></o:c>"),
        ("", "<o:c>a</o:c><xmp:Rating o:x='>'/><o:d/>"),
        (' xmp:Rating="1"', "<xmp:Rating>2</xmp:Rating ><xmp:Rating>3</xmp:Rating>"),
        ("", "<o:c><rdf:Bag><rdf:li><rdf:Description xmp:Rating='1'/></rdf:li></rdf:Bag></o:c>"),
    ],
)
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8], ids=["", "LE", "BE", "UTF-8"])
def test_value_takes_place_of_each_other(attributes: str, inner: str, mark: bytes) -> None:
    encoding = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}.get(mark, "utf-8")
    content = mark + document(attributes, inner).encode(encoding)
    changed = with_values(content, FOUR)
    kept = [pair for pair in said(content) if pair[0] != "Rating"]
    assert said(changed) == sorted([*kept, ("Rating", "4")])
    assert with_values(changed, FOUR) == changed
    assert (b"<!-- a -->" in changed, b"<?b c?>" in changed) == (True, True)


def test_description_without_others_is_replaced() -> None:
    content = document(' xmp:Rating="2"', "<dc:description>a</dc:description>").encode()
    changed = with_values(content, {RATING: "4", f"{DC} description": XmpList("Alt", ("b",))})
    assert (said(changed), changed.count(b"rdf:Description ")) == ([("Rating", "4"), ("description", "b")], 1)


def test_empty_value_takes_property_away() -> None:
    more = '<rdf:Description rdf:about="x" xmlns:e="http://ns.adobe.com/exif/1.0/" e:DateTimeOriginal="1"/>'
    content = document(' xmp:Rating="2"', more=more)
    changed = with_values(content.encode(), {RATING: "", f"{EXIF} OffsetTimeOriginal": ""})
    assert said(changed) == [("DateTimeOriginal", "1")]
    assert said(with_values(changed, {f"{EXIF} DateTimeOriginal": ""})) == []
    assert said(with_values(with_values(changed, {f"{EXIF} DateTimeOriginal": ""}), FOUR)) == [("Rating", "4")]


@pytest.mark.parametrize(
    ("content", "change", "tags", "hierarchical", "plain"),
    [
        (None, TagChange(("a/b", "1.50"), (), ("c",)), ["c", "a/b", "1.50/"], [], []),
        (sidecar_of(tags=["x", "y/z"]), TagChange(("a",), ("x",), ("only here",)), ["y/z", "a"], [], []),
        (
            sidecar_of(tags=["p/q", "k"], hierarchical=["p|q", "k"], subjects=["q", "k", "other"]),
            TagChange((), ("p/q",), ()),
            ["k"],
            ["k"],
            ["k", "other"],
        ),
        (sidecar_of(tags=["p/q", "r/q"], subjects=["q"]), TagChange((), ("p/q",), ()), ["r/q"], [], ["q"]),
        (sidecar_of(subjects=["q"]), TagChange((), ("q",), ("q",)), [""], [], []),
        (sidecar_of(tags=[""], subjects=["q"]), TagChange(("a",), (), ()), ["a"], [], ["q"]),
    ],
)
def test_tags_are_added_and_removed(
    content: bytes | None, change: TagChange, tags: list[str], hierarchical: list[str], plain: list[str]
) -> None:
    changed = with_values(content, {}, change)
    found = keywords_of(changed)
    assert (found.tags, found.hierarchical, found.plain) == (tags, hierarchical, plain)
    assert keywords_of(with_values(changed, {}, change)) == found


def test_many_properties_and_blanks_are_replaced() -> None:
    content = document(' xmp:Rating="1"' + " " * 200_000, "<xmp:Rating/>" * 20_000 + "<o:a/>").encode()
    assert said(with_values(content, FOUR)) == [("Rating", "4"), ("a", "")]


@pytest.mark.parametrize("content", ["", "<a/>", "<!DOCTYPE a>" + document(), document()[:-20], "<?xml version='1.0' encoding='cp037'?>"])
def test_document_without_xmp_is_refused(content: str) -> None:
    with pytest.raises(UnreadableXmp):
        with_values(content.encode(), FOUR)


def test_document_in_odd_encoding_is_refused() -> None:
    with pytest.raises(UnreadableXmp):
        with_values(f"<?xml version='1.0' encoding='cp037'?>{document()}".encode("cp037"), FOUR)
