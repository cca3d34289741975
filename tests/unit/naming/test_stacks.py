# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pictures belong to one stack."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._naming.stack_kinds import COVERS
from ansible_collections.photoyard.immich.plugins.module_utils._naming.stacks import find_groups
from support.collection import KINDS, Picture, PictureGroup
from support.examples import examples

NOON = 1_700_000_000.0
CAMERA = "Acme Box 1"


def pictures(*names: str, step: float = 0.0, **facts: Any) -> list[Picture]:
    """Pictures of one folder, so many seconds apart."""
    common: dict[str, Any] = {"folder": "f", "camera": CAMERA, **facts}
    return [Picture(f"{number}", name=name, taken=NOON + number * step, **common) for number, name in enumerate(names)]


def stacks(given: list[Picture], *kinds: str, **covers: str) -> list[tuple[str, list[str]]]:
    """The kind and the names of each stack, the cover first."""
    return [(one.kind, [member.name for member in one.members]) for one in find_groups(given, kinds or KINDS, covers)]


BY_NAME = [
    # maker, kind, names with the cover first
    (
        "Nexus",
        "burst",
        [
            "00002IMG_00002_BURST20171111030039_COVER.jpg",
            "00000IMG_00000_BURST20171111030039.jpg",
            "00001IMG_00001_BURST20171111030039.jpg",
        ],
    ),
    (
        "Nexus, portrait",
        "burst",
        ["00100lPORTRAIT_00100_BURST20181229213517346_COVER.jpg", "00000PORTRAIT_00000_BURST20181229213517346.jpg"],
    ),
    ("Nothing", "burst", ["00001IMG_00001_BURST1723801037429_COVER.jpg", "00002IMG_00002_BURST1723801037429.jpg"]),
    ("Pixel", "raw_jpeg", ["PXL_20231207_032111247.RAW-01.COVER.jpg", "PXL_20231207_032111247.RAW-02.ORIGINAL.dng"]),
    ("Pixel, moving", "raw_jpeg", ["PXL_20231207_032108788.RAW-01.MP.COVER.jpg", "PXL_20231207_032108788.RAW-02.ORIGINAL.dng"]),
    ("Pixel, night", "raw_jpeg", ["PXL_20240615_204528165.NIGHT.RAW-01.COVER.jpg", "PXL_20240615_204528165.NIGHT.RAW-02.ORIGINAL.dng"]),
    ("Pixel 5", "raw_jpeg", ["PXL_20231026_205755225.MP.jpg", "PXL_20231026_205755225.dng"]),
    ("Pixel 5, still", "raw_jpeg", ["PXL_20231026_210642603.jpg", "PXL_20231026_210642603.dng"]),
    ("Pixel, motion", "burst", ["PXL_20230330_184138390.MOTION-01.COVER.jpg", "PXL_20230330_184138390.MOTION-02.ORIGINAL.jpg"]),
    (
        "Pixel, long exposure",
        "burst",
        ["PXL_20230809_203029471.LONG_EXPOSURE-01.COVER.jpg", "PXL_20230809_203029471.LONG_EXPOSURE-02.ORIGINAL.jpg"],
    ),
    ("Pixel, burst", "burst", ["PXL_20230809_203029471.BURST-02.COVER.jpg", "PXL_20230809_203029471.BURST-01.jpg"]),
    ("Samsung", "burst", ["20231207_101605_001.jpg", "20231207_101605_002.jpg", "20231207_101605_031.jpg"]),
    ("Huawei", "burst", ["IMG_20231014_183246_BURST002_COVER.jpg", "IMG_20231014_183246_BURST001.jpg"]),
    ("Sony", "burst", ["DSC_0002_BURST20230709220904977_COVER.JPG", "DSC_0001_BURST20230709220904977.JPG"]),
    ("Xiaomi", "burst", ["IMG_20200101_101010_BURST001.jpg", "IMG_20200101_101010_BURST002.jpg"]),
    ("Motorola", "burst", ["IMG_20231014_183246123_BURST000_COVER.jpg", "IMG_20231014_183246123_BURST001.jpg"]),
    ("Oppo", "burst", ["IMG20250208154709_BURST000_COVER.jpg", "IMG20250208154709_BURST001.jpg"]),
    ("FastFoto", "scans", ["Rome_0001_a.jpg", "Rome_0001.jpg", "Rome_0001_b.jpg"]),
    ("Google Photos", "edited", ["IMG_1-edited.jpg", "IMG_1.jpg"]),
    ("Google Photos, numbered", "edited", ["IMG_1-bearbeitet(2).jpg", "IMG_1(2).jpg"]),
    ("Google Photos, accents in two parts", "edited", ["IMG_1-modifie\u0301.jpg", "IMG_1.jpg"]),
    ("Google Photos, twice", "edited", ["IMG_1-edited-edited.jpg", "IMG_1.jpg"]),
    ("Apple", "edited", ["IMG_E1234.JPG", "IMG_1234.HEIC"]),
    ("camera", "raw_jpeg", ["IMG_1234.JPG", "IMG_1234.CR3"]),
    ("camera with HEIF", "raw_jpeg", ["IMG_1234.HIF", "IMG_1234.CR3"]),
    ("phone", "heic_jpeg", ["IMG_1234.HEIC", "IMG_1234.jpeg"]),
    ("all of one shot", "edited", ["IMG_1-edited.jpg", "IMG_1.HEIC", "IMG_1.JPG", "IMG_1.DNG"]),
]


