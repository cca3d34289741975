# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boxes of faces, the sizes of previews, and who is who."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.people import FoundFace, picture_size
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.faces import Face, FaceBox, Person, PictureEdit, box_before
from ansible_collections.photoyard.immich.plugins.module_utils._people.plan import FacePlan, IncompletePhoto
from immich_emulator.groups.faces import after
from support.examples import examples

SIZES = st.tuples(st.integers(50, 400), st.integers(50, 400))
LEFT, MIDDLE, RIGHT = FaceBox(0.0, 0.2, 0.2, 0.4), FaceBox(0.4, 0.2, 0.6, 0.4), FaceBox(0.8, 0.2, 1.0, 0.4)


@pytest.mark.parametrize(
    ("kind", "options"),
    [("JPEG", {}), ("JPEG", {"progressive": True}), ("WEBP", {}), ("WEBP", {"lossless": True}), ("WEBP", {"exif": b"Exif\0\0x"})],
)
def test_picture_size_is_read_from_its_head(kind: str, options: dict[str, Any]) -> None:
    out = io.BytesIO()
    Image.new("RGB", (1441, 37)).save(out, kind, **options)
    assert picture_size(out.getvalue()[:2000]) == (1441, 37)


@pytest.mark.parametrize("head", [b"", b"\xff\xd8", b"\xff\xd8\xff\xc0", b"GIF89a", b"RIFF....WEBP", b"\xff\xd8\xff\xe0\0\0\xff"])
def test_picture_size_of_something_else_is_none(head: bytes) -> None:
    assert picture_size(head) is None


@given(st.binary(max_size=64))
@settings(max_examples=examples(200))
def test_picture_size_of_anything_ends(tail: bytes) -> None:
    for head in (b"\xff\xd8", b"RIFF1234WEBP", b"RIFF1234WEBPVP8X"):
        found = picture_size(head + tail)
        assert found is None or min(found) > 0


@st.composite
def edited(draw: st.DrawFn) -> tuple[tuple[int, int], list[dict[str, Any]]]:
    """The size of a picture, and edits as Immich takes them: each kind once, a mirror along each axis."""
    size = draw(SIZES)
    edits: list[dict[str, Any]] = []
    if draw(st.booleans()):
        x, y = draw(st.integers(0, size[0] - 20)), draw(st.integers(0, size[1] - 20))
        crop = {"x": x, "y": y, "width": draw(st.integers(10, size[0] - x)), "height": draw(st.integers(10, size[1] - y))}
        edits.append({"action": "crop", "parameters": crop})
    others: list[dict[str, Any]] = [{"action": "rotate", "parameters": {"angle": angle}} for angle in (0, 90, 180, 270)]
    edits += draw(st.lists(st.sampled_from(others), max_size=1))
    edits += [{"action": "mirror", "parameters": {"axis": axis}} for axis in draw(st.sampled_from(([], ["vertical"], ["horizontal"])))]
    return size, draw(st.permutations(edits))


@given(edited(), st.tuples(*[st.integers(0, 100)] * 4))
@settings(max_examples=examples(200))
def test_box_before_edits_is_at_its_origin(about: tuple[tuple[int, int], list[dict[str, Any]]], hundredths: tuple[int, ...]) -> None:
    size, edits = about
    left, right = sorted(hundredths[:2])
    top, bottom = sorted(hundredths[2:])
    original = FaceBox(left / 101, top / 101, (right + 1) / 101, (bottom + 1) / 101)
    corners = [(original.left * size[0], original.top * size[1]), (original.right * size[0], original.bottom * size[1])]
    moved, shown = after(edits, corners, size)
    ours = [_edit(edit["action"], edit["parameters"]) for edit in edits]
    assert box_before(ours, (moved[0], moved[1]), shown, size) == pytest.approx(original, abs=1e-6)


def _edit(action: str, about: dict[str, Any]) -> PictureEdit:
    values = (about["x"], about["y"]) if action == "crop" else (about["angle"],) if action == "rotate" else ()
    return PictureEdit(action, values, about.get("axis", ""))


def test_box_outside_of_picture_is_none() -> None:
    assert FaceBox.between((-5.0, -5.0), (0.0, 0.0), (10, 10)) is None
    assert FaceBox.between((5.0, 15.0), (-5.0, 5.0), (10, 10)) == FaceBox(0.0, 0.5, 0.5, 1.0)


@given(st.tuples(*[st.integers(0, 3000)] * 4), SIZES)
@settings(max_examples=examples(200))
def test_box_is_found_again_in_whole_pixels_of_any_picture(edges: tuple[int, ...], size: tuple[int, int]) -> None:
    left, right = sorted(edges[:2])
    top, bottom = sorted(edges[2:])
    box = FaceBox(left / 3001, top / 3001, (right + 1) / 3001, (bottom + 1) / 3001)
    x, y, width, height = box.in_pixels(size)
    stored = FaceBox.between((x, y), (x + width, y + height), size)
    assert stored is not None
    assert box.is_at(stored, size)


