# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of what can be said of a photo, row by row, with odd values: what is written can be read again, or its loss is said."""

from __future__ import annotations

import math
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._metadata.faces import Face, FaceBox, Person, PictureFaces, StoredPicture
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.fields import FIELDS, FILL, changed, from_answer, missing
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.model import NOTHING, READ, Camera
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.value_types import AREA, REGIONS, XmpList, XmpRegions
from immich_emulator.uploads import media
from support.collection import (
    LONGEST_WRITTEN,
    NO_KEYWORDS,
    ArchiveRecord,
    Metadata,
    Position,
    Taken,
    archive_sidecar,
    in_xmp,
    keep_record,
    parse_line,
    with_metadata,
)

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
MIB = 1024 * 1024
TEXTS: list[Any] = [("a", "a"), ("",), ("\ud800",), ("\0",), ("x" * MIB,), tuple(map(str, range(10_001))), ("1.50", "0", "null")]


def face(name: str, left: float = 0.1) -> Face:
    return Face(Person("0" * 8 + "-0000-4000-8000-" + "0" * 12, name), FaceBox(left, 0.2, left + 0.125, 0.75))


ODD: dict[str, list[Any]] = {
    "taken": [
        Taken(-62_135_596_800.0),  # the year 1
        Taken(253_402_300_799.999),  # the year 9999
        Taken(253_402_300_800.0),
        Taken(math.nan),
        Taken(-math.inf),
        Taken(0.25, "1970-01-01T02:00:00.250+02:00", "+02:00", READ),
        Taken(0.0, "0001-01-01T00:00:00", None, READ),
        Taken(0.0, "9999-12-31T23:59:59.999-11:00", "-11:00", READ),
        Taken(0.0, "2015-06-31T00:00:00Z", None, READ),
        Taken(0.0, "tomorrow", None, READ),
    ],
    "zone": ["Europe/Rome", "", "\ud800", "x" * 300],
    "favorite": [True],
    "visibility": ["archive", "hidden", "locked", "private", "", "\ud800"],
    "description": ["é", "\ud800", "a\r\nb\0", " ", "1.50", "0", "x" * MIB, '"' * MIB],
    "rating": [-1, 0, 1, 5, 6, -2],
    "position": [Position(90, -180), Position(-0.0, 1e-9), Position(91, 0), Position(0, math.nan), Position(math.inf, 0)],
    "camera": [
        Camera("Canon", "EOS 5D", "EF 24-70mm"),
        Camera(lens="\ud800"),
        Camera(model="\0\n"),
        Camera(),
        Camera("x" * 300),
        Camera("x" * 300, "y"),
    ],
    "tags": TEXTS,
    "people": TEXTS,
    "albums": TEXTS,
    "faces": [
        PictureFaces((face("Ann"),), StoredPicture(400, 300, 6)),
        PictureFaces((face("Ann"), face("Ben \0& <Co>", 0.5)), StoredPicture(1, 1)),
        PictureFaces((face("Ann"),)),
        PictureFaces((face("\0"),), StoredPicture(400, 300, 8)),
        PictureFaces((face("\ud800"),), StoredPicture(400, 300)),
        PictureFaces((face("x" * MIB), face("Ann")), StoredPicture(400, 300)),
        PictureFaces((face("Ann"),) * 10_001, StoredPicture(400, 300)),
    ],
}
ROWS = [(name, value) for name, values in ODD.items() for value in values]
NAMES = [f"{name}-{ascii(value)[:40]}" for name, value in ROWS]


def record(metadata: Metadata) -> ArchiveRecord:
    return ArchiveRecord("0" * 8 + "-0000-4000-8000-" + "0" * 12, "a.jpg", "0" * 40, 1, "a.jpg", metadata=metadata)


def test_each_field_has_a_row_and_each_row_odd_values() -> None:
    assert {field.name for field in FIELDS} == set(Metadata._fields) == set(ODD)
    assert len({key for field in FIELDS for key in field.keys}) == sum(len(field.keys) for field in FIELDS)
    assert all(field.api for field in FIELDS if field.merge == FILL)


@pytest.mark.parametrize(("name", "value"), ROWS, ids=NAMES)
def test_an_odd_value_comes_back_or_its_loss_is_said(name: str, value: Any) -> None:
    before = record(NOTHING._replace(**{name: value}))
    found, cut = keep_record(before)
    unread: list[str] = []
    assert parse_line(found.line, unread) == found
    assert unread == []
    assert len(found.line) <= LONGEST_WRITTEN
    assert keep_record(found) == (found, [])
    if name == "taken":
        assert (found.metadata.taken is None) == bool(cut)
        assert found.metadata.taken is None or value.local in (None, found.metadata.taken.local)
    elif value != Camera():  # which says nothing
        assert (found == before) == (not cut)


@settings(deadline=None)
@given(st.builds(Metadata))
def test_record_round_trip_keeps_metadata_or_reports_cut(metadata: Metadata) -> None:
    found, cut = keep_record(record(metadata))
    assert parse_line(found.line, []) == found
    assert found.metadata._replace(taken=None) == metadata._replace(taken=None) or cut