@pytest.mark.parametrize(("maker", "kind", "names"), BY_NAME, ids=[row[0] for row in BY_NAME])
@pytest.mark.parametrize("folder", ["f", None])
def test_names_of_each_maker_make_stacks(maker: str, kind: str, names: list[str], folder: str | None) -> None:
    shuffled = random.Random(maker).sample(names, len(names))
    assert stacks(pictures(*shuffled, folder=folder)) == [(kind, names)]
    assert stacks(pictures(*shuffled, folder=folder), *(one for one in KINDS if one != kind)) in ([], [("raw_jpeg", names[1:])])


def test_burst_video_is_in_stack_but_never_cover() -> None:
    still, video = pictures("IMG_20200101_101010_BURST001.jpg", "IMG_20200101_101010_BURST000_COVER_TOP.MP4")
    assert stacks([still, video._replace(still=False)]) == [("burst", [still.name, video.name])]


@pytest.mark.parametrize(
    ("kind", "choice", "names", "cover"),
    [
        ("raw_jpeg", "raw", ["IMG_1.jpg", "IMG_1.nef"], "IMG_1.nef"),
        ("raw_jpeg", "raw", BY_NAME[3][2], "PXL_20231207_032111247.RAW-02.ORIGINAL.dng"),
        ("heic_jpeg", "jpeg", ["IMG_1.heic", "IMG_1.jpg"], "IMG_1.jpg"),
        ("burst", "first", BY_NAME[0][2], "00000IMG_00000_BURST20171111030039.jpg"),
        ("edited", "original", ["IMG_1-edited.jpg", "IMG_1.jpg"], "IMG_1.jpg"),
        ("scans", "plain", ["Rome_0001_a.jpg", "Rome_0001.jpg"], "Rome_0001.jpg"),
    ],
)
def test_another_cover_is_first_if_asked_for(kind: str, choice: str, names: list[str], cover: str) -> None:
    ((found, members),) = stacks(pictures(*names), **{kind: choice})
    assert (found, members[0], sorted(members)) == (kind, cover, sorted(names))
    assert {kind: choices[0] for kind, choices in COVERS.items()}[kind] != choice


