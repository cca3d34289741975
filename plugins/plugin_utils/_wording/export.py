# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said of an export: what it has, and what the rules mean. What it is called stands in the module's result itself."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple

from . import numbers

Export = Mapping[str, Any]


class _Layout(NamedTuple):
    """How a layout is spoken of.

    `part` is what it consists of, `sidecar` what its metadata files are called, `none` and `ambiguous` what is said of the pictures that
    these rules have (nothing where that is usual), `missing` a guess where the pictures of metadata files are, and `rules` has a sentence
    on each rule.
    """

    part: str
    sidecar: str
    none: str
    ambiguous: str
    missing: str
    rules: Dict[str, str]


_LIVE = "The video of a live photo. It got what is known of the photo."
_IN_THE_FILE = "The date and the place in the file itself are used, if there are any."
_OF_PART = " (in a part that is missing?)"

LAYOUTS = {
    "google_takeout": _Layout(
        "part",
        "JSON file",
        "without JSON",
        "whose JSON is uncertain",
        _OF_PART,
        {
            "exact": "The title in a JSON file is the name of the file.",
            "numbered": "Several files have this name, and the number that Google added to it shows which JSON file belongs to which.",
            "truncated": "Google had truncated the name. The title in a JSON file begins with what is left of it.",
            "name": "The name of a JSON file fits, although the title in it does not.",
            "edited": "An edited copy, which has no JSON file of its own. It got what is known of its original.",
            "live": _LIVE,
            "none": f"There is no JSON file. {_IN_THE_FILE}",
            "ambiguous": "More than one JSON file could be meant. None was used, because no date is better than a wrong one.",
        },
    ),
    "icloud": _Layout(
        "part",
        "CSV file",
        "not in Photo Details.csv",
        "not told apart by Photo Details.csv",
        _OF_PART,
        {
            "exact": "Photo Details.csv in the same folder has its name.",
            "name": "Photo Details.csv in another folder has its name, and no other file fits.",
            "checksum": "Several files have this name, and Apple's checksum shows which is which.",
            "album": "A picture of a shared album. Its date is from the album, if the album has it.",
            "edited": "An edited copy, which Photo Details.csv does not have. It got what is known of its original.",
            "live": _LIVE,
            "none": f"Photo Details.csv does not have it. {_IN_THE_FILE}",
            "ambiguous": "Several files have this name, and Photo Details.csv does not tell them apart. Nothing that it says was used.",
        },
    ),
    "picasa": _Layout(
        "folder",
        "INI file",
        "",
        "",
        "",
        {
            "exact": "The folder's .picasa.ini describes it.",
            "none": "Picasa has no information about it, as is the case for most pictures.",
        },
    ),
    "immich_go": _Layout(
        "archive",
        "JSON file",
        "without JSON",
        "",
        "",
        {
            "exact": "A JSON file of the same name describes it.",
            "live": _LIVE,
            "none": f"There is no JSON file. {_IN_THE_FILE}",
        },
    ),
    "immich_archive": _Layout(
        "archive",
        "file",
        "unknown to the manifest",
        "",
        "",
        {
            "exact": "The archive's manifest describes it.",
            "live": _LIVE,
            "none": f"The archive's manifest does not know it. {_IN_THE_FILE}",
        },
    ),
}
_OTHER = _Layout(
    "part",
    "metadata file",
    "without metadata",
    "whose metadata is uncertain",
    "",
    {
        "exact": "A metadata file describes it.",
        "live": _LIVE,
        "none": f"The export has no information about it. {_IN_THE_FILE}",
        "ambiguous": "More than one metadata file could be meant. None was used.",
    },
)
"""Of a layout that has nothing special to say."""

_WITHOUT_METADATA = _OTHER._replace(none="", ambiguous="")
"""The same, where none of the export's files describe others."""


def sentence(export: Export) -> str:
    """Which export it is and what it has: "Google Takeout, 3 parts: 12,402 pictures, 31 albums; 12 without JSON"."""
    return f"{heading(export)}: {content(export)}"


def content(export: Export) -> str:
    """What an export has, and what it lacks. Live photos are among the pictures, and each counts once."""
    layout = _layout(export)
    has = [numbers.count(export["media"] - export["live_photos"], "picture")]
    has += [numbers.count(export["live_photos"], "live photo")] * bool(export["live_photos"])
    has += [numbers.count(export["albums"], "album")] * bool(export["albums"])
    lacks = [
        f"{numbers.count(export['rules'][rule])} {noun}"
        for rule, noun in (("none", layout.none), ("ambiguous", layout.ambiguous))
        if noun and export["rules"].get(rule)
    ]
    if export["unused"]:
        lacks.append(f"{numbers.count(export['unused'], layout.sidecar)} without a picture{layout.missing}")
    return "; ".join(filter(None, (", ".join(has), ", ".join(lacks))))


def waiting(export: Export, variable: str) -> List[str]:
    """What waits until the export is whole, why, and the variable that sends it nevertheless; nothing where nothing waits."""
    number = (export.get("skip_reasons") or {}).get("waiting") or 0
    if not number:
        return []
    waits = "waits" if number == 1 else "wait"
    return [
        f"{numbers.count(number, 'file')} without JSON {waits}, because {export['missing']}: the dates would be wrong. "
        f"Run it again with the whole export; {variable}: upload uploads them as they are."
    ]


def heading(export: Export) -> str:
    """Which export it is: "Google Takeout, 3 parts"."""
    return f"{export.get('title') or 'Export'}, {numbers.count(export['parts'], _layout(export).part)}"


def sidecars(export: Export, number: int) -> str:
    """So many of its metadata files."""
    return numbers.count(number, _layout(export).sidecar)


def without(export: Export) -> str:
    """What is said of pictures without metadata; empty where that is usual."""
    return _layout(export).none


def rules(export: Export) -> List[PlacingRule]:
    """The rules by which photos and videos were placed; the most frequent first."""
    says = _layout(export).rules
    counted = {rule: number for rule, number in export["rules"].items() if rule != "metadata"}
    return [PlacingRule(rule, number, says.get(rule, "")) for rule, number in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))]


class PlacingRule(NamedTuple):
    """How many files a rule placed, and what it means."""

    name: str
    files: int
    says: str


def _layout(export: Export) -> _Layout:
    return LAYOUTS.get(export["layout"]) or (_OTHER if export["rules"].get("metadata") else _WITHOUT_METADATA)
