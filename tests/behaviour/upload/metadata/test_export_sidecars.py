# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sidecar that takes to Immich what an export knows, alone or added to the one that is there."""

from __future__ import annotations

import codecs
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._upload.sidecar import people_tags, sidecar_content
from support.collection import NO_KEYWORDS, Keywords, Metadata, Position, Taken, UnreadableXmp, in_xmp, keywords_of, with_metadata
from support.photos.jpegs import sidecar_of

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}
ALL = Metadata(
    tags=("trip/rome",),
    description="Zoë <&>\nin Rome",
    position=Position(41.9025, -12.496),
    taken=Taken(0.0, "2015-06-07T12:11:12+02:00"),
    rating=4,
)
WRITTEN = {
    "dc:description": "Zoë <&>\nin Rome",
    "tiff:ImageDescription": "Zoë <&>\nin Rome",
    "exif:GPSLatitude": "41,54.150000N",
    "exif:GPSLongitude": "12,29.760000W",
    "exif:DateTimeOriginal": "2015-06-07T12:11:12+02:00",
    "xmp:Rating": "4",
}


def sidecar(attributes: str = "", inner: str = "") -> str:
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    described = f'<rdf:Description rdf:about="" {names} {attributes}>{inner}</rdf:Description>'
    return f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{described}</rdf:RDF>'


def alternatives(name: str, text: str) -> str:
    return f'<{name}><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></{name}>'


def properties_in(content: bytes) -> dict[str, str]:
    """Property → value in an XMP document as ElementTree reads it, without tags. Asserts that none stands twice."""
    found: dict[str, str] = {}
    prefixes = {uri: prefix for prefix, uri in NAMESPACES.items()}
    for description in ElementTree.fromstring(content).iter(RDF + "Description"):
        named = [*description.attrib.items(), *((one.tag, one.findtext(f"{RDF}Alt/{RDF}li") or one.text or "") for one in description)]
        for name, text in named:
            uri, _, local = name[1:].partition("}")
            if uri in prefixes:
                assert found.setdefault(f"{prefixes[uri]}:{local}", text) is text
    return found


def test_new_sidecar_has_all_metadata() -> None:
    content = with_metadata(None, ALL, NO_KEYWORDS)
    assert properties_in(content) == WRITTEN
    assert keywords_of(content) == Keywords(["trip/rome"], [], [])
    assert b'<rdf:li xml:lang="x-default">' in content


def test_sidecar_without_tags_has_no_tag_list() -> None:
    content = with_metadata(None, ALL._replace(tags=()), Keywords(["of the file"], [], []))
    assert (properties_in(content), keywords_of(content)) == (WRITTEN, NO_KEYWORDS)


@pytest.mark.parametrize(
    ("attributes", "inner", "kept"),
    [
        ("", "", set()),
        ('xmp:Rating="2"', "", {"xmp:Rating"}),
        ("", "<xmp:Rating>2</xmp:Rating>", {"xmp:Rating"}),
        ("", alternatives("dc:description", "own"), {"dc:description"}),
        ("", alternatives("tiff:ImageDescription", "own"), {"tiff:ImageDescription"}),
        ('exif:GPSLatitude="1,2.3N" exif:GPSLongitude="1,2.3E"', "", {"exif:GPSLatitude", "exif:GPSLongitude"}),
        ('exif:DateTimeOriginal="2001-01-01T00:00:00"', "", {"exif:DateTimeOriginal"}),
        ('photoshop:DateCreated="2001-01-01T00:00:00"', "", {"photoshop:DateCreated"}),
        ("", "<xmp:CreateDate>2001-01-01</xmp:CreateDate>", {"xmp:CreateDate"}),
        ('xmp:ModifyDate="2001-01-01"', "", {"xmp:ModifyDate"}),
    ],
)
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8], ids=["", "LE", "BE", "UTF-8"])
def test_sidecar_keeps_present_properties_and_adds_rest(attributes: str, inner: str, kept: set[str], mark: bytes) -> None:
    encoding = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}.get(mark, "utf-8")
    content = mark + sidecar(attributes, inner).encode(encoding)
    before, merged = properties_in(content), with_metadata(content, ALL, NO_KEYWORDS)
    groups = [{"dc:description", "tiff:ImageDescription"}, {"exif:GPSLatitude", "exif:GPSLongitude"}, {"xmp:Rating"}]
    groups.append({"exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate"})
    closed = {name for group in groups if group & kept for name in group}
    assert set(before) == kept
    assert properties_in(merged) == before | {name: value for name, value in WRITTEN.items() if name not in closed}
    assert keywords_of(merged).tags == ["trip/rome"]
    assert with_metadata(merged, ALL, NO_KEYWORDS) == merged


def test_sidecar_gets_tags_and_properties_together() -> None:
    content = sidecar_of(tags=["a"])
    merged = with_metadata(content, ALL, NO_KEYWORDS)
    assert keywords_of(merged).tags == ["a", "trip/rome"]
    assert properties_in(merged) == WRITTEN
    place = next(number for number in range(len(content)) if content[number] != merged[number])
    assert merged.endswith(content[content.index(b"</rdf:RDF>") :])
    assert place > content.index(b"<rdf:li>a</rdf:li>")