NAMESAKES: dict[str, list[Picture]] = {
    "the number came round again": pictures("IMG_1234.CR3", "IMG_1234.JPG", step=86_400 * 90),
    "two seconds apart": pictures("IMG_1234.CR3", "IMG_1234.JPG", step=2),
    "another camera": [*pictures("IMG_1234.CR3"), *pictures("IMG_1234.JPG", camera="Acme Box 2")],
    "another folder": [*pictures("IMG_1234.CR3"), *pictures("IMG_1234.JPG", folder="g")],
    "two JPEG files, and either could be it": pictures("IMG_1.CR3", "IMG_1.JPG", "IMG_1.jpeg"),
    "no time, no folder": [one._replace(taken=None, folder=None) for one in pictures("IMG_1234.CR3", "IMG_1234.JPG")],
    "a stem and a time, and no camera": pictures("IMG_1234.CR3", "IMG_1234.JPG", folder=None, camera=None),
    "one time unknown, two shots": [
        *pictures("IMG_1.CR3", "IMG_1.JPG", step=100),
        *(one._replace(taken=None) for one in pictures("IMG_1.HEIC")),
    ],
    "an edited copy of another day": pictures("IMG_1.jpg", "IMG_1-edited.jpg", step=86_400),
    "an edited copy alone": pictures("IMG_1-edited.jpg"),
    "the mark is part of a word": pictures("IMG_1.jpg", "IMG_1-editedition.jpg"),
    "a video of the stem": [one._replace(still="1" in str(one.key)) for one in pictures("IMG_1.MOV", "IMG_1.HEIC")],
    "like Samsung's, from another day's camera": pictures("20231207_101605_001.jpg", "20231207_101605_002.jpg", step=60),
    "like Samsung's, with four digits": pictures("20231207_101605_0001.jpg", "20231207_101605_0002.jpg"),
    "one picture of a burst": pictures("IMG_20231014_183246_BURST001_COVER.jpg"),
    "the same picture of a burst": pictures("IMG_20231014_183246_BURST001.jpg", "IMG_20231014_183246_BURST001.JPG"),
    "two bursts": pictures("DSC_0001_BURST20230709220904977.JPG", "DSC_0002_BURST20230709220904978.JPG"),
    "a scan without its plain one": pictures("Rome_0001_a.jpg", "Rome_0001_b.jpg"),
    "a name that only ends like a scan's": pictures("villa.jpg", "villa_a.jpg"),
    "scans of another day": pictures("Rome_0001.jpg", "Rome_0001_a.jpg", step=86_400),
    "scans of two cameras": [*pictures("Rome_0001.jpg"), *pictures("Rome_0001_a.jpg", camera="Acme Box 2")],
}


@pytest.mark.parametrize("why", NAMESAKES)
def test_namesakes_are_no_stack(why: str) -> None:
    assert stacks(NAMESAKES[why]) == []


def test_without_a_time_the_folder_must_do() -> None:
    raw, jpeg = pictures("IMG_1.raf", "IMG_1.jpg")
    assert stacks([raw._replace(taken=None, camera=None), jpeg]) == [("raw_jpeg", ["IMG_1.jpg", "IMG_1.raf"])]
    assert stacks([raw._replace(taken=None), jpeg._replace(taken=None)]) == [("raw_jpeg", ["IMG_1.jpg", "IMG_1.raf"])]


def test_edited_copy_named_by_source_is_stacked() -> None:
    original, copy = pictures("2019 Rome.jpg", "2019 R.jpg")
    assert stacks([original, copy]) == []
    assert stacks([original, copy._replace(edited_of="2019 ROME.jpg")]) == [("edited", ["2019 R.jpg", "2019 Rome.jpg"])]


def frames(*moments: float, **facts: Any) -> list[Picture]:
    """Pictures without telling names at so many seconds after noon."""
    common: dict[str, Any] = {"folder": None, "camera": CAMERA, **facts}
    return [Picture(f"{number}", name=f"IMG_{number:04}.JPG", taken=NOON + moment, **common) for number, moment in enumerate(moments)]


@pytest.mark.parametrize(
    ("moments", "sizes"),
    [
        ([0.1, 0.4, 0.7], [3]),
        ([0.7, 0.1, 0.4], [3]),
        ([0.1, 0.6, 1.1, 1.6], [4]),
        ([0.1, 0.4, 0.7, 5.1, 5.3, 5.5, 9.0], [3, 3]),
        ([0.0, 0.3, 0.6, 0.9, 1.2], [5]),  # one of them is a whole second by chance
        ([0.1, 0.4], []),  # two are not a burst
        ([0.1, 0.7, 1.3], []),  # too slow
        ([0.0, 0.0, 0.0, 0.0], []),  # a camera without fractions
        ([0.1, 0.1, 0.1], []),  # copies of one picture
        ([0.1, 0.1, 0.4, 0.4], []),
    ],
)
def test_bursts_are_found_by_times(moments: list[float], sizes: list[int]) -> None:
    found = list(find_groups(frames(*moments), ["burst"]))
    assert [len(one.members) for one in found] == sizes
    assert [one.members[0].taken for one in found] == [min(member.taken or 0.0 for member in one.members) for one in found]


