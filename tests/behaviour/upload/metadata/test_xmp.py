# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags in XMP documents: those of programs that people use, and those of an attacker."""

from __future__ import annotations

import codecs
from xml.etree import ElementTree

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._upload.sidecar import embedded_keywords
from support.collection import NO_KEYWORDS, Keywords, Metadata, UnreadableXmp, keywords_of, with_metadata
from support.photos.jpegs import jpeg, sidecar_of, with_iptc, with_xmp

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
TAGS = "{http://www.digikam.org/ns/1.0/}TagsList"

DIGIKAM = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:digiKam="http://www.digikam.org/ns/1.0/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
    xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
   digiKam:PickLabel="0"
   xmp:Rating="4">
   <digiKam:TagsList>
    <rdf:Seq>
     <rdf:li>Personen/Zoë &amp; Ben</rdf:li>
     <rdf:li>Orte/Köln</rdf:li>
    </rdf:Seq>
   </digiKam:TagsList>
   <lr:hierarchicalSubject>
    <rdf:Bag>
     <rdf:li>Personen|Zoë &amp; Ben</rdf:li>
     <rdf:li>Orte|Köln</rdf:li>
    </rdf:Bag>
   </lr:hierarchicalSubject>
   <mwg-rs:Regions rdf:parseType="Resource">
    <mwg-rs:RegionList><rdf:Bag><rdf:li><rdf:Description mwg-rs:Name="Zoë"/></rdf:li></rdf:Bag></mwg-rs:RegionList>
   </mwg-rs:Regions>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""
LIGHTROOM = """<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0-c000 1.000000, 0000/00/00-00:00:00        ">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="uuid:1f0c"
    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
   crs:Exposure2012="+0.35">
   <dc:subject><rdf:Bag><rdf:li>lake</rdf:li><rdf:li>places</rdf:li></rdf:Bag></dc:subject>
   <lr:hierarchicalSubject><rdf:Bag><rdf:li>places|lake</rdf:li><rdf:li>24/7|café</rdf:li></rdf:Bag></lr:hierarchicalSubject>
   <!-- kept --><?kept as well?>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""
DARKTABLE = """<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:darktable="http://darktable.sf.net/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
   darktable:xmp_version="5"
   darktable:history_end="1">
   <darktable:history><rdf:Seq><rdf:li darktable:operation="exposure" darktable:params="00b8&#xA;"/></rdf:Seq></darktable:history>
   <dc:subject><rdf:Seq><rdf:li>boat</rdf:li></rdf:Seq></dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""
OTHER_PREFIXES = """<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://www.digikam.org/ns/1.0/"
><r:Description r:about=''><TagsList><r:Bag><r:li>a</r:li></r:Bag></TagsList></r:Description><r:Description r:about=''/></r:RDF>"""
PLAIN = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""/></rdf:RDF>'

SHAPES = [
    (DIGIKAM, ["Personen/Zoë & Ben", "Orte/Köln"]),
    (LIGHTROOM, ["places/lake", "24|7/café"]),
    (DARKTABLE, ["boat"]),
    (OTHER_PREFIXES, ["a"]),
    (PLAIN, []),
]
ENCODINGS = [
    ("utf-8", b""),
    ("utf-8", codecs.BOM_UTF8),
    ("utf-16-le", codecs.BOM_UTF16_LE),
    ("utf-16-be", codecs.BOM_UTF16_BE),
]


def with_tags(content: bytes | None, tags: list[str], embedded: Keywords) -> bytes:
    """The sidecar with these tags and no other metadata."""
    return with_metadata(content, Metadata(tags=tuple(tags)), embedded)


def tags_in(content: bytes) -> list[str]:
    """The tags of a document's last list, as another parser reads them."""
    lists = list(ElementTree.fromstring(content).iter(TAGS))
    return [item.text or "" for item in lists[-1].iter(RDF + "li")]


@pytest.mark.parametrize(("encoding", "mark"), ENCODINGS)
@pytest.mark.parametrize(("document", "before"), SHAPES)
def test_with_tags_adds_tags_and_keeps_rest(document: str, before: list[str], encoding: str, mark: bytes) -> None:
    text = document.replace("\ufeff", "").replace('encoding="UTF-8"', f'encoding="{encoding[:6]}"')
    content = mark + text.encode(encoding)
    added = ["trip/rome", "<&>\"' \u00e9\U0001f600"]
    merged = with_tags(content, added, NO_KEYWORDS)
    assert tags_in(merged) == [*before, *added]
    if encoding != "utf-8" and not text.startswith("<?"):
        declared = mark + '<?xml version="1.0" encoding="UTF-16"?>'.encode(encoding)
        assert merged.startswith(declared)
        merged = mark + merged[len(declared) :]
    same = next(place for place in range(len(content) + 1) if content[:place] != merged[:place]) - 1
    assert merged.endswith(content[same:])


def test_with_tags_adds_no_present_tag() -> None:
    content = DIGIKAM.encode()
    assert with_tags(content, ["Orte/Köln"], NO_KEYWORDS) == content
    once = with_tags(content, ["trip/rome"], NO_KEYWORDS)
    assert with_tags(once, ["trip/rome", "Orte/Köln"], NO_KEYWORDS) == once


def test_the_description_is_about_the_same() -> None:
    merged = with_tags(LIGHTROOM.encode(), ["t"], NO_KEYWORDS)
    assert [one.get(RDF + "about") for one in ElementTree.fromstring(merged).iter(RDF + "Description")] == ["uuid:1f0c"] * 2


