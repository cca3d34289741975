# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces in pictures: marked by hand, or found by a stand-in of the machine that finds what a test says is there."""

from __future__ import annotations

import io
import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL import Image, ImageOps, UnidentifiedImageError
from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.access import own_row, readable_asset
from immich_emulator.http.answers import empty, ok
from immich_emulator.http.errors import ApiError, Invalid, no_access
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check, wrong_type
from immich_emulator.storage import new_id
from immich_emulator.versions import Version

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

NUMBERS = ("x", "y", "width", "height", "imageWidth", "imageHeight")
NEW_FACE = (*(Field(name, "uuid", ("uuid",)) for name in ("assetId", "personId")), *(Field(name, "number", ()) for name in NUMBERS))
MANUAL, MACHINE = "manual", "machine-learning"
EDITS_SINCE = (2, 5)
SAME = SHOWN_FROM = 0.5

Point = tuple[float, float]
Size = tuple[int, int]


class Face(NamedTuple):
    """A face as it is shown: two corners in pixels of a picture of a size."""

    id: str
    person: str | None
    first: tuple[int, int]
    second: tuple[int, int]
    size: Size
    source: str

    def view(self) -> dict[str, Any]:
        """A face without its person."""
        view: dict[str, Any] = {"id": self.id, "imageWidth": self.size[0], "imageHeight": self.size[1]}
        view |= {"boundingBoxX1": self.first[0], "boundingBoxX2": self.second[0]}
        return view | {"boundingBoxY1": self.first[1], "boundingBoxY2": self.second[1], "sourceType": self.source}


@routes.on("GET", "/faces", "face.read")
def list_faces(immich: Immich, request: Request) -> Response:
    """The faces of an asset, from left to right; with their people for those who own these."""
    row = readable_asset(immich, request, request.query_params["id"], "asset.read")
    views = []
    for face in of_asset(immich, row["id"]):
        person = immich.store.one("SELECT * FROM people WHERE id = ? AND owner = ?", face.person, request.user.id)
        views.append({**face.view(), "person": None if person is None else person_view(person, immich.version)})
    return ok(views)


@routes.on("POST", "/faces", "face.create")
def mark(immich: Immich, request: Request) -> Response:
    """A further face, wherever that is: nothing but the types is checked, and the same box twice makes two."""
    given = check(immich.version, request.state.json, *NEW_FACE)
    numbers = [whole(immich.version, name, given.get(name)) for name in NUMBERS]
    if immich.version.is_new:
        row = own_row(immich, request, "assets", given["assetId"], "asset.update")
    else:
        row = readable_asset(immich, request, given["assetId"], "asset.read")
    person = own_row(immich, request, "people", given["personId"], "person.read")
    if max(map(abs, numbers)) >= 2**31:
        raise ApiError(500, "Failed to create face")
    x, y, width, height, *size = numbers
    corners, of = [(float(x), float(y)), (float(x + width), float(y + height))], (size[0], size[1])
    edits = edits_of(row)
    if edits:
        scale = row["width"] / of[0]
        corners = before(edits, [(a * scale, b * scale) for a, b in corners], shown_size(row, edits))
        of = original_size(row)
    face_id = insert(immich, row["id"], person["id"], box_of(corners), of, MANUAL)
    if not immich.version.is_old and person["feature"] is None:
        immich.store.update("people", person["id"], feature=face_id)
    return Response(status_code=201)


@routes.on("PUT", "/faces/{id}", "face.update")
def assign(immich: Immich, request: Request) -> Response:
    """Gives a face to the person whose id is in the path."""
    given = check(immich.version, request.state.json, Field("id", "uuid", ("uuid",)))
    person = own_row(immich, request, "people", request.path_params["id"], "person.update")
    immich.store.update("faces", own_face(immich, request, given["id"], "person.create")["id"], person=person["id"])
    return ok(person_view(person, immich.version))


@routes.on("DELETE", "/faces/{id}", "face.delete")
def delete(immich: Immich, request: Request) -> Response:
    """Hides a face, or with `force` forgets it."""
    given = check(immich.version, request.state.json, Field("force", "boolean", ("boolean",)))
    face = own_face(immich, request, request.path_params["id"], "face.delete")
    if given["force"]:
        immich.store.run("DELETE FROM faces WHERE id = ?", face["id"])
    else:
        immich.store.update("faces", face["id"], deleted=True)
    return empty(200 if immich.version.is_old else 204)


@routes.on("GET", "/assets/{id}/edits", "asset.edit.get", since=EDITS_SINCE)
def get_edits(immich: Immich, request: Request) -> Response:
    """The edits with which an asset is shown."""
    row = readable_asset(immich, request, request.path_params["id"], "asset.read")
    return ok({"assetId": row["id"], "edits": edits_of(row)})


