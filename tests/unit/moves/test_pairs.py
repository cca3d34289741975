# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which asset stands for which after a move."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._moves.pairs import pair_up
from support.collection import Asset, Metadata

OWNER = "0b0f2c1e-7d5f-4a44-9a3e-2f1d8a6f1c11"


def placed(path: str, **other: Any) -> Asset:
    about: dict[str, Any] = {"size": 10, "modified": 1000.0, "name": path.rpartition("/")[2], "kind": "image", "metadata_read": True}
    about |= {"id": str(uuid.uuid4()), "owner": OWNER, "sha1": "0" * 40, "taken": None, "shown": None, "local": None, "changed": ""}
    about |= {"trashed": False, "library_id": OWNER, "missing": False, "edited": False, "live_video": None, "metadata": Metadata()}
    about |= {"path": path, "width": 0, "height": 0, "own_time": True, "has_thumbnail": True, "exif_fields": 0}
    about |= {"duplicate_id": None, "tags": {}, "people": {}, "stack_id": None}
    return Asset(**{**about, **other})


def test_pairs_go_by_path_below_folder() -> None:
    old = [placed("/nas/photos/2024/a.jpg"), placed("/nas/photos/a.jpg")]
    new = [placed("/disk/a.jpg"), placed("/disk/2024/a.jpg")]
    pairs, unpaired = pair_up(old, new, "/nas/photos", ["/disk", "/other"])
    assert [(pair.old.path, pair.new.path) for pair in pairs] == [(old[0].path, new[1].path), (old[1].path, new[0].path)]
    assert unpaired == []


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ([], "no file"),
        ([placed("/disk/a.jpg"), placed("/other/a.jpg")], "more than one"),
        ([placed("/disk/a.jpg", size=11)], "size"),
        ([placed("/disk/a.jpg", modified=1003.0)], "time"),
        ([placed("/disk/a.jpg", modified=None)], "time"),
        ([placed("/disk/a.jpg", name="b.jpg")], "name"),
        ([placed("/disk/a.jpg", metadata_read=False)], "metadataExtraction"),
        ([placed("/disk/b/a.jpg")], "no file"),
    ],
)
def test_asset_without_proof_has_no_pair(new: list[Asset], reason: str) -> None:
    pairs, (one,) = pair_up([placed("/nas/a.jpg")], new, "/nas/", ["/disk", "/other"])
    assert (pairs, reason in one.reason) == ([], True)
