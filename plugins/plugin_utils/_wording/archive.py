# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How an archive went, in a sentence or two for a person."""

from __future__ import annotations

from typing import Any, List, Mapping

from .numbers import count

_RUN_AGAIN = ("Run the archive again once the cause is fixed.", "What is in the folder already is not copied again.")


def summary(archived: Mapping[str, Any], dest: str, check_mode: bool) -> List[str]:
    """The sentences from the registered result, which is empty where the module did not run."""
    numbers = _numbers(archived, "would be " if check_mode else "") if "counts" in archived else ["nothing was copied"]
    return [f"{dest}: {', '.join(numbers)}.", *_RUN_AGAIN * bool(archived.get("failed"))]


def _numbers(archived: Mapping[str, Any], would: str) -> List[str]:
    counts = archived["counts"]
    albums, removed, files = (archived.get(name) or [] for name in ("albums", "removed_albums", "archive_files"))
    new = counts["archived"] + counts["already_in_place"]
    changes = ((new, "copied"), (counts["updated"], "updated"), (counts["repaired"], "repaired"), (counts["removed"], "moved aside"))
    return [
        *([f"{count(number)} {would}{done}" for number, done in changes if number] or ["nothing new"]),
        *[f"{count(counts['unchanged'])} as before"] * bool(counts["unchanged"]),
        *[f"{count(counts['skipped'])} skipped"] * bool(counts["skipped"]),
        *[f"{count(len(albums), 'album file')} {would}written"] * bool(albums),
        *[f"{count(len(removed), 'album file')} {would}moved aside"] * bool(removed),
        *[f"{' and '.join(files)} {would}written"] * bool(files),
        *[f"{count(counts['failed'])} failed"] * bool(counts["failed"]),
    ]