@routes.on("PUT", "/assets/{id}/edits", "asset.edit.create", since=EDITS_SINCE)
def put_edits(immich: Immich, request: Request) -> Response:
    """Shows an asset with other edits."""
    row = own_row(immich, request, "assets", request.path_params["id"], "asset.edit.create")
    edits = [{"id": new_id(), **edit} for edit in request.state.json["edits"]]
    immich.store.update("assets", row["id"], picture_edits=json.dumps(edits))
    changed = own_row(immich, request, "assets", row["id"], "asset.read")
    width, height = shown_size(changed, edits)
    immich.store.update("assets", row["id"], width=width, height=height)
    return ok({"assetId": row["id"], "edits": edits})


def person_view(row: sqlite3.Row, version: Version) -> dict[str, Any]:
    """A person; from 3.2 on with those who share the person, who are nobody here."""
    view = {"id": row["id"], "name": row["name"], "birthDate": row["birth"], "thumbnailPath": "", "isHidden": bool(row["hidden"])}
    view |= {"isFavorite": bool(row["favorite"]), "updatedAt": row["updated"]}
    if version.at_least(3, 2):
        view |= {"otherPeople": [], "sharedBy": [], "sharedWith": []}
    return view if row["color"] is None else {**view, "color": row["color"]}


def own_face(immich: Immich, request: Request, face_id: str, scope: str) -> sqlite3.Row:
    """A face on an asset of the user's. Raises ApiError 400 for any other."""
    sql = "SELECT f.* FROM faces f JOIN assets a ON a.id = f.asset WHERE f.id = ? AND a.owner = ?"
    row = immich.store.one(sql, face_id, request.user.id)
    if row is None:
        raise no_access(scope)
    return row


