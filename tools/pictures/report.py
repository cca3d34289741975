# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up report of an upload from Google Takeout, for the picture of its page. It is the same at every call."""

from __future__ import annotations

import random
from typing import Any

FOLDER = "/volume1/takeout/takeout-20260801T101500Z-3"
BEGAN = 1_795_600_000.0
SECONDS = 48.2
RULES = {"exact": 2649, "edited": 118, "live": 64, "numbered": 38, "truncated": 37, "none": 9}
ALBUMS = {
    "Lisbon": 352,
    "Summer in Norway": 367,
    "Rome": 174,
    "Birthdays": 342,
    "Alps with a rather long name": 21,
    "Garden": 321,
    "Cats": 22,
    "Wedding of Anna and Ben": 34,
    "Rome (2)": 185,
    "Home": 251,
}
ALREADY_THERE = 850
SKIPPED = {"embedded": 31, "trashed": 22, "duplicate": 12, "sidecar": 3, ".html": 1}
PAUSED = ["metadataExtraction", "thumbnailGeneration", "videoConversion", "faceDetection", "facialRecognition", "duplicateDetection", "ocr"]
UNUSED = "Its picture is not there: it is in a part of the export that is missing, or was not exported."


def lines() -> list[dict[str, Any]]:
    """All of it, in order."""
    chance = random.Random(1)
    about = {"kind": "run", "server": "https://photos.example.com", "version": "3.1.0", "started": BEGAN}
    files = [picture(chance, number, rule) for number, rule in enumerate(rule for rule, count in RULES.items() for _ in range(count))]
    files += [other(number, why) for number, why in enumerate(why for why, count in SKIPPED.items() for _ in range(count))]
    files += [{**other(number, "sidecar"), "action": "unused", "reason": UNUSED} for number in range(3)]
    return [{**about, "finished": None}, *files, {**about, **summary(files)}]


def picture(chance: random.Random, number: int, rule: str) -> dict[str, Any]:
    """A photo or a video, new or there already."""
    is_new = number % sum(RULES.values()) >= ALREADY_THERE
    path = f"{FOLDER}-{number % 3 + 1:03}.zip: Takeout/Google Photos/Photos from {2006 + number % 20}/IMG_{number:05}.jpg"
    return {
        "path": path,
        "size": int(chance.lognormvariate(14.1, 0.6)),
        "checksum": f"{number:040x}",
        "action": "created" if is_new else "duplicate",
        "asset_id": f"00000000-0000-4000-8000-{number:012x}",
        "seconds": 0.09 if is_new else 0.0,
        "finished": BEGAN + 1 + SECONDS * max(0, number - ALREADY_THERE) / sum(RULES.values()) * 1.4,
        "failure": None,
        "reason": None,
        "rule": rule,
        "sidecar": None if rule == "none" else path + ".supplemental-metadata.json",
        "albums": [],
        "dated_by": "exif",
    }


def other(number: int, why: str) -> dict[str, Any]:
    """A file that is not uploaded."""
    nothing = dict.fromkeys(("size", "checksum", "asset_id", "failure", "rule", "sidecar", "dated_by"))
    path = f"{FOLDER}-001.zip: Takeout/Google Photos/Photos from 2019/{why.strip('.')}_{number:03}.jpg.json"
    return {**nothing, "path": path, "action": "skipped", "reason": why, "seconds": 0.0, "finished": BEGAN + 1, "albums": []}


def summary(files: list[dict[str, Any]]) -> dict[str, Any]:
    """What the last line says."""
    new = [one for one in files if one["action"] == "created"]
    counts = {"uploaded": len(new), "duplicates": ALREADY_THERE, "skipped": sum(SKIPPED.values()), "failed": 0}
    albums = [
        {"name": name, "id": f"00000000-0000-4000-9000-{added:012x}", "created": added % 3 == 1, "added": added, "origin": None}
        for name, added in ALBUMS.items()
    ]
    return {
        "finished": BEGAN + SECONDS,
        "complete": True,
        "msg": None,
        "found": sum(counts.values()),
        "handled": sum(counts.values()),
        "counts": {**counts, "restored": 0, "deleted_local": 0},
        "skip_reasons": SKIPPED,
        "bytes_sent": sum(one["size"] for one in new),
        "seconds": SECONDS,
        "albums": albums,
        "tags": [],
        "export": {
            "layout": "google_takeout",
            "title": "Google Takeout",
            "parts": 3,
            "files": sum(RULES.values()) + sum(SKIPPED.values()) + 2707,
            "media": 2851,
            "live_photos": 64,
            "albums": 31,
            "rules": {**RULES, "metadata": 2707},
            "skip_reasons": SKIPPED,
            "unreadable": 0,
            "unused": 3,
        },
        "pause": {
            "paused": PAUSED,
            "resumed": PAUSED,
            "seconds": 47.4,
            "left_paused": ["smartSearch"],
            "held_by_others": [],
            "paused_again": [],
            "healed": [],
            "msg": None,
        },
    }