def found(face_id: str, box: FaceBox, person: Person | None, *, by_machine: bool = True) -> FoundFace:
    left, top, right, bottom = (100 * fraction for fraction in box)
    return FoundFace(face_id, box, (100, 100), person, by_machine, ((left, top), (right, bottom)))


def photo(plan: FacePlan, faces: list[tuple[Person, FaceBox]], *there: FoundFace) -> list[str | None]:
    """Compares a photo with what is there; the ids of the faces without a name that are to get one, None for one to be marked."""
    wanted = [Face(*face) for face in faces]
    missing = plan.compare(wanted, there)
    plan.photos.append(IncompletePhoto("a.jpg", "id", wanted, missing))
    return [face.stored_id for face in missing]


ANN, OTHER_ANN, BEN = Person("s1", "Ann"), Person("s2", "Ann"), Person("s3", "Ben")


def test_face_with_any_name_is_not_missing() -> None:
    plan = FacePlan(adds=True)
    there = found("f1", LEFT, Person("t1", "Anna"))
    assert photo(plan, [(ANN, LEFT), (BEN, RIGHT)], there) == [None]
    assert photo(plan, [(ANN, RIGHT)]) == [None]
    assert plan.identify(lambda name: [Person("t3", name)]) == {"s1": "t1", "s3": "t3"}


def test_face_without_name_is_given_one_and_others_are_marked() -> None:
    marking, naming = FacePlan(adds=True), FacePlan(adds=False)
    there = (found("f1", LEFT, None), found("f2", MIDDLE, Person("t1", "")))
    wanted = [(ANN, LEFT), (OTHER_ANN, MIDDLE), (BEN, RIGHT)]
    assert photo(marking, wanted, *there) == ["f1", "f2", None]
    assert photo(naming, wanted, *there) == ["f1", "f2"]


def test_named_face_counts_before_nameless_one_at_its_place() -> None:
    plan = FacePlan(adds=True)
    assert photo(plan, [(ANN, LEFT)], found("f1", LEFT, None), found("f2", LEFT._replace(right=0.19), Person("t1", "Ann"))) == []


def anns(*ids: str) -> Callable[[str], list[Person]]:
    """Finds people of one name with these ids."""
    return lambda _name: [Person(person_id, "Ann") for person_id in ids]


def test_two_people_of_one_name_stay_two() -> None:
    for there, expected in ((["t1"], ["None", "t1"]), (["t1", "t2"], ["t1", "t2"])):
        plan = FacePlan(adds=True)
        photo(plan, [(ANN, LEFT), (OTHER_ANN, RIGHT)])
        found_ids = plan.identify(anns(*there))
        assert sorted(map(str, found_ids.values())) == expected


def test_person_of_another_birthday_is_somebody_else() -> None:
    plan = FacePlan(adds=True)
    born = ANN._replace(birth_date="1990-01-01")
    photo(plan, [(born, LEFT), (OTHER_ANN, RIGHT)])
    there = [Person("t1", "Ann", "1960-01-01"), Person("t2", "Ann"), Person("t3", "Ann", "1990-01-01", hidden=True)]
    assert plan.identify(lambda _name: there) == {"s1": "t3", "s2": "t2"}


def test_namesake_made_by_killed_run_stays_the_same() -> None:
    plan = FacePlan(adds=True)
    photo(plan, [(ANN._replace(birth_date="1990-01-01"), LEFT), (OTHER_ANN._replace(hidden=True), RIGHT)])
    assert plan.identify(lambda _name: [Person("t2", "Ann", hidden=True)]) == {"s1": None, "s2": "t2"}


def test_face_found_meanwhile_gets_its_name_and_none_is_marked() -> None:
    plan = FacePlan(adds=True)
    there = found("f1", LEFT, Person("t1", "Ann"))
    photo(plan, [(ANN, LEFT), (OTHER_ANN, LEFT._replace(right=0.19)), (BEN, RIGHT)], there)
    (incomplete,) = plan.photos
    assert [face.person for face in incomplete.missing] == ["s2", "s3"]
    again = plan.compare_again(incomplete, [there, found("f2", RIGHT, None)])
    assert [(face.person, face.stored_id) for face in again.missing] == [("s2", None), ("s3", "f2")]


def test_person_is_who_most_photos_show() -> None:
    plan = FacePlan(adds=True)
    for target in ("t1", "t2", "t2"):
        photo(plan, [(ANN, LEFT)], found("f", LEFT, Person(target, "Somebody")))
    photo(plan, [(ANN, RIGHT)])
    assert plan.identify(lambda _name: []) == {"s1": "t2"}