def test_with_tags_keeps_declared_encoding() -> None:
    content = b'<?xml version="1.0" encoding="ISO-8859-1"?>\n' + LIGHTROOM.encode("latin-1")
    assert tags_in(with_tags(content, ["\u20ac/é"], NO_KEYWORDS)) == ["places/lake", "24|7/café", "\u20ac/é"]


@pytest.mark.parametrize(
    ("own", "embedded", "expected"),
    [
        (Keywords(["a"], ["b"], ["c"]), Keywords(["d"], ["e"], ["f"]), ["a"]),
        (Keywords([], ["b"], ["c"]), Keywords(["d"], ["e"], ["f"]), ["d"]),
        (Keywords([], ["b"], ["c"]), Keywords([], ["e"], ["f"]), ["b"]),
        (Keywords([], [], ["c"]), Keywords([], ["e"], ["f"]), ["e"]),
        (Keywords([], [], ["c"]), Keywords([], [], ["f"]), ["c"]),
        (NO_KEYWORDS, Keywords([], [], ["f"]), ["f"]),
        (NO_KEYWORDS, NO_KEYWORDS, []),
    ],
)
def test_new_tag_list_begins_with_keywords_of_immich(own: Keywords, embedded: Keywords, expected: list[str]) -> None:
    content = sidecar_of(tags=own.tags, hierarchical=own.hierarchical, subjects=own.plain)
    assert tags_in(with_tags(content, ["t"], embedded)) == [*expected, "t"]


def test_new_sidecar_has_keywords_and_tags() -> None:
    assert tags_in(with_tags(None, ["trip/rome", "\u00e9"], Keywords([], ["places/lake"], ["lake"]))) == [
        "places/lake",
        "trip/rome",
        "\u00e9",
    ]


@pytest.mark.parametrize(
    "inner",
    [
        '<d:TagsList><rdf:Seq/></d:TagsList><d:TagsList xml:lang="x"/>',
        "<d:TagsList>text</d:TagsList>",
        "<x><d:TagsList><rdf:Seq><rdf:li>elsewhere</rdf:li></rdf:Seq></d:TagsList></x>",
    ],
)
def test_list_without_entries_counts_as_absent(inner: str) -> None:
    description = f'<rdf:Description xmlns:d="http://www.digikam.org/ns/1.0/">{inner}</rdf:Description>'
    content = f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{description}</rdf:RDF>'.encode()
    assert tags_in(with_tags(content, ["t"], NO_KEYWORDS)) == ["t"]


def test_with_tags_extends_last_of_two_lists() -> None:
    second = sidecar_of(tags=["b"]).decode().partition("<rdf:RDF")[2].partition(">")[2].partition("</rdf:RDF>")[0]
    content = sidecar_of(tags=["a"]).decode().replace("</rdf:RDF>", second + "</rdf:RDF>").encode()
    assert tags_in(with_tags(content, ["t"], NO_KEYWORDS)) == ["b", "t"]


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    + f"]>{PLAIN.replace('/></rdf:RDF>', '>&m;</rdf:Description></rdf:RDF>')}"
)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (BOMB.encode(), "it has a document type declaration"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "it has a document type declaration"),
        (b"<a>" * 1_000_000, "its elements are nested too deeply"),
        (sidecar_of(tags=[str(number) for number in range(10_001)]), "it has too many keywords"),
        (b"", "it is not well-formed XML: "),
        (b"\0\xff\xfe", "it is not well-formed XML: "),
        (PLAIN.encode()[:-3], "it is not well-formed XML: "),
        (b'<?xml version="1.0" encoding="no-such"?><x/>', "it is not well-formed XML: "),
        (b"<x/>", "it has no rdf:Description"),
        (b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', "it has no rdf:Description"),
        (b'<?xml version="1.0" encoding="cp037"?>' + PLAIN.encode(), "it is not well-formed XML: "),
    ],
    ids=["bomb", "outside", "deep", "many", "empty", "binary", "cut", "encoding", "not XMP", "nothing in it", "EBCDIC"],
)
def test_untrusted_documents_are_refused(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableXmp) as caught:
        with_tags(content, ["t"], NO_KEYWORDS)
    assert str(caught.value).startswith(why)


def test_the_keywords_inside_of_a_photo() -> None:
    photo = jpeg(1)
    assert embedded_keywords(photo) == NO_KEYWORDS
    assert embedded_keywords(with_xmp(photo, DIGIKAM.encode())) == keywords_of(DIGIKAM.encode())
    assert embedded_keywords(with_iptc(photo, ["café", "boat"])) == Keywords([], [], ["café", "boat"])
    assert embedded_keywords(with_iptc(photo, ["café\u20ac"], utf8=True)) == Keywords([], [], ["café\u20ac"])
    both = with_iptc(with_xmp(photo, sidecar_of(subjects=["xmp"])), ["iptc"])
    assert embedded_keywords(both) == Keywords([], [], ["xmp"])
    assert embedded_keywords(with_iptc(photo, ["good", "b\0d"])) == Keywords([], [], ["good"])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe1\x00\x01" + b"x" * 100,
        b"\xff\xd8" + b"\xff\xe0\x00\x02" * 100_000,
        b"\x89PNG\r\n\x1a\n" + DIGIKAM.encode(),
        with_xmp(jpeg(1), b"<broken"),
        with_xmp(jpeg(1), BOMB.encode()),
        with_iptc(jpeg(1), [])[:40],
        jpeg(1) + with_xmp(jpeg(1), DIGIKAM.encode()),
    ],
    ids=["empty", "start", "cut", "length", "endless", "PNG", "broken", "bomb", "cut IPTC", "behind the image"],
)
def test_photo_without_keywords_has_none(content: bytes) -> None:
    assert embedded_keywords(content) == NO_KEYWORDS