def test_no_burst_of_two_cameras_of_unknown_ones_or_of_videos() -> None:
    burst = frames(0.1, 0.3, 0.5)
    assert len(list(find_groups(burst, ["burst"]))) == 1
    assert stacks([burst[0], burst[1]._replace(camera="Acme Box 2"), burst[2]]) == []
    assert stacks([one._replace(camera=None) for one in burst]) == []
    assert stacks([one._replace(still=False) for one in burst]) == []
    assert stacks([one._replace(folder=str(one.key)) for one in burst]) == []


def test_an_edited_copy_is_no_frame_of_a_burst() -> None:
    burst = frames(0.1, 0.3, 0.5)
    copy = burst[1]._replace(key="copy", name="IMG_0001-edited.JPG")
    assert stacks([*burst, copy], "burst") == [("burst", [one.name for one in burst])]


def test_a_burst_of_raw_and_jpeg_files_is_as_many_pairs() -> None:
    jpegs = frames(0.1, 0.3, 0.5)
    raws = [one._replace(key=f"raw {one.key}", name=one.name.replace("JPG", "ARW")) for one in jpegs]
    assert [kind for kind, _names in stacks(jpegs + raws)] == ["raw_jpeg"] * 3
    ((kind, names),) = stacks(jpegs + raws, "burst")
    assert (kind, len(names)) == ("burst", 6)


def test_odd_names_make_no_other_stacks() -> None:
    odd = [
        "",
        ".jpg",
        "-edited.jpg",
        "a" * 5000 + "-edited.jpg",
        "\n.cr2",
        "\udcff.CR2",
        "\udcff.JPG",
        "PXL_",
        "٣" * 8 + "_" + "٣" * 6 + "_٣٣٣.jpg",
    ]
    assert stacks(pictures(*odd)) == [("raw_jpeg", ["\udcff.JPG", "\udcff.CR2"])]


STEMS = ["IMG_1", "IMG_1-edited", "IMG_E0001", "IMG_0001", "PXL_20231207_032111247", "PXL_20231207_032111247.RAW-01.COVER"]
STEMS += [
    "20231207_101605_001",
    "20231207_101605_002",
    "R_1",
    "R_1_a",
    "R_1_b",
    "IMG_20231014_183246_BURST001",
    "IMG_20231014_183246_BURST002",
]
ANY = st.builds(
    Picture,
    key=st.uuids(),
    folder=st.sampled_from([None, "f", "g"]),
    name=st.builds("{}{}".format, st.sampled_from(STEMS), st.sampled_from([".jpg", ".JPG", ".dng", ".heic", ".png", ".mp4"])),
    taken=st.one_of(st.none(), st.sampled_from([0.0, 0.1, 0.3, 0.5, 5.0, 90.0])),
    camera=st.sampled_from([None, "a", "b"]),
    still=st.booleans(),
)


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(ANY, max_size=25), st.lists(st.sampled_from(KINDS), unique=True), st.randoms(use_true_random=False))
def test_any_groups_are_disjoint_and_homogeneous(given_: list[Picture], kinds: list[str], shuffle: random.Random) -> None:
    found = list(find_groups(given_, kinds))
    members = [member.key for group in found for member in group.members]
    assert len(members) == len(set(members))
    for group in found:
        assert group.kind in kinds
        assert len(group.members) > 1
        assert len({member.folder for member in group.members}) == 1
        assert len({member.camera for member in group.members} - {None}) < 2
        moments = [member.taken for member in group.members if member.taken is not None]
        sure = group.members[0].name.startswith(("PXL", "IMG_20"))  # such names have their time in themselves
        assert sure or max(moments, default=0) - min(moments, default=0) <= 85
        assert all(member.folder or member.taken is not None for member in group.members) or sure
    again = list(given_)
    shuffle.shuffle(again)
    assert as_sets(find_groups(again, kinds)) == as_sets(found)


def as_sets(groups: Any) -> set[tuple[str, frozenset[object]]]:
    """Groups without any order."""
    listed: list[PictureGroup] = list(groups)
    return {(one.kind, frozenset(member.key for member in one.members)) for one in listed}


def test_same_names_and_times_are_not_quadratic() -> None:
    same = [Picture(number, None, "IMG_1.jpg", NOON, CAMERA) for number in range(60_000)]
    assert stacks(same) == []


def test_raw_files_of_same_series_are_not_quadratic() -> None:
    raw = [f"IMG_20231014_183246_BURST{number:04}_A.dng" for number in range(60_000)]
    assert stacks(pictures("IMG_20231014_183246_BURST0000.jpg", *raw, step=0), raw_jpeg="raw") == []