def whole(version: Version, name: str, value: Any) -> int:
    """A field as a whole number. Raises Invalid: for a fraction too, which 2.x rounds."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or (isinstance(value, float) and (version.is_old or version.is_new)):
        raise Invalid([f"{name} must be an integer number"], [wrong_type("int", [name], value)])
    rounded: int = round(value)
    return rounded


def insert(immich: Immich, asset_id: str, person_id: str | None, box: tuple[int, int, int, int], size: Size, source: str) -> str:
    """A new face; its id."""
    face_id = new_id()
    x1, y1, x2, y2 = box
    about = {"id": face_id, "asset": asset_id, "person": person_id, "source": source, "image_width": size[0], "image_height": size[1]}
    immich.store.insert("faces", **about, x1=x1, y1=y1, x2=x2, y2=y2)
    return face_id


def of_asset(immich: Immich, asset_id: str) -> list[Face]:
    """The faces that are shown, in the picture with its edits. Those of which a crop leaves less than half are kept, and not shown."""
    kept = immich.store.all("SELECT * FROM faces WHERE asset = ? AND deleted = 0", asset_id)
    row = immich.store.one("SELECT * FROM assets WHERE id = ?", asset_id) if kept else None
    if row is None:
        return []
    edits, found = edits_of(row), []
    for face in kept:
        size = (face["image_width"], face["image_height"])
        corners: list[Point] = [(face["x1"], face["y1"]), (face["x2"], face["y2"])]
        if edits:
            width, height = original_size(row)
            scaled = [(x * width / size[0], y * height / size[1]) for x, y in corners]
            if any(part_within(edit["parameters"], scaled) < SHOWN_FROM for edit in edits if edit["action"] == "crop"):
                continue
            corners, size = after(edits, scaled, (width, height))
        x1, y1, x2, y2 = (int(number) for number in box_of(corners))
        found.append(Face(face["id"], face["person"], (x1, y1), (x2, y2), size, face["source"]))
    return sorted(found, key=lambda face: face.first)


def part_within(crop: dict[str, int], corners: list[Point]) -> float:
    """The part of a box that a crop leaves; 1 for one without an area."""
    (x1, y1), (x2, y2) = corners
    width = min(x2, crop["x"] + crop["width"]) - max(x1, crop["x"])
    height = min(y2, crop["y"] + crop["height"]) - max(y1, crop["y"])
    area = (x2 - x1) * (y2 - y1)
    return max(width, 0.0) * max(height, 0.0) / area if area else 1.0


def edits_of(row: sqlite3.Row) -> list[dict[str, Any]]:
    """The edits with which an asset is shown."""
    edits: list[dict[str, Any]] = json.loads(row["picture_edits"] or "[]")
    return edits


def original_size(row: sqlite3.Row) -> Size:
    """The size of a picture as it is shown without edits."""
    exif = json.loads(row["exif"] or "{}")
    width, height = exif["exifImageWidth"], exif["exifImageHeight"]
    return (height, width) if str(exif.get("orientation")) in "5678" else (width, height)


def shown_size(row: sqlite3.Row, edits: list[dict[str, Any]]) -> Size:
    """The same with its edits."""
    return after(edits, [], original_size(row))[1]


def after(edits: list[dict[str, Any]], points: list[Point], size: Size) -> tuple[list[Point], Size]:
    """Points of a picture, and its size, once it was cropped and then turned and mirrored in the order of its edits."""
    for edit in edits:
        if edit["action"] == "crop":
            crop = edit["parameters"]
            points, size = [(x - crop["x"], y - crop["y"]) for x, y in points], (crop["width"], crop["height"])
    for edit in edits:
        if edit["action"] == "rotate":
            for _quarter in range(int(edit["parameters"]["angle"]) // 90):
                points, size = [(size[1] - y, x) for x, y in points], (size[1], size[0])
        elif edit["action"] == "mirror":
            is_horizontal = edit["parameters"]["axis"] == "horizontal"
            points = [(size[0] - x, y) if is_horizontal else (x, size[1] - y) for x, y in points]
    return points, size


def before(edits: list[dict[str, Any]], points: list[Point], size: Size) -> list[Point]:
    """Points of an edited picture of a size, in the original."""
    crops = [edit["parameters"] for edit in edits if edit["action"] == "crop"]
    for edit in reversed(edits):
        if edit["action"] == "rotate":
            back = [{"action": "rotate", "parameters": {"angle": (360 - int(edit["parameters"]["angle"])) % 360}}]
            points, size = after(back, points, size)
        elif edit["action"] == "mirror":
            points, size = after([edit], points, size)
    return [(x + crop["x"], y + crop["y"]) for crop in crops for x, y in points] if crops else points


def box_of(corners: list[Point]) -> tuple[int, int, int, int]:
    """The upper left and the lower right corner of what two corners span."""
    (x1, x2), (y1, y2) = (sorted(values) for values in zip(*corners, strict=True))
    return int(x1), int(y1), int(x2), int(y2)


def preview(immich: Immich, row: sqlite3.Row) -> bytes:
    """The picture that is shown large, as it is turned, without edits; faces are looked for in it. Raises ApiError 404 for none."""
    if not row["thumbnail"] or row["path"] is None:
        raise ApiError(404, "Asset media not found")
    try:
        with Image.open(row["path"]) as image:
            turned = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError):
        return Path(row["path"]).read_bytes()
    short = int(immich.configuration()["image"]["preview"]["size"])
    scale = min(1.0, short / min(turned.size))
    out = io.BytesIO()
    turned.resize((round(turned.width * scale), round(turned.height * scale))).save(out, "JPEG")
    return out.getvalue()


def detect(immich: Immich, row: sqlite3.Row) -> None:
    """Finds the faces that a test says are there (fractions of the picture), as the job does.

    One that was marked in the picture that is looked at is joined, if the boxes overlap; any other face there is a second one. For an
    asset that has a joined face, the job fails without a word, and finds nothing (all of this was observed on 1.135 to 3.1).
    """
    boxes = immich.detectable.get(row["checksum"], [])
    if not boxes or not row["thumbnail"] or immich.store.value("SELECT count(*) FROM faces WHERE asset = ? AND joined", row["id"]):
        return
    with Image.open(io.BytesIO(preview(immich, row))) as image:
        width, height = image.size
    there = immich.store.all("SELECT * FROM faces WHERE asset = ?", row["id"])
    for left, top, right, bottom in boxes:
        box = (round(left * width), round(top * height), round(right * width), round(bottom * height))
        same = [face for face in there if (face["image_width"], face["image_height"]) == (width, height) and overlap(face, box) > SAME]
        if same:
            immich.store.update("faces", same[0]["id"], joined=same[0]["source"] != MACHINE)
        else:
            insert(immich, row["id"], None, box, (width, height), MACHINE)


def overlap(face: sqlite3.Row, box: tuple[int, int, int, int]) -> float:
    """The part of what both cover that they share."""
    width = min(face["x2"], box[2]) - max(face["x1"], box[0])
    height = min(face["y2"], box[3]) - max(face["y1"], box[1])
    shared = max(width, 0) * max(height, 0)
    areas = (face["x2"] - face["x1"]) * (face["y2"] - face["y1"]) + (box[2] - box[0]) * (box[3] - box[1])
    return float(shared / (areas - shared))


def forget_found(immich: Immich) -> None:
    """What a detection of all faces begins with: those that were marked by hand stay."""
    immich.store.run("DELETE FROM faces WHERE source = ?", MACHINE)


def clean_up_people(immich: Immich) -> None:
    """1.135's manual job deletes people without faces, those with a name too. Later versions leave these."""
    if immich.version.is_old:
        immich.store.run("DELETE FROM people WHERE id NOT IN (SELECT person FROM faces WHERE person IS NOT NULL)")
