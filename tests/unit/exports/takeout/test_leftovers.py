# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures and videos that have no JSON file of their own, but belong to one that has."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO
from typing import BinaryIO

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._exports.takeout.derived_files import holds_video
from support.exports.media import Camera, jpeg
from support.photos.items import MemoryItem
from support.photos.takeouts import JPEG, MP4, Takeout, names

STEM = "n" * 47
NOON = datetime(2020, 5, 20, 12)


class ForwardItem(MemoryItem):
    """One that can only be read forward, as a large member of an archive that is packed."""

    __slots__ = ()

    def open(self) -> BinaryIO:
        stream = BytesIO(super().open().read())
        stream.seekable = lambda: False  # type: ignore[method-assign]  # as a member of a compressed archive
        return stream


def motion_photo(video: bytes = MP4, *, xmp: str = "") -> bytes:
    """A JPEG with a video behind it, and what its metadata says of that."""
    xmp = xmp or (
        '<Container:Directory><rdf:Seq><rdf:li><Container:Item Item:Mime="image/jpeg" Item:Semantic="Primary" Item:Length="0"/></rdf:li>'
        f'<rdf:li><Container:Item Item:Mime="video/mp4" Item:Semantic="MotionPhoto" Item:Length="{len(MP4)}"/></rdf:li></rdf:Seq>'
    )
    return JPEG + xmp.encode() + b"\xff\xd9" + video


