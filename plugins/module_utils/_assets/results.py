# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the module immich_asset returns, as it comes about."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .. import _text
from .._client import errors, values
from .._run.run import end_run
from . import plan

Result = Dict[str, Any]

# What is listed in the result and the diff; all else is counted.
_MOST_LISTED = 100
_MOST_LINES = 2000


class AssetResults:
    """What became of the assets that were selected."""

    def __init__(self) -> None:
        self.selected = 0
        self.folder_albums: List[str] = []
        self.warnings: List[str] = []
        self.first_error: Optional[errors.ImmichError] = None
        self._counts = dict.fromkeys(("changed", "left_alone", "failed"), 0)
        self._assets: List[Result] = []
        self._left: List[Result] = []
        self._failures: List[Result] = []
        self._before: List[str] = []
        self._after: List[str] = []

    def changed(self, change: plan.AssetChange) -> None:
        """An asset was changed, or in check mode would be."""
        asset = change.asset
        differences = {
            name: {"before": plan.shown(name, before), "after": plan.shown(name, after)}
            for name, (before, after) in change.differences.items()
        }
        groups = {name: list(getattr(change, name)) for name in ("add_tags", "remove_tags", "add_to_albums", "remove_from_albums")}
        self._add(asset, {**_about(asset), "changes": {**differences, **{name: names for name, names in groups.items() if names}}})
        if max(len(self._before), len(self._after)) < _MOST_LINES:
            self._before += [_title(asset), *plan.lines_of(change, after=False)]
            self._after += [_title(asset), *plan.lines_of(change, after=True)]

    def trashed(self, asset: values.Asset) -> None:
        """An asset was put into the trash, or in check mode would be."""
        self._add(asset, {**_about(asset), "changes": {"trashed": {"before": False, "after": True}}})
        if len(self._before) < _MOST_LINES:
            self._before.append(_title(asset))

    def left_alone(self, asset: values.Asset, reason: str) -> None:
        """Something was not changed of an asset."""
        self._counts["left_alone"] += 1
        if len(self._left) < _MOST_LISTED:
            self._left.append({**_about(asset), "reason": reason})

    def failed(self, asset: values.Asset, error: errors.ImmichError) -> None:
        """An asset is not as it was to be."""
        self._counts["failed"] += 1
        self.first_error = self.first_error or error
        if len(self._failures) < _MOST_LISTED:
            self._failures.append({**_about(asset), "msg": error.msg})

    def end(self) -> Result:
        """The result. Raises `RunFailed` if an asset failed."""
        return end_run(self.result(), self.first_error, (self._counts["failed"], self.selected, "assets"))

    def result(self) -> Result:
        """As the module's documentation says."""
        return {
            "changed": self._counts["changed"] > 0,
            "selected": self.selected,
            "counts": dict(self._counts),
            "assets": self._assets,
            "left_alone": self._left,
            "failures": self._failures,
            "folder_albums": self.folder_albums,
            "warnings": self.warnings,
            "diff": {"before": "".join(line + "\n" for line in self._before), "after": "".join(line + "\n" for line in self._after)},
        }

    def _add(self, asset: values.Asset, described: Result) -> None:
        self._counts["changed"] += 1
        if len(self._assets) < _MOST_LISTED:
            self._assets.append(described)


def _about(asset: values.Asset) -> Result:
    return {"id": asset.id, "name": _text.one_line(asset.name)}


def _title(asset: values.Asset) -> str:
    return "%s %s" % (_text.one_line(asset.name), asset.id)