@pytest.mark.parametrize(("name", "value"), ROWS, ids=NAMES)
def test_sidecar_of_odd_value_reads_back(name: str, value: Any) -> None:
    metadata = keep_record(record(NOTHING._replace(**{name: value}))).record.metadata
    says = in_xmp(metadata).get(name, {})
    read = properties_of(archive_sidecar(metadata))
    for property_name, expected in says.items():
        if isinstance(expected, XmpRegions):
            assert regions_of(archive_sidecar(metadata)) == [(name, *(f"{number:.6f}" for number in area)) for name, area in expected.areas]
            continue
        wanted = list(expected.texts) if isinstance(expected, XmpList) else expected
        assert read[property_name] == wanted
    (row,) = (field for field in FIELDS if field.name == name)
    said, nothing = getattr(metadata, name), getattr(NOTHING, name)
    can_be_said = said != nothing and row.send(said) != nothing and bool(row.xmp or name == "tags")
    assert bool(says) == can_be_said


def regions_of(content: bytes) -> list[tuple[str, ...]]:
    """Name, middle and size of each region in a document."""
    names = [f"{{{REGIONS}}}Name", *(f"{{{REGIONS}}}Area/{{{AREA}}}{name}" for name in "xywh")]
    regions = ElementTree.fromstring(content).iterfind(f".//{{{REGIONS}}}RegionList/{RDF}Bag/{RDF}li")
    return [tuple(region.findtext(name, "") for name in names) for region in regions]


@pytest.mark.parametrize(("name", "value"), ROWS, ids=NAMES)
def test_sidecar_with_same_metadata_is_unchanged(name: str, value: Any) -> None:
    metadata = keep_record(record(NOTHING._replace(**{name: value}))).record.metadata
    if in_xmp(metadata) and len(getattr(metadata, name) if isinstance(value, tuple) else "") < 10_000:
        content = with_metadata(None, metadata, NO_KEYWORDS)
        assert with_metadata(content, metadata, NO_KEYWORDS) == content


def test_sidecar_is_read_as_immich_reads() -> None:
    metadata = Metadata(
        taken=Taken(0.0, "2015-06-07T12:11:12+02:00", "+02:00", READ),
        description="Zoë <&>\nin Rome",
        rating=4,
        position=Position(41.9025, -12.496),
        camera=Camera("Canon", "EOS 5D", "EF 24-70mm"),
        tags=("Trip/Rome",),
    )
    found = media.Metadata()
    media.read_xmp(archive_sidecar(metadata), found, found.beside)
    assert (found.description, found.rating, found.tags) == (metadata.description, 4, ["Trip/Rome"])
    assert (found.make, found.model, found.lens) == metadata.camera
    assert found.beside.position == (41.9025, -12.496)
    assert str(found.beside.clock) == "2015-06-07 12:11:12"


@pytest.mark.parametrize("rating", [-1, 1, 5])
def test_rating_and_rejection_survive_all_formats(rating: int) -> None:
    said = Metadata(rating=rating)
    answer = {"isFavorite": False, "visibility": "timeline", "fileCreatedAt": "", "localDateTime": "", "exifInfo": {"rating": rating}}
    assert from_answer(answer).rating == rating
    assert missing(said, NOTHING) == {"rating": rating}
    assert b'xmp:Rating="%d"' % rating in archive_sidecar(said)
    assert keep_record(record(said)).record.metadata == said


def test_missing_fills_empty_fields_only() -> None:
    wanted = Metadata(description="Rome", rating=4, position=Position(1.0, 2.0), favorite=True, tags=("a",), people=("Zoë",))
    assert missing(wanted, NOTHING) == {"description": "Rome", "rating": 4, "latitude": 1.0, "longitude": 2.0}
    assert missing(wanted, Metadata(description="other", position=Position(0.0, 0.0))) == {"rating": 4}
    assert missing(wanted, wanted) == missing(NOTHING, NOTHING) == {}
    assert missing(Metadata(description=" ", rating=6, position=Position(91.0, 0.0)), NOTHING) == {}


@pytest.mark.parametrize("description", ["null", "undef", "undefined", " null\n"])
def test_description_lost_by_immich_is_not_sent(description: str) -> None:
    assert missing(Metadata(description=description), NOTHING) == {}


def test_changed_applies_sent_fields() -> None:
    wanted = Metadata(description="Rome", rating=4, favorite=True, visibility="archive", position=Position(1.0, 2.0), tags=("a",))
    sent = {"description": "Rome", "rating": 4, "isFavorite": True, "visibility": "archive", "latitude": 1.0, "longitude": 2.0}
    found = changed(Metadata(rating=2), wanted, sent)
    assert found == wanted._replace(rating=2, tags=())
    assert changed(Metadata(rating=2), wanted, {}) == Metadata(rating=2)


def properties_of(content: bytes) -> dict[str, Any]:
    """The properties of an XMP document as ElementTree reads them: URI, blank and name → a text, or the texts of a list."""
    found: dict[str, Any] = {}
    for description in ElementTree.fromstring(content).iter(RDF + "Description"):
        found.update((name[1:].replace("}", " "), text) for name, text in description.attrib.items())
        for one in description:
            items = list(one.iterfind(f"*/{RDF}li"))
            found[one.tag[1:].replace("}", " ")] = ["".join(item.itertext()) for item in items]
    return found