class TestEdited:
    @pytest.mark.parametrize(
        ("original", "number", "copy"),
        [
            ("IMG_1.jpg", "", "IMG_1-edited.jpg"),
            ("IMG_1(1).jpg", "(1)", "IMG_1-edited(1).jpg"),
            ("IMG_1.jpg", "", "IMG_1-EDITED.JPG"),
            ("IMG_1.jpg", "", "IMG_1-modifie\u0301.jpg"),
            ("IMG_1.jpg", "", "IMG_1-bearbeitet.jpg"),
            ("IMG_1.jpg", "", "IMG_1-ha editado.jpg"),
            ("IMG_1.jpg", "", "IMG_1-編集済み.jpg"),
            ("IMG_1.jpg", "", "IMG_1-измененный.jpg"),
            ("IMG_1.jpg", "", "IMG_1-SMILE.jpg"),
            ("IMG_1.jpg", "", "IMG_1-ERASER-edited.jpg"),
            ("IMG_1.jpg", "", "IMG_1-MOVIE.m4v"),
            ("IMG_1.HEIC", "", "IMG_1-edited.jpg"),
        ],
    )
    def test_an_edited_copy_has_the_metadata_of_its_original(self, original: str, number: str, copy: str) -> None:
        export = Takeout()
        title = original.replace(number, "")
        export.add(original)
        export.add(copy)
        export.json(f"{title}.supplemental-metadata{number}.json", title, description="mine", favorited=True)

        first, second = export.read().items

        assert second.facts._replace(rule="") == first.facts._replace(rule="")
        assert second.facts.rule == "edited"
        assert first.name == title
        assert second.name == copy.replace(number, "")
        assert second.facts.edited_of is None  # its name says it

    @pytest.mark.parametrize(
        "file", ["IMG_1-final.jpg", "IMG_1-edit.jpg", "IMG_1-e.jpg", "IMG_1-edited(2).jpg", "beach-mix.jpg", "IMG_12-edited.jpg"]
    )
    def test_leftover_without_marker_is_unmatched(self, file: str) -> None:
        export = Takeout()
        for title in ("IMG_1.jpg", "beach.jpg"):
            export.add(title)
            export.json(title + ".json", title)
        export.add(file)

        assert export.rules()[file] == "none"

    def test_edited_copy_keeps_own_json(self) -> None:
        export = Takeout()
        for title in ("IMG_1.jpg", "IMG_1-COLLAGE.jpg"):
            export.add(title)
            export.json(title + ".json", title, description=title)

        assert [about.metadata.description for about in export.facts().values()] == ["IMG_1.jpg", "IMG_1-COLLAGE.jpg"]

    def test_the_title_may_end_in_a_number(self) -> None:
        """immich-go, issue 1419."""
        export = Takeout()
        export.add("X(1).jpg")
        export.add("X(1)-edited.jpg")
        export.add("X-edited(1).jpg")
        export.json("X(1).jpg.supplemental-metadata.json", "X(1).jpg")

        assert list(export.rules().values()) == ["exact", "edited", "none"]

    # GooglePhotosTakeoutHelper_Neo, issue 29: 36 digits and a name, the marker cut at different places, with and without a number
    @pytest.mark.parametrize("number", ["", "(1)"])
    @pytest.mark.parametrize(
        ("stem", "left"),
        [("123456789123456789123456789123456789_DSC", "-edite"), ("123456789123456789123456789123456789_DSCN009", "-ha"), ("4" * 46, "-")],
    )
    def test_edited_copy_with_cut_marker_is_matched(self, stem: str, left: str, number: str) -> None:
        export = Takeout()
        left = left if len(stem + left) == 47 else "-bearbeitet"[: 47 - len(stem)]
        export.add(f"{stem}{number}.jpg")
        export.add(f"{stem}{left}{number}.jpg")
        word = ".supplemental-metadata"[: max(0, 46 - len(stem) - 4)]
        export.json(f"{(stem + '.jpg' + word)[:46]}{number}.json", stem + ".jpg", description="mine")
        if number:
            export.add(f"{stem}.jpg")
            export.json(f"{(stem + '.jpg' + word)[:46]}.json", stem + ".jpg", url="other")

        export_read = export.read()

        assert [item.facts.rule for item in export_read.items][1] == "edited"
        assert export_read.items[1].facts.metadata.description == "mine"
        whole = "-ha editado" if left == "-ha" else "-bearbeitet" if left.startswith("-b") else "-edited"
        assert export_read.items[1].name == f"{stem}{whole}.jpg"
        assert export_read.items[1].facts.edited_of == (f"{stem}{number}.jpg" if left != "-" else None)

    @pytest.mark.parametrize(
        ("seen", "left", "whole"),
        [
            ("-edytowane", "-ed", "-edytowane"),
            ("-ERASER-editat", "-ed", "-editat"),
            ("-EDITED", "-edi", "-EDITED"),
            ("-bearbeitet", "-ed", "-edited"),
            ("-modifie\u0301", "-mod", "-modifie\u0301"),
            ("-bearbeitet", "", "-bearbeitet"),
            ("-SMILE", "-m", "-modifié"),
        ],
    )
    def test_a_truncated_marker_is_completed_from_the_export(self, seen: str, left: str, whole: str) -> None:
        export, title = Takeout(), "4" * (47 - len(left)) + ("" if left else " more")
        export.add("a.jpg", folder="Takeout/Google Photos/Other")
        export.add(f"a{seen}.jpg", folder="Takeout/Google Photos/Other")
        export.json("a.jpg.json", "a.jpg", folder="Takeout/Google Photos/Other")
        export.add(f"{title[:47]}.jpg")
        export.add(f"{title[:47]}{left or '(1)'}.jpg")
        export.json(f"{(title + '.jpg')[:46]}.json", f"{title}.jpg", url="other")

        copy = export.read().items[-1]

        assert (copy.facts.rule, copy.name) == ("edited", f"{title}{whole}.jpg")

    def test_the_title_may_have_a_dot_and_no_extension(self) -> None:
        """Takeout takes what follows the dot for one, as with `21.12(1).11 - 1`; what the copy is its content says."""
        export = Takeout()
        export.add("21.12.11 - 1", JPEG)
        export.add("21.12-edited.11 - 1", JPEG + b"edited")
        export.json("21.12.11 - 1.supplemental-metadata.json", "21.12.11 - 1", description="mine")

        first, second = export.read().items

        assert (second.facts.rule, second.facts.metadata.description) == ("edited", "mine")
        assert (first.name, second.name) == ("21.12.11 - 1.jpg", "21.12.11 - 1-edited.jpg")

    def test_a_marker_of_which_nothing_is_left(self) -> None:
        """TakeoutExtractor's notes: the copy has the original's name and a number."""
        export = Takeout()
        export.add(f"{STEM}.jpg")
        export.add(f"{STEM}(1).jpg")
        export.json(f"{STEM[:46]}.json", f"{STEM} and more.jpg", description="mine")

        first, second = export.read().items

        assert (first.facts.rule, second.facts.rule) == ("truncated", "edited")
        assert second.facts.metadata.description == "mine"
        assert (first.name, second.name) == (f"{STEM} and more.jpg", f"{STEM} and more-edited.jpg")

    def test_cut_copy_of_two_candidates_is_ambiguous(self) -> None:
        export = Takeout()
        for number, title in (("", "a"), ("(1)", "b")):
            export.add(f"{STEM}{number}.jpg")
            export.json(f"{STEM[:46]}{number}.json", f"{STEM}{title}.jpg")
        export.add(f"{STEM}(2).jpg")

        assert set(export.rules().values()) == {"ambiguous"}

    @pytest.mark.parametrize("copy", [f"{STEM[:45]}-e.jpg", f"{STEM[:46]}-.jpg", f"{STEM}(1).jpg"])
    @pytest.mark.parametrize(("seconds", "rule"), [(0.9, "edited"), (3600, "none"), (-3600, "none")])
    def test_a_short_truncated_marker_needs_equal_times(self, copy: str, seconds: float, rule: str) -> None:
        """A title whose JSON file is missing can lead to this name as well."""
        export = Takeout()
        original = copy.replace("-e", "").replace("-", "").replace("(1)", "")
        export.add(original, jpeg("original", Camera(NOON)))
        export.add(copy, jpeg("copy", Camera(NOON + timedelta(seconds=seconds))))
        title = f"{STEM} and more.jpg" if original == f"{STEM}.jpg" else original
        export.json(f"{title[:46]}.json", title, description="mine")

        _first, second = export.read().items

        assert second.facts.rule == rule
        assert second.facts.edited_of == (original if rule == "edited" else None)
        assert second.facts.metadata.description == ("mine" if rule == "edited" else "")

    def test_picture_takes_first_cut_copy_only(self) -> None:
        """Where JSON files of one part are missing, the pictures of titles that begin alike look like copies of one."""
        export = Takeout()
        for number in ("", "(1)", "(2)"):
            export.add(f"{STEM}{number}.jpg")
        export.json(f"{STEM[:46]}.json", f"{STEM} and more.jpg")

        assert list(export.rules().values()) == ["truncated", "ambiguous", "ambiguous"]


