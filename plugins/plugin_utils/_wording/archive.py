# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How an archive went, in a sentence or two for a person."""

from __future__ import annotations

from typing import Any, List, Mapping

from .numbers import count

_RUN_AGAIN = "Run the archive again once the cause is fixed. What is in the folder already is not copied again."


def summary(archived: Mapping[str, Any], dest: str, check_mode: bool) -> str:
    """The sentences from the registered result, which is empty where the module did not run."""
    mode = " (check mode)" if check_mode else ""
    numbers = ", ".join(_numbers(archived)) if "counts" in archived else "nothing was copied"
    return f"{dest}{mode}: {numbers}." + f" {_RUN_AGAIN}" * bool(archived.get("failed"))


def _numbers(archived: Mapping[str, Any]) -> List[str]:
    counts = archived["counts"]
    albums, removed, files = (archived.get(name) or [] for name in ("albums", "removed_albums", "archive_files"))
    return [
        f"{count(counts['archived'] + counts['already_in_place'])} new",
        f"{count(counts['updated'])} changed",
        f"{count(counts['repaired'])} repaired",
        f"{count(counts['removed'])} moved aside",
        f"{count(counts['unchanged'])} as before",
        *[f"{count(counts['skipped'])} skipped"] * bool(counts["skipped"]),
        *[f"album files written: {count(len(albums))}"] * bool(albums),
        *[f"album files moved aside: {count(len(removed))}"] * bool(removed),
        *[f"written: {', '.join(files)}"] * bool(files),
        *[f"{count(counts['failed'])} failed"] * bool(counts["failed"]),
    ]