def test_a_property_elsewhere_is_not_the_pictures() -> None:
    content = sidecar("", '<xmp:x><rdf:Bag><rdf:li><rdf:Description xmp:Rating="1"/></rdf:li></rdf:Bag></xmp:x>').encode()
    assert b'xmp:Rating="4"' in with_metadata(content, Metadata(rating=4), NO_KEYWORDS)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (Metadata(description="a\r\nb\rc\n"), {"dc:description": "a\nb\nc"}),
        (Metadata(description="a\0b\x1b\ud800\ufffe\tc"), {"dc:description": "a\ufffdb\ufffd\ufffd\ufffd\tc"}),
        (Metadata(description="1.50"), {"dc:description": "1.50 "}),  # Immich cuts the blank off, and has 1.5 without it
        (Metadata(description="0"), {"dc:description": "0 "}),  # and nothing at all
        (Metadata(description="2e5"), {"dc:description": "2e5 "}),
        (Metadata(description=" \n "), {}),
        (Metadata(description=" undef\n"), {}),  # Immich loses it, however it is written
        (Metadata(rating=0), {}),
        (Metadata(rating=6), {}),
        (Metadata(rating=5), {"xmp:Rating": "5"}),
        (Metadata(position=Position(91, 0)), {}),
        (Metadata(position=Position(float("nan"), 0)), {}),
        (Metadata(position=Position(-90, 180)), {"exif:GPSLatitude": "90,0.000000S", "exif:GPSLongitude": "180,0.000000E"}),
        (Metadata(position=Position(0.999999999999, -1e-9)), {"exif:GPSLatitude": "1,0.000000N", "exif:GPSLongitude": "0,0.000000W"}),
    ],
)
def test_each_value_is_written_as_a_property(properties: Metadata, expected: dict[str, str]) -> None:
    content = with_metadata(sidecar().encode(), properties, NO_KEYWORDS)
    assert {name: text for name, text in properties_in(content).items() if name != "tiff:ImageDescription"} == expected
    assert bool(in_xmp(properties)) == bool(expected)


def test_sidecar_in_unsupported_encoding_is_unreadable() -> None:
    content = b'<?xml version="1.0" encoding="utf-7"?>' + sidecar().encode()
    with pytest.raises(UnreadableXmp):
        with_metadata(content, ALL, NO_KEYWORDS)


LOST = ("null", "undef", "undefined")  # descriptions that Immich does not keep, so that they are not written
DEGREES = re.compile(r"(\d+),(\d+\.\d+)([NSEW])")


def degrees(text: str) -> float:
    match = DEGREES.fullmatch(text)
    assert match
    return (int(match[1]) + float(match[2]) / 60) * (-1 if match[3] in "SW" else 1)


@given(
    st.builds(
        Metadata,
        tags=st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff/"), min_size=1), max_size=3),
        description=st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: text.strip() not in LOST),
        position=st.one_of(st.none(), st.builds(Position, st.floats(-90, 90), st.floats(-180, 180))),
        taken=st.one_of(st.none(), st.builds(Taken, st.just(0.0), st.datetimes().map(str), st.sampled_from([None, "+02:00", "-03:30"]))),
        rating=st.one_of(st.none(), st.integers(1, 5)),
    ),
    st.booleans(),
)
def test_sidecar_of_any_metadata_reads_back(properties: Metadata, there: bool) -> None:
    content = with_metadata(sidecar().encode() if there else None, properties, NO_KEYWORDS)
    found = properties_in(content)
    assert found.get("xmp:Rating") == (str(properties.rating) if properties.rating else None)
    assert found.get("exif:DateTimeOriginal") == (properties.taken.local if properties.taken else None)
    assert found.get("exif:OffsetTimeOriginal") == (properties.taken.offset if properties.taken else None)
    if properties.position:
        assert degrees(found["exif:GPSLatitude"]) == pytest.approx(properties.position.latitude, abs=1e-8)
        assert degrees(found["exif:GPSLongitude"]) == pytest.approx(properties.position.longitude, abs=1e-8)
    read, text = found.get("dc:description", "").strip(), (properties.description or "").replace("\r\n", "\n").replace("\r", "\n").strip()
    assert len(read) == len(text)
    assert all(one == other or one == "\ufffd" for one, other in zip(read, text, strict=True))
    assert [tag.rstrip("/") for tag in keywords_of(content).tags] == list(dict.fromkeys(properties.tags))


def test_sidecar_content_has_metadata_of_export() -> None:
    said = Metadata(
        description="Rome",
        position=Position(41.9, 12.5),
        rating=3,
        tags=("a\nb", "trip/rome"),
        people=("Zoë", " A/B\t C ", "\0", ""),
    )
    content = sidecar_content(said, "2015-06-07T12:11:12", ["trip/rome"], NO_KEYWORDS, None, people_as_tags=True)
    assert content is not None
    assert keywords_of(content).tags == ["trip/rome", "a b", "People/Zoë", "People/A-B C", "People/\ufffd"]
    assert set(properties_in(content)) == set(WRITTEN)
    content = sidecar_content(said, None, [], NO_KEYWORDS, None, people_as_tags=False)
    assert content is not None
    assert keywords_of(content).tags == ["a b", "trip/rome"]
    assert "exif:DateTimeOriginal" not in properties_in(content)


def test_sidecar_content_without_metadata_is_unchanged() -> None:
    for existing in (None, sidecar_of(tags=["a"]), b"no XMP"):
        assert sidecar_content(Metadata(people=("Zoë",), rating=0), None, [], NO_KEYWORDS, existing, people_as_tags=False) == existing
    with pytest.raises(UnreadableXmp):
        sidecar_content(Metadata(rating=1), None, [], NO_KEYWORDS, b"no XMP", people_as_tags=False)


def test_people_become_tags_below_people() -> None:
    assert people_tags(["Zoë & Ben", "A\u2028B"]) == ["People/Zoë & Ben", "People/A B"]