class TestLive:
    @pytest.mark.parametrize(
        ("still", "video"),
        [
            ("IMG_1.HEIC", "IMG_1.MP4"),
            ("IMG_1.HEIC", "IMG_1.MOV"),
            ("IMG_1.heic", "IMG_1.mp4"),
            ("20230822_171704.jpg", "20230822_171704.mp4"),
        ],
    )
    def test_live_video_has_facts_of_still(self, still: str, video: str) -> None:
        export = Takeout()
        export.add(still)
        export.add(video)
        export.json(f"{still}.supplemental-metadata.json", still, description="mine")

        first, second = export.read().items

        assert (second.facts.rule, second.facts.metadata.description) == ("live", "mine")
        assert (first.name, second.name) == (still, video)

    def test_numbers_are_on_both(self) -> None:
        """immich-go, issue 1321."""
        export = Takeout()
        for number in ("", "(1)"):
            export.add(f"IMG_1{number}.HEIC")
            export.add(f"IMG_1{number}.MP4")
            export.json(f"IMG_1.HEIC.supplemental-metadata{number}.json", "IMG_1.HEIC", url=number, description=number or "(0)")

        assert [(item.facts.rule, item.facts.metadata.description, item.name) for item in export.read().items] == [
            ("exact", "(0)", "IMG_1.HEIC"),
            ("live", "(0)", "IMG_1.MP4"),
            ("numbered", "(1)", "IMG_1.HEIC"),
            ("live", "(1)", "IMG_1.MP4"),
        ]

    def test_live_video_prefers_heic_over_jpeg(self) -> None:
        export = Takeout()
        for still in ("IMG_1.HEIC", "IMG_1.JPG"):
            export.add(still)
            export.json(f"{still}.json", still, description=still)
        export.add("IMG_1.MOV")

        assert export.facts()["IMG_1.MOV"].metadata.description == "IMG_1.HEIC"

    def test_video_keeps_own_json(self) -> None:
        """immich-go, issue 280: a video of this name may be unrelated."""
        export = Takeout()
        for title in ("IMG_1.HEIC", "IMG_1.MOV"):
            export.add(title)
            export.json(f"{title}.json", title, description=title)

        assert [about.metadata.description for about in export.facts().values()] == ["IMG_1.HEIC", "IMG_1.MOV"]

    def test_the_names_of_both_are_cut_at_different_places(self) -> None:
        export = Takeout()
        export.add(f"{STEM[:46]}.HEIC")
        export.add(f"{STEM}.MP4")
        export.json(f"{STEM[:46]}.json", f"{STEM}nnn.HEIC")

        assert list(export.rules().values()) == ["truncated", "live"]


class TestMotion:
    @pytest.mark.parametrize(
        ("still", "video"),
        [
            ("PXL_1.MP.jpg", "PXL_1.MP"),
            ("PXL_1.MP~2.jpg", "PXL_1.MP~2"),
            ("PXL_1.MV.jpg", "PXL_1.MV"),
            ("MVIMG_1.jpg", "MVIMG_1"),
            ("MVIMG_1.jpg", "MVIMG_1.MP4"),
        ],
    )
    def test_loose_video_is_left_out_when_jpeg_embeds_video(self, still: str, video: str) -> None:
        export = Takeout()
        export.add(still, motion_photo())
        export.add(video, MP4)
        export.json(f"{still}.json", still)

        assert export.rules() == {still: "exact"}
        assert export.kinds_left_out() == {video: "embedded"}

    @pytest.mark.parametrize("kind", [MemoryItem, ForwardItem])
    @pytest.mark.parametrize("video", [MP4, bytes(len(MP4))], ids=["there", "not there"])
    @pytest.mark.parametrize("between", [0, 262_144 - 400, 262_144, 1_500_000])
    def test_the_video_lies_anywhere_behind_the_picture(self, between: int, video: bytes, kind: type[MemoryItem]) -> None:
        assert holds_video(kind("PXL_1.MP.jpg", motion_photo(bytes(between) + video))) is (video == MP4)

    def test_embedded_video_is_found_before_other_items(self) -> None:
        """The lengths of all items from the video on are its distance from the end."""
        behind = b"a depth map behind the video"
        lengths = (("Primary", 0), ("MotionPhoto", len(MP4)), ("Depth", len(behind)))
        about = "".join(f'<Container:Item Item:Semantic="{kind}" Item:Length="{length}"/>' for kind, length in lengths)
        assert holds_video(MemoryItem("PXL_1.MP.jpg", motion_photo(MP4 + behind, xmp=about)))

    def test_numbers_stand_before_the_last_dot(self) -> None:
        export = Takeout()
        export.add("PXL_1.MP(1).jpg", motion_photo())
        export.add("PXL_1(1).MP", MP4)
        export.json("PXL_1.MP.jpg.supplemental-metadata(1).json", "PXL_1.MP.jpg")

        assert export.rules() == {"PXL_1.MP(1).jpg": "numbered"}

    @pytest.mark.parametrize(
        "content",
        [
            JPEG,
            motion_photo(b"no video at all, but as long"[: len(MP4)].ljust(len(MP4))),
            motion_photo(xmp='<Container:Item Item:Semantic="MotionPhoto" Item:Length="999999"/>'),
            motion_photo(xmp='GCamera:MicroVideoOffset="99999999999"'),
            motion_photo(xmp="MotionPhoto_Data"),
        ],
        ids=["nothing", "no video there", "longer than the file", "far before the file", "Samsung's trailer"],
    )
    def test_loose_video_is_uploaded_unless_jpeg_embeds_video(self, content: bytes) -> None:
        export = Takeout()
        export.add("PXL_1.MP.jpg", content)
        export.add("PXL_1.MP", MP4)
        export.json("PXL_1.MP.jpg.json", "PXL_1.MP.jpg", description="mine")

        still, video = export.read().items

        assert (video.facts.rule, video.facts.metadata.description) == ("live", "mine")
        assert (still.name, video.name) == ("PXL_1.MP.jpg", "PXL_1.MP.mp4")

    def test_micro_video_offset_counts_from_the_end(self) -> None:
        export = Takeout()
        export.add("MVIMG_1.jpg", motion_photo(xmp=f'<rdf:Description GCamera:MicroVideo="1" GCamera:MicroVideoOffset="{len(MP4)}"/>'))
        export.add("MVIMG_1", MP4)
        export.json("MVIMG_1.jpg.json", "MVIMG_1.jpg")

        assert export.rules() == {"MVIMG_1.jpg": "exact"}

    def test_a_samsung_picture_keeps_its_mp4(self) -> None:
        """immich, issue 30654: Immich does not find the video in some of these."""
        export = Takeout()
        export.add("20230822_171704.jpg", motion_photo())
        export.add("20230822_171704.mp4", MP4)
        export.json("20230822_171704.jpg.json", "20230822_171704.jpg")

        assert list(export.rules().values()) == ["exact", "live"]

    def test_a_loose_video_without_its_jpeg_goes_up(self) -> None:
        export = Takeout()
        export.json("other.jpg.json", "other.jpg")
        export.add("PXL_1.MP", MP4)

        (video,) = export.read().items

        assert (video.name, video.facts.rule) == ("PXL_1.MP.mp4", "none")

    def test_live_matching_opens_no_other_media(self) -> None:
        export = Takeout()
        for number in range(5):
            export.add(f"IMG_{number}.jpg")
            export.json(f"IMG_{number}.jpg.json", f"IMG_{number}.jpg")
            export.add(f"IMG_{number}.mp4")
        export.read()

        opened = {item.inner.rpartition(".")[2]: item.opened for item in export.items}  # type: ignore[attr-defined]

        assert opened == {"jpg": 0, "json": 1, "mp4": 0}


def test_names_of_files_without_json_stay() -> None:
    export = Takeout()
    export.add("a&b.jpg")
    export.add("caf\udce9.jpg")

    assert names(export.read().items) == ["a&b.jpg", "caf\udce9.jpg"]
